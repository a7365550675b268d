"""Folders here or in an object store, by pyarrow: `/data`, `s3://bucket/prefix`, `gs://…`, whatever fsspec opens.

A file is written whole or not at all: here to a temporary name that is renamed, in an object store by an upload that
shows when it is complete.
"""
import os
import shutil
import uuid
from dataclasses import dataclass

from pyarrow import ArrowInvalid
from pyarrow import fs as arrow_fs

from .refused import Refused


@dataclass
class Store:
    """A folder and the file system that it is in. Travels to workers."""

    fs: arrow_fs.FileSystem
    root: str
    uri: str

    @staticmethod
    def at(uri):
        """`uri`: a path, or a URI that pyarrow or fsspec knows."""
        if "://" not in uri:
            return Store(arrow_fs.LocalFileSystem(), os.path.abspath(uri), uri)
        try:
            fs, root = arrow_fs.FileSystem.from_uri(uri)
        except ArrowInvalid:
            fs, root = _by_fsspec(uri)
        except OSError as error:
            raise Refused(f"{uri} can't be opened ({error}). Check the address and your credentials.") from error
        return Store(fs, root.rstrip("/"), uri)

    @property
    def is_local(self):
        return isinstance(self.fs, arrow_fs.LocalFileSystem)

    def path(self, name):
        return f"{self.root}/{name}" if name else self.root

    def files(self, name="", recursive=True):
        """`FileInfo` of each file below a folder, in the order of their paths; hidden ones are left out."""
        selector = arrow_fs.FileSelector(self.path(name), recursive=recursive, allow_not_found=True)
        infos = [info for info in self.fs.get_file_info(selector) if info.is_file]
        hidden = lambda info: any(part.startswith((".", "_")) for part in self.relative(info.path).split("/"))
        return sorted((info for info in infos if not hidden(info)), key=lambda info: info.path)

    def relative(self, path):
        return path.removeprefix(self.root).lstrip("/")

    def exists(self, name):
        return self.fs.get_file_info(self.path(name)).type != arrow_fs.FileType.NotFound

    def read(self, name):
        with self.fs.open_input_stream(self.path(name)) as file:
            return file.read()

    def read_if_there(self, name):
        return self.read(name) if self.exists(name) else None

    def write_whole(self, name, data):
        """What stood at `name` stays until `data` is safe; two writers of the same file don't meet."""
        try:
            if self.is_local:
                os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
                _replace(self.path(name), data)
            else:
                with self.fs.open_output_stream(self.path(name)) as file:
                    file.write(data)
        except OSError as error:
            place = self.path(name)
            raise Refused(f"{place} can't be written ({error}). Make room or choose another folder; what is there stays, and the same command goes on from it.") from error

    def remove(self, name):
        if self.exists(name):
            self.fs.delete_dir(self.path(name))

    def room_bytes(self):
        """Free bytes, where that is known."""
        return shutil.disk_usage(_first_there(self.root)).free if self.is_local else None


def _by_fsspec(uri):
    try:
        import fsspec

        fs, root = fsspec.core.url_to_fs(uri)
    except (ImportError, ValueError) as error:
        raise Refused(f"{uri} is no address that can be opened ({error}). Give a folder, s3://, gs://, or install the package that fsspec names.") from error
    return arrow_fs.PyFileSystem(arrow_fs.FSSpecHandler(fs)), root


def _replace(path, data):
    partial = f"{path}.{uuid.uuid4().hex}.part"
    try:
        with open(partial, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError:
        if os.path.exists(partial):
            os.remove(partial)
        raise


def _first_there(path):
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path
