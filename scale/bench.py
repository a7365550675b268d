"""Throughput beside a plain loop of onnxruntime over the same files, in turns: python scale/bench.py EXPORT [--images 400] [--rounds 3]

Draws pictures, then in each round runs the plain loop and this pipeline on cores that both have alike. The loop is the better of two: one
session with all threads, or a process a core. Its pixels are by the same decoder. The pipeline's time is that of its blocks, from the first
worker's start to the last shard; `whole` has Ray's start too, which a long run pays once. Other work on the machine slows both, each at
its own time, so the seconds of CPU stand beside: of the loop (one process a core) and of the workers, decoder left out in both.
"""
import argparse
import concurrent.futures
import json
import multiprocessing
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from headstart_scale.bundle import open_session, read_bundle
from headstart_scale.pixels import Pillow, Program
from PIL import Image


def draw(folder, count):
    """Pictures of 320 × 240 in two classes, as JPEG."""
    random = np.random.default_rng(1)
    y, x = np.mgrid[:240, :320]
    for label in ("board", "stripes"):
        (folder / label).mkdir(parents=True)
    for number in range(count):
        label = ("board", "stripes")[number % 2]
        cell = int(random.integers(8, 40))
        on = (x // cell + y // cell) % 2 if label == "board" else ((x + 2 * y) // cell) % 2
        noise = random.integers(-20, 20, (240, 320, 1))
        pixels = np.clip(random.integers(0, 256, (2, 3))[on] + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / label / f"{number:06}.jpg", quality=88)


def plain(paths, export, program, threads, batch):
    """Features by a loop and nothing else; gives them, and the CPU seconds."""
    bundle = read_bundle(export)
    wanted = bundle.preprocessing
    pixels = Program(program, bundle.backbone, wanted) if program else Pillow(wanted)
    session = open_session(bundle.model, threads, False)
    mean, std = np.float32(wanted["mean"]), np.float32(wanted["std"])
    yield "ready"
    rows = []
    for at in range(0, len(paths), batch):
        read = [pixels.read(path.name, path.read_bytes())[0] for path in paths[at:at + batch]]
        images = np.ascontiguousarray(((np.stack(read) - mean) / std).transpose(0, 3, 1, 2))
        rows.append(session.run(["features"], {"pixels_normalized": images})[0])
    yield np.concatenate(rows)


def timed_plain(paths, export, program, threads, batch, barrier):
    steps = plain(paths, export, program, threads, batch)
    next(steps)
    if barrier:
        barrier.wait()
    started, cpu = time.time(), time.process_time()
    next(steps)
    return started, time.time(), time.process_time() - cpu


def plain_seconds(paths, export, program, workers, batch, processes):
    """Wall and CPU, of the loop in one process with `workers` threads, or of as many processes with one each; its start is not counted."""
    if not processes:
        started, ended, cpu = timed_plain(paths, export, program, workers, batch, None)
        return ended - started, cpu
    with multiprocessing.Manager() as manager, concurrent.futures.ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        barrier = manager.Barrier(workers)
        parts = [pool.submit(timed_plain, paths[at::workers], export, program, 1, batch, barrier) for at in range(workers)]
        done = [part.result() for part in parts]
    return max(end for _, end, _ in done) - min(start for start, _, _ in done), sum(cpu for _, _, cpu in done)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=Path)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--pixels", type=Path)
    options = parser.parse_args()
    program = options.pixels.read_bytes() if options.pixels else None
    folder = Path(tempfile.mkdtemp())
    draw(folder / "in", options.images)
    paths = sorted((folder / "in").glob("*/*"))
    ratios = []
    for number in range(options.rounds):
        common = (paths, options.export, program, options.workers, options.batch)
        (one, _), (many, cpu) = plain_seconds(*common, False), plain_seconds(*common, True)
        ours = pipeline_seconds(folder, number, options)
        ratios.append((min(one, many) / ours["work"], cpu / ours["cpu"]))
        said = {"plain one process": one, "plain processes": many, "plain cpu": cpu, **ours, "ratio": ratios[-1][0], "cpu ratio": ratios[-1][1]}
        print(json.dumps({"images": options.images} | {key: round(value, 3) for key, value in said.items()}), flush=True)
    wall, cpu = np.median(ratios, axis=0)
    print(json.dumps({"median ratio": round(float(wall), 3), "median cpu ratio": round(float(cpu), 3)}))
    shutil.rmtree(folder)


def pipeline_seconds(folder, number, options):
    """Of extract.py's own run: the span of its blocks, and the whole."""
    from headstart_scale.run import run

    out = folder / f"out{number}"
    blocks = options.workers * 4
    arguments = argparse.Namespace(input=str(folder / "in"), bundle=options.export, out=str(out), workers=options.workers, threads=1, gpus=0, batch=options.batch,
                                   rows_per_shard=-(-options.images // blocks), pixels=options.pixels, image_column=None, label_column=None, address=None, verbose=False)
    records, started = [], time.time()
    run(arguments, records.append)
    work = max(one["started"] + one["seconds"] for one in records) - min(one["started"] for one in records)
    return {"work": work, "whole": time.time() - started, "cpu": sum(one["cpu_seconds"] for one in records)}


if __name__ == "__main__":
    main()
