"""The feature format, as docs/features.md defines it: safetensors shards and a manifest. The same rows are the same bytes."""
import hashlib
import json

import numpy as np

FORMAT = "headstart-features"
VERSION = 1
MANIFEST = "manifest.json"

DTYPES = {"f4": "F32", "u4": "U32", "u8": "U64", "u1": "U8"}


def shard_name(number):
    return f"shard-{number:06}.safetensors"


def encoded(tensors, metadata):
    """A safetensors file of little-endian arrays, in the order given."""
    header, at = {"__metadata__": metadata}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": DTYPES[array.dtype.str[1:]], "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *(array.tobytes() for array in tensors.values())])


def decoded(data):
    """Arrays by name, and the metadata; for tests and programs in Python."""
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__", {})
    kinds = {name: kind for kind, name in DTYPES.items()}
    spans = {name: (kinds[entry["dtype"]], entry["shape"], *entry["data_offsets"]) for name, entry in header.items()}
    return {name: np.frombuffer(data[start + a:start + b], "<" + kind).reshape(shape) for name, (kind, shape, a, b) in spans.items()}, metadata


class Shard:
    """Rows of one block, as they come."""

    def __init__(self, num_features):
        self.num_features = num_features
        self.features, self.classes, self.hashes, self.fingerprints, self.names = [], [], [], [], []

    def add(self, features, items, fingerprints):
        """`features f32 [n, num_features]`"""
        self.features.append(features)
        self.classes += [item.label for item in items]
        self.hashes += [hashlib.sha256(item.data).digest() for item in items]
        self.fingerprints += fingerprints
        self.names += [item.name.encode() for item in items]

    @property
    def rows(self):
        return len(self.classes)

    def bytes(self, backbone, preprocessing):
        features = np.concatenate([np.zeros((0, self.num_features), "<f4"), *self.features])
        tensors = {
            "features": features.astype("<f4", copy=False),
            "classes": np.array(self.classes, "<u4"),
            "sha256": np.frombuffer(b"".join(self.hashes), np.uint8).reshape(self.rows, 32),
            "name_ends": np.cumsum([len(name) for name in self.names], dtype="<u8"),
            "names": np.frombuffer(b"".join(self.names), np.uint8),
        }
        if all(one is not None for one in self.fingerprints):
            tensors["fingerprints"] = np.concatenate([np.zeros((0,), np.uint8), *self.fingerprints]).reshape(self.rows, 32)
        metadata = {
            "format": FORMAT,
            "version": str(VERSION),
            "backbone": backbone["name"],
            "backbone_sha256": backbone["sha256"],
            "preprocessing": json.dumps(preprocessing, sort_keys=True, separators=(",", ":")),
        }
        return encoded(tensors, metadata)


def manifest(plan, records):
    """What `manifest.json` holds; `records` in the order of the blocks."""
    shards = [{key: record[key] for key in ("file", "rows", "bytes", "sha256")} for record in records if record["rows"]]
    return {
        "format": FORMAT,
        "version": VERSION,
        "backbone": plan["backbone"],
        "preprocessing": plan["preprocessing"],
        "labels": plan["labels"],
        "rows": sum(shard["rows"] for shard in shards),
        "rows_per_class": np.sum([record["rows_per_class"] for record in records], axis=0).tolist(),
        "rejected": sum(len(record["rejected"]) for record in records),
        "shards": shards,
    }
