"""Feature rows of many images by an exported backbone, as shards that headstart trains on. scale/README.md tells more.

    python scale/extract.py IMAGES --bundle EXPORT --out FEATURES [--workers 2]

IMAGES: DIR/CLASS/*.jpg, Parquet files, here or at s3://, gs://, …; EXPORT: a bundle from "Take the model elsewhere" or
train_folder --export, unzipped. Broken off, the same command goes on; finished shards are not computed again.
"""
import argparse
import sys

from headstart_scale.refused import Refused
from headstart_scale.run import run


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", metavar="IMAGES")
    parser.add_argument("--bundle", required=True, metavar="EXPORT")
    parser.add_argument("--out", required=True, metavar="FEATURES")
    parser.add_argument("--workers", type=_positive, default=1, help="processes in the whole cluster; with the CPU, one a core")
    parser.add_argument("--threads", type=_positive, default=1, help="cores that each of them takes")
    parser.add_argument("--gpus", type=float, default=0, help="GPUs that each of them takes; needs onnxruntime-gpu")
    parser.add_argument("--batch", type=_positive, default=8, help="images that the graph sees at once")
    parser.add_argument("--rows-per-shard", type=_positive, default=4096, help="what is lost at most where a worker dies")
    parser.add_argument("--pixels", metavar="PROGRAM", help="headstart's decoder: cargo build --release --example pixels")
    parser.add_argument("--image-column", help="of Parquet files; default bytes or image")
    parser.add_argument("--label-column", help="of Parquet files; default label or class")
    parser.add_argument("--address", help="of a running Ray cluster: auto, ray://…; default is this machine alone")
    parser.add_argument("--verbose", action="store_true", help="Ray's own messages too")
    return parser.parse_args()


def _positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


if __name__ == "__main__":
    try:
        run(options())
    except Refused as error:
        sys.exit(f"extract.py: {error}")
