"""One worker's work: a block of images becomes one shard. Ray starts one `Extract` a worker and hands it block after block."""
import hashlib
import json
import os
import time
from itertools import islice

import numpy as np

from .bundle import open_session
from .pixels import Pillow, Program, Unreadable
from .refused import Refused
from .shard import Shard, shard_name

PROGRESS = "progress"


def record_name(number):
    return f"{PROGRESS}/{number:06}.json"


class Extract:
    """`settings`: plan, reader, out, threads, batch, gpu; `model` and `program` are bytes (or Ray's references to them)."""

    def __init__(self, settings, model, program):
        self.plan, self.reader, self.out = settings["plan"], settings["reader"], settings["out"]
        self.batch = settings["batch"]
        self.session = open_session(_bytes(model), settings["threads"], settings["gpu"])
        program = _bytes(program)
        wanted = self.plan["preprocessing"]
        self.pixels = Program(program, self.plan["backbone"], wanted) if program else Pillow(wanted)
        self.mean, self.std = np.float32(wanted["mean"]), np.float32(wanted["std"])

    def __call__(self, table):
        """Ray Data's batch of one block to its record."""
        return {"record": [json.dumps(self._told(json.loads(block))) for block in table["block"]]}

    def _told(self, block):
        """What a person can mend goes back as a value: Ray would send an exception without its cause, and try again."""
        try:
            return self.finished(block)
        except Refused as error:
            return {"refused": str(error)}

    def finished(self, block):
        """The block's record: of before, where its shard is there, else of now."""
        before = self.out.read_if_there(record_name(block["number"]))
        return json.loads(before) if before else self.compute(block)

    def compute(self, block):
        started, cpu, number = time.time(), time.process_time(), block["number"]
        shard, rejected = Shard(self.plan["backbone"]["num_features"]), []
        items = iter(self.reader.read(block["pieces"]))
        while some := list(islice(items, self.batch)):
            self._add(some, shard, rejected)
        record = {"number": number, "file": shard_name(number), "rows": shard.rows, "rejected": rejected}
        record["rows_per_class"] = np.bincount(shard.classes, minlength=len(self.plan["labels"])).tolist()
        if shard.rows:
            record |= self._write(shard, record["file"])
        record |= {"started": round(started, 3), "seconds": round(time.time() - started, 3), "cpu_seconds": round(time.process_time() - cpu, 3), "worker": os.getpid()}
        self.out.write_whole(record_name(number), json.dumps(record).encode())
        return record

    def _write(self, shard, name):
        data = shard.bytes(self.plan["backbone"], self.plan["preprocessing"])
        self.out.write_whole(name, data)
        return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    def _add(self, items, shard, rejected):
        read, pixels, fingerprints = [], [], []
        for item in items:
            try:
                if item.fault:
                    raise Unreadable(item.fault)
                one, fingerprint = self.pixels.read(item.name, item.data)
            except Unreadable as error:
                rejected.append({"name": item.name, "reason": str(error)})
                continue
            read.append(item)
            pixels.append((one - self.mean) / self.std)
            fingerprints.append(fingerprint)
        if read:
            batch = np.ascontiguousarray(np.stack(pixels).transpose(0, 3, 1, 2))
            shard.add(self.session.run(["features"], {"pixels_normalized": batch})[0], read, fingerprints)


def _bytes(value):
    if value is None or isinstance(value, bytes):
        return value
    import ray

    return ray.get(value)
