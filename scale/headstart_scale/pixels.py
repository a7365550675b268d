"""A picture's file to the pixels that the backbone sees, `u8 [size, size, 3]`.

Two decoders. `Program` is headstart's own (`examples/pixels.rs`): the same pixels as on the page, to the bit, and the
picture's fingerprint. `Pillow` needs no program; of a JPEG it makes pixels that differ by a few levels.
"""
import io
import json
import os
import stat
import subprocess
import tempfile

import numpy as np
from PIL import Image, ImageOps
from PIL import __version__ as PILLOW

from .refused import Refused

# Those of src/image/decode.rs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MAX_FILE_BYTES = 64 << 20
MAX_PIXELS = 50 << 20
MIN_SIDE_PX = 8
MAX_ASPECT = 20

SHARED = ("version", "input_size", "crop_pct", "interpolation", "fit")


class Unreadable(Exception):
    """One picture's fault, in words; it never stops the others."""


class Pillow:
    """Pillow's decoders and resize, which headstart's resize equals."""

    name = f"pillow {PILLOW}"
    has_fingerprints = False

    def __init__(self, preprocessing):
        self.wanted = preprocessing
        Image.MAX_IMAGE_PIXELS = None  # our own limit holds

    def read(self, name, data):
        """`(pixels, None)`"""
        if not data:
            raise Unreadable(f"“{name}” is empty (0 bytes).")
        if len(data) > MAX_FILE_BYTES:
            raise Unreadable(f"“{name}” is too large: at most 64 MB are read.")
        try:
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
        except Exception as error:
            raise Unreadable(f"“{name}” is not an image that is read: JPEG, PNG, WebP, GIF or BMP.") from error
        _check_size(name, *picture.size)
        try:
            return self._prepared(picture), None
        except Exception as error:
            raise Unreadable(f"“{name}” is damaged or cut off ({error}).") from error

    def _prepared(self, picture):
        picture = ImageOps.exif_transpose(picture)
        if "A" in picture.getbands() or "transparency" in picture.info:
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        picture = picture.convert("RGB")
        return np.asarray(_fitted(picture, self.wanted), np.uint8)


class Program:
    """headstart's own decoder beside this process; one picture at a time, so it takes no core of its own."""

    has_fingerprints = True

    def __init__(self, program, backbone, preprocessing):
        """`program`: the bytes of the executable, so that a cluster's machines need nothing installed."""
        self.size = preprocessing["input_size"]
        self.file = tempfile.NamedTemporaryFile(prefix="headstart-pixels-", delete=False)
        self.file.write(program)
        self.file.close()
        os.chmod(self.file.name, stat.S_IRWXU)
        try:
            self.process = subprocess.Popen([self.file.name, backbone["name"], "--fit", preprocessing["fit"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            said = json.loads(self.process.stdout.readline() or "{}")
        except (OSError, ValueError) as error:
            raise Refused(f"The program for pixels does not start here ({error}). Build it for this machine: cargo build --release --example pixels.") from error
        finally:
            os.remove(self.file.name)  # it runs on without its name
        for key in SHARED:
            ours, theirs = said.get(key), preprocessing.get(key)
            if ours != theirs and not (isinstance(ours, float) and abs(ours - theirs) < 1e-6):
                self.close()
                raise Refused(f"The program for pixels prepares pictures otherwise than the export wants ({key} {ours}, not {theirs}). Build it of the version that exported the model.")
        self.name = said["decoder"]

    def read(self, name, data):
        """`(pixels, fingerprint)`"""
        named = name.encode()
        out, back = self.process.stdin, self.process.stdout
        out.write(len(named).to_bytes(4, "little") + named + len(data).to_bytes(4, "little"))
        out.write(data)
        out.flush()
        if self._take(1) == b"\0":
            fingerprint = np.frombuffer(self._take(32), np.uint8)
            return np.frombuffer(self._take(self.size * self.size * 3), np.uint8).reshape(self.size, self.size, 3), fingerprint
        raise Unreadable(self._take(int.from_bytes(self._take(4), "little")).decode())

    def _take(self, length):
        data = self.process.stdout.read(length)
        if len(data) < length:
            raise RuntimeError("the program for pixels ended")  # the block is done again
        return data

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def _resized(picture, size, method):
    """The width first, as headstart does: Pillow 13 takes the height first of a tall picture, which rounds otherwise."""
    return picture.resize((size[0], picture.height), method).resize(size, method)


def _fitted(picture, want):
    """The centre, the whole picture between bars, or a region of it: `src/image/fit.rs`."""
    size, method = want["input_size"], getattr(Image.Resampling, want["interpolation"].upper())
    fit, _, shares = want["fit"].partition(":")
    if fit == "crop":
        short = round(size / want["crop_pct"])
        scaled = [short * side // min(picture.size) for side in picture.size]
        left, top = (round((side - size) / 2) for side in scaled)
        return _resized(picture, scaled, method).crop((left, top, left + size, top + size))
    if fit == "region":
        left, top, width, height = (float(share) for share in shares.split(","))
        edges = ((left, left + width, picture.width), (top, top + height, picture.height))
        (left, right), (top, bottom) = ((round(round(start, 4) * side), round(round(end, 4) * side)) for start, end, side in edges)
        left, top = min(left, picture.width - 1), min(top, picture.height - 1)
        picture = picture.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    inside = [max(1, round(min(1, ratio) * size)) for ratio in (picture.width / picture.height, picture.height / picture.width)]
    return ImageOps.pad(_resized(picture, inside, method), (size, size), method, tuple(want["fill"]))


def _check_size(name, width, height):
    short, long = sorted((width, height))
    if width * height > MAX_PIXELS:
        raise Unreadable(f"“{name}” has {width} × {height} pixels, and at most 50 megapixels are read.")
    if long > short * MAX_ASPECT:
        raise Unreadable(f"“{name}” is too narrow: {width} × {height} pixels.")
    if short < MIN_SIDE_PX:
        raise Unreadable(f"“{name}” is too small to learn from: {width} × {height} pixels.")
