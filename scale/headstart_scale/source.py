"""Which images there are, in which blocks: a block becomes one shard. Reads nothing of an image before its block's turn.

Blocks follow from the input alone, so that a run that was broken off finds the same ones again.
"""
import hashlib
import io
import json
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as parquet

from .refused import Refused
from .store import Store

IMAGE_COLUMNS = ("bytes", "image", "image_bytes")
LABEL_COLUMNS = ("label", "class")
NAME_COLUMNS = ("path", "name", "file_name")
# Files on their way at once: an object store answers late, but many at a time.
READS_AHEAD = 16


@dataclass
class Item:
    """One image: its file's content, or why there is none."""

    name: str
    label: int
    data: bytes
    fault: str = ""


def source_at(uri, image_column=None, label_column=None):
    """A folder of class folders, a Parquet file, or a folder with such files."""
    store = Store.at(uri)
    if uri.endswith(".parquet"):
        parent, _, name = store.root.rpartition("/")
        store = Store(store.fs, parent, uri)
        files = [info for info in store.files(recursive=False) if info.path.endswith("/" + name)]
    else:
        files = store.files()
    if not files:
        raise Refused(f"{uri} has no files. Name a folder with one folder a class, or Parquet files.")
    tables = [info for info in files if info.path.endswith(".parquet")]
    return Tables(store, tables, image_column, label_column) if tables else Folder(store, files)


def _named(store, infos):
    """SHA-256 over names, sizes and times: a changed input is another run."""
    listing = "".join(f"{store.relative(info.path)}\t{info.size}\t{info.mtime_ns}\n" for info in infos)
    return hashlib.sha256(listing.encode()).hexdigest()


class Folder:
    """`CLASS/FILE`; what lies deeper or beside the classes is left out, as `train_folder` does."""

    def __init__(self, store, infos):
        self.store = store
        split = [(store.relative(info.path).split("/"), info) for info in infos]
        infos = [info for parts, info in split if len(parts) == 2]
        names = [store.relative(info.path) for info in infos]
        self.labels = sorted({name.split("/")[0] for name in names})
        if not self.labels:
            raise Refused(f"{store.uri} has files, but none in a class folder. Put the images of each class into a folder of its own.")
        self.digest = _named(store, infos)
        # By hash: each shard is a sample of all classes.
        self.names = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())

    @property
    def rows(self):
        return len(self.names)

    def blocks(self, rows_per_block):
        """Each block's pieces, as `read` takes them."""
        return [self.names[at:at + rows_per_block] for at in range(0, self.rows, rows_per_block)]

    def reader(self):
        return FolderReader(self.store, self.labels)


@dataclass
class FolderReader:
    """The worker's side of `Folder`."""

    store: Store
    labels: list

    def read(self, pieces):
        with ThreadPoolExecutor(READS_AHEAD // 2) as pool:
            ahead = deque()
            for name in pieces:
                ahead.append(pool.submit(self._item, name))
                if len(ahead) == READS_AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def _item(self, name):
        label = self.labels.index(name.split("/")[0])
        try:
            return Item(name, label, self.store.read(name))
        except OSError as error:
            return Item(name, label, b"", f"“{name}” can't be read ({error}).")


class Tables:
    """Parquet: a column with files' bytes (or Hugging Face's `image` of bytes and path) and one with labels."""

    def __init__(self, store, infos, image_column, label_column):
        self.store, self.digest = store, _named(store, infos)
        self.files = [store.relative(info.path) for info in infos]
        self.groups, texts = [], set()
        for name in self.files:
            with store.fs.open_input_file(store.path(name)) as file:
                table = _opened(name, file)
                self._check_columns(name, table.schema_arrow, image_column, label_column)
                self.groups += [(name, at, table.metadata.row_group(at).num_rows) for at in range(table.num_row_groups)]
                column = table.read(columns=[self.columns["label"]]).column(0)
                texts.update(column.unique().to_pylist())
        texts.discard(None)
        self.names = _class_names(table.schema_arrow, self.columns["label"])
        self.labels = sorted({_text(value, self.names) for value in texts})

    @property
    def rows(self):
        return sum(rows for _, _, rows in self.groups)

    def blocks(self, rows_per_block):
        """Of row groups in their order; a large one is parted. `[file, group, first row, rows]`."""
        blocks, block, room = [], [], rows_per_block
        for name, group, rows in self.groups:
            first = 0
            while first < rows:
                taken = min(room, rows - first)
                block.append([name, group, first, taken])
                first, room = first + taken, room - taken
                if room == 0:
                    blocks.append(block)
                    block, room = [], rows_per_block
        return blocks + [block] * bool(block)

    def reader(self):
        return TablesReader(self.store, self.labels, self.columns, self.names)

    def _check_columns(self, file, schema, image, label):
        def chosen(asked, known, what):
            found = next((name for name in ((asked,) if asked else known) if name in schema.names), None)
            if found is None:
                raise Refused(f"{file} has no column {asked or ' or '.join(known)}, but {', '.join(schema.names)}. Name the one with {what}: --{what}-column.")
            return found

        columns = {"image": chosen(image, IMAGE_COLUMNS, "image"), "label": chosen(label, LABEL_COLUMNS, "label")}
        columns["name"] = next((name for name in NAME_COLUMNS if name in schema.names), None)
        kind = schema.field(columns["image"]).type
        if pa.types.is_struct(kind):
            kind = kind.field("bytes").type if kind.get_field_index("bytes") >= 0 else kind
        if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
            raise Refused(f"{file}: column {columns['image']} holds {kind}, not files' bytes. Name another: --image-column.")
        self.columns = columns


@dataclass
class TablesReader:
    """The worker's side of `Tables`."""

    store: Store
    labels: list
    columns: dict
    names: list

    def read(self, pieces):
        for name, group, first, rows in pieces:
            with self.store.fs.open_input_file(self.store.path(name)) as file:
                yield from self._rows(name, _opened(name, file), group, first, rows)

    def _rows(self, file, table, group, first, rows):
        at = 0
        before = sum(table.metadata.row_group(other).num_rows for other in range(group))
        wanted = [column for column in self.columns.values() if column]
        for batch in table.iter_batches(batch_size=256, row_groups=[group], columns=wanted):
            for row in batch.to_pylist() if at + len(batch) > first and at < first + rows else []:
                if first <= at < first + rows:
                    yield self._item(f"{file}#{before + at}", row)
                at += 1
            at += len(batch) if at + len(batch) <= first else 0
            if at >= first + rows:
                return

    def _item(self, place, row):
        image, label = row[self.columns["image"]], row[self.columns["label"]]
        path = image.get("path") if isinstance(image, dict) else self.columns["name"] and row[self.columns["name"]]
        data = image["bytes"] if isinstance(image, dict) else image
        if label is None or data is None:
            return Item(path or place, 0, b"", f"“{place}” has no {'label' if label is None else 'bytes'}.")
        return Item(path or place, self.labels.index(_text(label, self.names)), data)


def _opened(name, file):
    try:
        return parquet.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise Refused(f"{name} is no Parquet file that can be read ({error}). Copy it again, or take it away.") from error


def _class_names(schema, label):
    """Hugging Face's names of numbered classes; empty where there are none."""
    about = json.load(io.BytesIO((schema.metadata or {}).get(b"huggingface", b"{}")))
    return about.get("info", {}).get("features", {}).get(label, {}).get("names", [])


def _text(value, names):
    return names[value] if isinstance(value, int) and value < len(names) else str(value)
