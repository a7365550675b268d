#!/usr/bin/env python3
"""Collects the licences of the crates that the page's wasm modules contain: licenses.py OUT.txt

Asks cargo, so it says what the lock file says. What only builds (proc macros, build and dev dependencies) reaches no
visitor and is left out. Standard library only.
"""
import json
import subprocess
import sys
from pathlib import Path

BUILD = ("--no-default-features", "--features", "engine,pool")
TREE = ("cargo", "tree", "--target", "wasm32-unknown-unknown", "-e", "normal,no-proc-macro", "--prefix", "none", "-f", "{p}")
METADATA = ("cargo", "metadata", "--format-version", "1")
NAMES = ("license", "licence", "copying", "notice", "unlicense")


def shipped():
    """Packages that are linked into a module, without headstart itself, sorted by name."""
    tree = subprocess.run([*TREE, *BUILD], check=True, capture_output=True, text=True).stdout
    names = {tuple(line.split()[:2]) for line in tree.splitlines()}  # (burn, v0.22.1)
    metadata = json.loads(subprocess.run([*METADATA, *BUILD], check=True, capture_output=True).stdout)
    root = metadata["resolve"]["root"]
    linked = [p for p in metadata["packages"] if (p["name"], f"v{p['version']}") in names and p["id"] != root]
    return sorted(linked, key=lambda package: (package["name"], package["version"]))


def texts(package):
    folder = Path(package["manifest_path"]).parent
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name.lower().startswith(NAMES))
    for path in files:
        yield path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n").strip()


def main(out):
    packages = shipped()
    users = {}
    for package in packages:
        for text in texts(package):
            users.setdefault(text, []).append(package["name"])
    lines = [f"The wasm modules of headstart contain {len(packages)} crates. First each with its licence, then the texts.", ""]
    lines += [f"{package['name']} {package['version']}: {package['license'] or 'see its text'}" for package in packages]
    for text, names in users.items():
        lines += ["", "=" * 80, ", ".join(dict.fromkeys(names)), "-" * 80, text]
    Path(out).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(packages)} crates, {len(users)} texts")


if __name__ == "__main__":
    main(*sys.argv[1:])
