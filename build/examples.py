#!/usr/bin/env python3
"""Picks the example pictures "solar cells" out of the wheel elpv-dataset: examples.py WHEEL OUT [--count 60]

OUT/CLASS/*.png byte for byte, OUT/manifest.json for the page, OUT/LICENSE.txt. Standard library only.

A class is cell type and state: mono or poly, defective (probability of a defect 1) or functional (0); the uncertain
labels are left out. Of each class, `count` pictures spread evenly over the sorted names: neighbouring cells of one
module look alike, so the first ones would put near-duplicates on both sides of a split.
"""
import argparse
import json
import posixpath
import shutil
import sys
import zipfile
from pathlib import Path

DATA = "elpv_dataset/data/"
LICENSE = "elpv_dataset-1.0.0.post1.dist-info/licenses/LICENSE.md"
STATES = {0.0: "functional", 1.0: "defective"}
ABOUT = {
    "name": "Solar cells",
    "license": "CC BY-NC-SA 4.0",
    "source": "elpv-dataset 1.0.0.post1, Buerhop-Lutz et al. 2018",
    "citation": "Buerhop-Lutz, Deitsch, Maier, Gallwitz, Berger, Doll, Hauch, Camus, Brabec: A Benchmark for Visual "
    "Identification of Defective Solar Cells in Electroluminescence Imagery. EU PVSEC 2018, "
    "doi:10.4229/35thEUPVSEC20182018-5CV.3.15",
}


def pictures_by_class(labels):
    """Lines `images/cell0001.png 1.0 mono` → {"mono-defective": sorted paths}"""
    classes = {}
    for line in labels.splitlines():
        path, probability, kind = line.split()
        state = STATES.get(float(probability))
        if state:
            classes.setdefault(f"{kind}-{state}", []).append(path)
    return {label: sorted(paths) for label, paths in sorted(classes.items())}


def spread(paths, count):
    if len(paths) < count:
        sys.exit(f"{count} pictures a class are wanted, {posixpath.dirname(paths[0])} has {len(paths)}")
    return [paths[i * len(paths) // count] for i in range(count)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=60, help="pictures a class")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    classes = []
    with zipfile.ZipFile(options.wheel) as wheel:
        for label, paths in pictures_by_class(wheel.read(f"{DATA}labels.csv").decode()).items():
            (options.out / label).mkdir(parents=True)
            files = [f"{label}/{posixpath.basename(path)}" for path in spread(paths, options.count)]
            for file in files:
                (options.out / file).write_bytes(wheel.read(f"{DATA}images/{posixpath.basename(file)}"))
            classes.append({"label": label, "files": files})
        (options.out / "LICENSE.txt").write_bytes(wheel.read(LICENSE))
    labels = ", ".join(entry["label"] for entry in classes)
    manifest = json.dumps(ABOUT | {"classes": classes}, indent=1)
    (options.out / "manifest.json").write_text(manifest + "\n")
    print(f"{options.count} pictures each of {labels}")


if __name__ == "__main__":
    main()
