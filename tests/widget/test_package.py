"""What the wheel says of itself, and what it holds."""

from __future__ import annotations

import os
import re
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_version_is_the_crates() -> None:
    crate = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert crate is not None
    assert version("headstart-widget") == crate[1]


def test_the_wheel_holds_the_trainer_and_no_picture() -> None:
    wheels = sorted((ROOT / "dist-widget").glob("*.whl"), key=os.path.getmtime)
    if not wheels:
        pytest.skip("no wheel: ./build.sh widget makes it")
    names = zipfile.ZipFile(wheels[-1]).namelist()
    for name in ("widget.js", "widget.css", "worker-engine.js.gz", "pkg-pool_bg.wasm.gz", "weights-efficientnet-lite0.safetensors.gz"):
        assert f"headstart_widget/static/{name}" in names
    assert "headstart_widget/py.typed" in names
    assert any(name.endswith("licenses/licenses/NOTICES.txt") for name in names)
    assert not [name for name in names if re.search(r"\.(png|jpe?g|webp|gif)$", name)]
