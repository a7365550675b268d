"""What the tests of scale/ share: drawn pictures, a bundle exported from them, a Ray cluster of two cores, the extractor."""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scale"))

EXAMPLES = Path(os.environ.get("HEADSTART_EXAMPLES", ROOT / "target/release/examples"))
PIXELS = EXAMPLES / "pixels"
# Of the S3 that a test starts; workers have them from their machine, as on a real cluster.
os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}


def pytest_configure():
    if not PIXELS.exists():
        pytest.exit(f"There is no {PIXELS}: cargo build --release --example pixels --example train_folder", 2)


def drawn(seed, kind):
    """A board or stripes in colours by seed, with noise; `u8 [h, w, 3]`."""
    random = np.random.default_rng(seed)
    height, width = random.integers(120, 420, 2)
    y, x = np.mgrid[:height, :width]
    cell = int(random.integers(8, 40))
    on = (x // cell + y // cell) % 2 if kind == "board" else ((x + 2 * y) // cell) % 2
    colours = random.integers(0, 256, (2, 3))
    return np.clip(colours[on] + random.normal(0, 12, (height, width, 3)), 0, 255).astype(np.uint8)


def save(pixels, path, number):
    """In the kinds of file that people have."""
    picture = Image.fromarray(pixels)
    match number % 6:
        case 0:
            picture.save(path.with_suffix(".jpg"), quality=87)
        case 1:
            picture.save(path.with_suffix(".png"))
        case 2:
            exif = Image.Exif()
            exif[0x0112] = 6  # turned by 90°
            picture.save(path.with_suffix(".jpg"), quality=92, exif=exif)
        case 3:
            picture.putalpha(Image.fromarray(pixels[..., 0]))
            picture.save(path.with_suffix(".webp"), lossless=True)
        case 4:
            picture.convert("L").save(path.with_suffix(".jpg"), progressive=True)
        case 5:
            picture.convert("P").save(path.with_suffix(".gif"))


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Two classes of 30 drawn pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    for label in ("board", "stripes"):
        (folder / label).mkdir()
        for number in range(30):
            save(drawn(number + 1000 * (label == "board"), label), folder / label / f"{number:03}", number)
    return folder


@pytest.fixture(scope="session")
def bundle(pictures, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    done = subprocess.run([EXAMPLES / "train_folder", pictures, "--limit", "6", "--epochs", "1", "--export", folder], capture_output=True, text=True)
    if "No weights at" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def cluster():
    """Two cores. Torn down by its own address alone."""
    ray = shutil.which("ray", path=str(Path(sys.executable).parent))
    if ray is None:
        pytest.skip("ray is not installed beside this Python: pip install -r scale/requirements.txt")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "object_store_memory": 200 << 20})
    yield cluster.address
    cluster.shutdown()


class Extractor:
    """scale/extract.py as a person starts it."""

    def __init__(self, bundle, address):
        self.common = ["--bundle", str(bundle), "--workers", "2"] + ["--address", address] * bool(address)

    def command(self, images, out, *more):
        return [sys.executable, str(ROOT / "scale/extract.py"), str(images), "--out", str(out), *self.common, *map(str, more)]

    def start(self, *arguments, **how):
        return subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how)

    def run(self, *arguments, **how):
        """What it said; it ended well."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=900, **how)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *arguments, **how):
        """Why it did not start; no traceback."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=900, **how)
        assert done.returncode == 1 and "Traceback" not in done.stderr, done.stdout + done.stderr
        return done.stderr


@pytest.fixture
def extract(bundle, cluster):
    return Extractor(bundle, cluster)


@pytest.fixture
def refusing(bundle):
    """Without a cluster: what is refused before one is needed."""
    return Extractor(bundle, None)


def rows(out):
    """`{name: (row, class name, sha256)}` of all shards; each is checked against the manifest."""
    import hashlib

    from headstart_scale.shard import decoded

    manifest = json.loads((Path(out) / "manifest.json").read_text("utf-8"))
    found = {}
    for shard in manifest["shards"]:
        data = (Path(out) / shard["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == shard["sha256"] and len(data) == shard["bytes"]
        tensors, about = decoded(data)
        assert about["backbone_sha256"] == manifest["backbone"]["sha256"]
        assert len(tensors["features"]) == shard["rows"]
        names, start = tensors["names"].tobytes(), 0
        for number, end in enumerate(tensors["name_ends"]):
            name, start = names[start:end].decode(), end
            assert name not in found, f"{name} is there twice"
            found[name] = (tensors["features"][number], manifest["labels"][tensors["classes"][number]], tensors["sha256"][number].tobytes().hex())
    assert manifest["rows"] == len(found)
    return found


def native(paths):
    """Rows of the same files by headstart's own decoder and kernels; None where it refuses one."""
    process = subprocess.Popen([PIXELS, "efficientnet-lite0", "--features"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    for path in paths:
        data = path.read_bytes()
        process.stdin.write((1).to_bytes(4, "little") + b"x" + len(data).to_bytes(4, "little") + data)
        process.stdin.flush()
        if process.stdout.read(1) == b"\0":
            process.stdout.read(32)
            yield np.frombuffer(process.stdout.read(4 * 1280), "<f4")
        else:
            process.stdout.read(int.from_bytes(process.stdout.read(4), "little"))
            yield None
    process.stdin.close()
    process.wait()
