"""What can't end well is refused with the reason, before anything is replaced."""
import json
import shutil
import subprocess
import sys

import pytest
from conftest import PIXELS, ROOT, rows


@pytest.fixture
def spoiled(bundle, tmp_path):
    """A copy of the bundle whose card can be changed."""
    folder = tmp_path / "spoiled"
    shutil.copytree(bundle, folder)

    def change(edit):
        card = json.loads((folder / "card.json").read_text("utf-8"))
        edit(card)
        (folder / "card.json").write_text(json.dumps(card))

    return folder, change


def test_an_export_of_another_version(spoiled, pictures, refusing, tmp_path):
    folder, change = spoiled
    change(lambda card: card.update(version=9))
    said = refusing.refused(pictures, tmp_path / "out", "--bundle", folder)
    assert "is of headstart-model version 9" in said and "Export the model again" in said
    assert not (tmp_path / "out").exists()


def test_a_changed_hash(spoiled, pictures, refusing, tmp_path):
    folder, _ = spoiled
    data = bytearray((folder / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.onnx").write_bytes(data)
    assert "model.onnx is not the one of card.json: its SHA-256" in refusing.refused(pictures, tmp_path / "out", "--bundle", folder)


def test_no_bundle_no_images_no_classes(pictures, refusing, tmp_path):
    assert "card.json can't be read" in refusing.refused(pictures, tmp_path / "out", "--bundle", tmp_path)
    assert "has no files" in refusing.refused(tmp_path / "nothing", tmp_path / "out")
    (tmp_path / "flat").mkdir()
    shutil.copy(next(pictures.glob("*/*.png")), tmp_path / "flat")
    assert "none in a class folder" in refusing.refused(tmp_path / "flat", tmp_path / "out")


def test_a_table_without_images(refusing, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as parquet

    parquet.write_table(pa.table({"a": [1], "label": ["x"]}), tmp_path / "a.parquet")
    assert "has no column bytes or image" in refusing.refused(tmp_path / "a.parquet", tmp_path / "out")
    parquet.write_table(pa.table({"bytes": [1], "label": ["x"]}), tmp_path / "b.parquet")
    assert "column bytes holds int64, not files' bytes" in refusing.refused(tmp_path / "b.parquet", tmp_path / "out")
    (tmp_path / "c.parquet").write_bytes(b"no table at all")
    assert "is no Parquet file that can be read" in refusing.refused(tmp_path / "c.parquet", tmp_path / "out")


def test_a_folder_that_cannot_be_written(pictures, refusing, tmp_path):
    (tmp_path / "file").write_text("")
    said = refusing.refused(pictures, tmp_path / "file/out")
    assert "can't be written" in said and "choose another folder" in said


def test_features_of_another_run_stay(pictures, refusing, tmp_path):
    manifest = {"format": "headstart-features", "version": 1, "rows": 3}
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.json").write_text(json.dumps(manifest))
    assert "holds the features of another run" in refusing.refused(pictures, tmp_path / "out")
    (tmp_path / "out/manifest.json").write_text(json.dumps(manifest | {"version": 2}))
    assert "is of headstart-features version 2" in refusing.refused(pictures, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["manifest.json"]


def test_too_little_room_is_said_before_it_starts(pictures, refusing, tmp_path):
    from headstart_scale.refused import Refused
    from headstart_scale.run import _check_out
    from headstart_scale.store import Store

    plan = {"backbone": {"num_features": 1280}}
    with pytest.raises(Refused, match="has room for"):
        _check_out(Store.at(str(tmp_path / "out")), plan, 10**13)
    assert not (tmp_path / "out").exists()


def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path):
    """A limit on the size of files stands for the disk's end: the write fails in its middle."""
    (tmp_path / "shard").write_bytes(b"before")
    code = f"""
import resource, sys
sys.path.insert(0, {str(ROOT / "scale")!r})
from headstart_scale.refused import Refused
from headstart_scale.store import Store
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    Store.at({str(tmp_path)!r}).write_whole("shard", bytes(2000))
except Refused as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "can't be written" in done.stdout and "Make room" in done.stdout, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["shard"] and (tmp_path / "shard").read_bytes() == b"before"


def test_a_full_disk_of_a_worker_reaches_the_person(pictures, extract, tmp_path):
    """A folder stands where the first shard should: its worker can't write, and says so through Ray."""
    (tmp_path / "out/shard-000000.safetensors/in-the-way").mkdir(parents=True)
    said = extract.refused(pictures, tmp_path / "out", "--pixels", PIXELS)
    assert "shard-000000.safetensors can't be written" in said
    assert not (tmp_path / "out/manifest.json").exists()


def test_one_bad_file_never_stops_the_others(pictures, extract, tmp_path):
    folder = tmp_path / "in"
    shutil.copytree(pictures, folder)
    whole = next((folder / "board").glob("*.jpg"))
    (folder / "board/empty.jpg").write_bytes(b"")
    (folder / "board/text.png").write_text("no picture")
    (folder / "stripes/cut.jpg").write_bytes(whole.read_bytes()[:-900])
    (folder / "stripes/.hidden").write_text("")
    said = extract.run(folder, tmp_path / "out", "--pixels", PIXELS)
    assert "60 rows in 1 shards, 3 images left out: rejected.jsonl" in said
    rejected = [json.loads(line) for line in (tmp_path / "out/rejected.jsonl").read_text("utf-8").splitlines()]
    assert sorted(one["name"] for one in rejected) == ["board/empty.jpg", "board/text.png", "stripes/cut.jpg"]
    assert all(one["name"] in one["reason"] for one in rejected), rejected
    assert len(rows(tmp_path / "out")) == 60
