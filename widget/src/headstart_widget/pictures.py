"""Pictures that Python has, on their way to the browser."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"})


def labelled_paths(source: str | Path | Iterable[str | Path], label: str | None) -> list[tuple[Path, str]]:
    """Give files with their classes: of a folder, the pictures in its sub-folders, which are the classes.

    Raises FileNotFoundError where there is none, ValueError where a class is missing.
    """
    if isinstance(source, (str, Path)) and Path(source).is_dir():
        paths = sorted(path for path in Path(source).rglob("*") if path.suffix.lower() in SUFFIXES)
        if not paths:
            raise FileNotFoundError(f"{source} has no pictures in it. Give a folder with a sub-folder for each class.")
        return [(path, label or path.parent.name) for path in paths]
    paths = [Path(one) for one in ([source] if isinstance(source, (str, Path)) else source)]
    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(f"{path} is no file. Give pictures, or a folder with a sub-folder for each class.")
    if not label:
        raise ValueError("These pictures have no class. Name it: add_images(paths, label='cat').")
    return [(path, label) for path in paths]
