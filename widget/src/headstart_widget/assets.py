"""The trainer's own files, which `build/widget.mjs` puts into the wheel."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"


def asset(name: str) -> bytes:
    """Give a file, gzipped, by its path in the npm package. Raises KeyError for one that the wheel has not."""
    path = STATIC / f"{name.replace('/', '-')}.gz"
    if path.parent != STATIC or not path.is_file():
        raise KeyError(name)
    return path.read_bytes()
