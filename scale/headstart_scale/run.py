"""The whole run: refuses what can't end well, hands blocks to Ray Data, and writes the manifest when all shards are there."""
import json
import sys
import time
from pathlib import Path

from .block import PROGRESS, Extract
from .bundle import read_bundle
from .pixels import PILLOW, Program
from .refused import Refused
from .shard import FORMAT, MANIFEST, VERSION, manifest
from .source import source_at
from .store import Store

PLAN = f"{PROGRESS}/plan.json"
REJECTED = "rejected.jsonl"


def run(options, on_record=lambda record: None):
    """`options`: what extract.py's command line gives; `on_record` hears of each block. Gives the manifest. Raises `Refused`."""
    bundle = read_bundle(options.bundle)
    program = _program(options.pixels)
    source = source_at(options.input, options.image_column, options.label_column)
    out = Store.at(options.out)
    plan = _plan(options, bundle, program, source)
    if (done := _check_out(out, plan, source.rows)) is not None:
        print(f"{out.uri} is complete: {done['rows']} rows in {len(done['shards'])} shards.")
        return done
    if program is None:
        print("Pixels by Pillow: rows of JPEGs differ a little from the page's. --pixels takes headstart's own decoder.")
    blocks = source.blocks(options.rows_per_shard)
    print(f"{source.rows} images of {len(source.labels)} classes in {len(blocks)} blocks")
    settings = {"plan": plan, "reader": source.reader(), "out": out, "threads": options.threads, "batch": options.batch, "gpu": options.gpus > 0}
    records = _records(options, settings, blocks, bundle.model, program, on_record)
    return _finish(out, plan, records)


def _program(path):
    if path is None:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Refused(f"{path} can't be read ({error.strerror}). Build it: cargo build --release --example pixels.") from error


def _plan(options, bundle, program, source):
    """What shards of one run have in common; it decides whether a run goes on."""
    decoder = f"pillow {PILLOW}"
    if program is not None:
        started = Program(program, bundle.backbone, bundle.preprocessing)
        decoder = started.name
        started.close()
    preprocessing = {**bundle.preprocessing, "decoder": decoder}
    shared = {"backbone": bundle.backbone, "preprocessing": preprocessing, "labels": source.labels}
    return {"version": VERSION, "images": source.digest, "rows_per_shard": options.rows_per_shard, **shared}


def _check_out(out, plan, rows):
    """Refuses a folder that holds something else, or has no room. Gives the manifest where all was done before."""
    if (before := out.read_if_there(MANIFEST)) is not None:
        return _same_manifest(out, json.loads(before), plan)
    if (before := out.read_if_there(PLAN)) is not None:
        before = json.loads(before)
        for key in plan:
            if before.get(key) != plan[key]:
                raise Refused(f"{out.uri} holds a part of another run: its {key.replace('_', ' ')} is another. Give that run's input and options, or another folder for --out.")
    needed = rows * (4 * plan["backbone"]["num_features"] + 200)
    # What is there already needs no room twice, so only a fresh run is judged.
    if before is None and (room := out.room_bytes()) is not None and room < needed:
        raise Refused(f"{out.uri} has room for {room / 1e9:.1f} GB, and {rows} rows take {needed / 1e9:.1f} GB. Make room, or choose another folder for --out.")
    if before is None:
        out.write_whole(PLAN, json.dumps(plan).encode())
    return None


def _same_manifest(out, before, plan):
    if (before.get("format"), before.get("version")) != (FORMAT, VERSION):
        raise Refused(f"{out.uri}/{MANIFEST} is of {before.get('format')} version {before.get('version')}. Choose another folder for --out.")
    same = all(before.get(key) == plan[key] for key in ("backbone", "preprocessing", "labels")) and before.get("images") == plan["images"]
    if not same:
        raise Refused(f"{out.uri} holds the features of another run. Choose another folder for --out.")
    return before


def _records(options, settings, blocks, model, program, on_record):
    """Each block's record, by Ray Data: an actor a worker, a task a block. A block whose worker died is given to another one."""
    import ray

    _join(ray, options)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    # Arrow's blocks must not join ours: one block, one task.
    rows = [{"block": json.dumps({"number": number, "pieces": pieces})} for number, pieces in enumerate(blocks)]
    try:
        dataset = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            Extract,
            fn_constructor_args=(settings, ray.put(model), program and ray.put(program)),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=options.workers, max_tasks_in_flight_per_actor=2),
            num_cpus=options.threads,
            num_gpus=options.gpus or None,
        )
        return sorted(_told(dataset, len(blocks), on_record), key=lambda record: record["number"])
    finally:
        ray.shutdown()


def _join(ray, options):
    """A running cluster, whose machines are sent this package, or one of this machine's cores."""
    quiet = {"log_to_driver": options.verbose, "configure_logging": options.verbose}
    if options.address:
        ray.init(address=options.address, runtime_env={"py_modules": [str(Path(__file__).parent)]}, **quiet)
    else:
        ray.init(address="local", num_cpus=options.workers * options.threads, include_dashboard=False, **quiet)


def _told(dataset, blocks, on_record):
    """Tells each block that is done."""
    started, images = time.time(), 0
    for done, row in enumerate(dataset.iter_rows(), 1):
        record = json.loads(row["record"])
        if "refused" in record:
            raise Refused(record["refused"])
        images += record["rows"]
        on_record(record)
        print(f"{done} of {blocks} blocks, {images} rows, {time.time() - started:.0f} s", file=sys.stderr)
        yield record


def _finish(out, plan, records):
    """The manifest last: where it is, all is."""
    whole = {**manifest(plan, records), "images": plan["images"]}
    rejected = [one for record in records for one in record["rejected"]]
    if rejected:
        out.write_whole(REJECTED, "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rejected).encode())
    out.write_whole(MANIFEST, json.dumps(whole, indent=1, ensure_ascii=False).encode())
    out.remove(PROGRESS)
    print(f"{whole['rows']} rows in {len(whole['shards'])} shards, {len(rejected)} images left out" + f": {REJECTED}" * bool(rejected))
    return whole
