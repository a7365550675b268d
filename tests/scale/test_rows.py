"""The same images give the same rows as on the page, from a folder, from Parquet and from S3; and headstart trains on them."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from conftest import EXAMPLES, PIXELS, native, rows


def farthest(found, folder):
    """The largest difference of a feature from headstart's own."""
    names = sorted(found)
    ours = native([folder / name for name in names])
    return max(float(np.abs(found[name][0] - row).max()) for name, row in zip(names, ours, strict=True))


@pytest.fixture(scope="module")
def extracted(pictures, bundle, cluster, tmp_path_factory):
    from conftest import Extractor

    out = tmp_path_factory.mktemp("features") / "new"
    Extractor(bundle, cluster).run(pictures, out, "--rows-per-shard", 16, "--pixels", PIXELS)
    return out


def test_rows_of_drawn_pictures_are_headstarts(pictures, extracted):
    found = rows(extracted)
    assert sorted(found) == sorted(f"{path.parent.name}/{path.name}" for path in pictures.glob("*/*"))
    assert all(label == name.split("/")[0] for name, (_, label, _) in found.items())
    assert farthest(found, pictures) < 1e-3


def test_a_finished_folder_is_left_as_it_is(pictures, extracted, extract):
    before = {path.name: path.stat().st_mtime_ns for path in extracted.iterdir()}
    assert "complete: 60 rows" in extract.run(pictures, extracted, "--rows-per-shard", 16, "--pixels", PIXELS)
    assert before == {path.name: path.stat().st_mtime_ns for path in extracted.iterdir()}
    assert not any(name.endswith(".part") or name == "progress" for name in before)


def test_headstart_trains_on_the_shards(extracted):
    command = [EXAMPLES / "train_folder", "--features", extracted / "manifest.json", "--epochs", "5", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["images"] == 60 and said["train"] + said["validation"] == 60
    assert said["classes"] == ["board", "stripes"] and said["backbone"] == "efficientnet-lite0"
    assert said["valAccuracy"] >= 0.8
    refused = subprocess.run([*command, "--backbone", "resnet50"], capture_output=True, text=True)
    assert refused.returncode == 1 and "features of efficientnet-lite0, not resnet50" in refused.stderr


def test_rows_of_photos_are_headstarts(extract, tmp_path):
    data = os.environ.get("HEADSTART_DATA")
    if not data:
        pytest.skip("HEADSTART_DATA is not set")
    photos = tmp_path / "photos"
    for label in ("glass", "metal", "paper"):
        (photos / label).mkdir(parents=True)
        for path in sorted((Path(data) / "trashnet-mini" / label).iterdir())[:8]:
            shutil.copy(path, photos / label)
    extract.run(photos, tmp_path / "out", "--pixels", PIXELS)
    found = rows(tmp_path / "out")
    assert len(found) == 24
    assert farthest(found, photos) < 1e-3


def test_parquet_gives_the_same_rows(pictures, extracted, extract, tmp_path):
    paths = sorted(pictures.glob("*/*"))
    names = [f"{path.parent.name}/{path.name}" for path in paths]
    images = [{"bytes": path.read_bytes(), "path": name} for path, name in zip(paths, names)]
    numbered = pa.table({"image": images, "label": [int(path.parent.name == "stripes") for path in paths]})
    about = {"info": {"features": {"label": {"names": ["board", "stripes"]}}}}
    numbered = numbered.replace_schema_metadata({"huggingface": json.dumps(about)})
    (tmp_path / "in").mkdir()
    parquet.write_table(numbered.slice(0, 41), tmp_path / "in/a.parquet", row_group_size=17)
    parquet.write_table(numbered.slice(41), tmp_path / "in/b.parquet", row_group_size=3)
    extract.run(tmp_path / "in", tmp_path / "out", "--rows-per-shard", 8, "--pixels", PIXELS)
    theirs, ours = rows(extracted), rows(tmp_path / "out")
    assert sorted(ours) == sorted(theirs)
    for name, (row, label, sha256) in ours.items():
        assert np.abs(row - theirs[name][0]).max() < 1e-4 and (label, sha256) == theirs[name][1:]


def test_an_object_store_gives_the_same_rows(pictures, extracted, extract, tmp_path):
    server = pytest.importorskip("moto.server", reason="moto is not installed: no S3 to test with")
    from pyarrow import fs

    s3 = server.ThreadedMotoServer(port=0)
    s3.start()
    _, port = s3.get_host_and_port()
    place = f"?scheme=http&endpoint_override=127.0.0.1:{port}&region=us-east-1&allow_bucket_creation=true"
    try:
        store, _ = fs.FileSystem.from_uri(f"s3://bucket/in{place}")
        store.create_dir("bucket")
        fs.copy_files(str(pictures), "bucket/in", source_filesystem=fs.LocalFileSystem(), destination_filesystem=store)
        extract.run(f"s3://bucket/in{place}", f"s3://bucket/out{place}", "--rows-per-shard", 16, "--pixels", PIXELS)
        (tmp_path / "out").mkdir()
        fs.copy_files("bucket/out", str(tmp_path / "out"), source_filesystem=store, destination_filesystem=fs.LocalFileSystem())
    finally:
        s3.stop()
    theirs, ours = rows(extracted), rows(tmp_path / "out")
    assert all(np.array_equal(row, theirs[name][0]) for name, (row, _, _) in ours.items()) and len(ours) == len(theirs)


def test_pillow_needs_no_program_and_says_what_it_costs(pictures, bundle, extracted, tmp_path):
    """Lossless pictures are the same; of JPEGs rows differ. On this machine alone, as without --address."""
    from conftest import Extractor

    some = tmp_path / "some"
    for path in [*pictures.glob("*/*.png"), *pictures.glob("*/*.gif"), *pictures.glob("*/*.webp")]:
        (some / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, some / path.parent.name)
    said = Extractor(bundle, None).run(some, tmp_path / "out")
    assert "rows of JPEGs differ" in said
    found, theirs = rows(tmp_path / "out"), rows(extracted)
    assert max(float(np.abs(row - theirs[name][0]).max()) for name, (row, _, _) in found.items()) < 1e-3
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["preprocessing"]["decoder"].startswith("pillow")
