"""Workers and whole runs are killed in the middle: every row is there, none twice, and at most the blocks in work are repeated."""
import json
import os
import signal
import sys
import time
from collections import Counter

from conftest import PIXELS, rows

BLOCK = 5

# headstart's decoder, with a line in a log for each picture: what is computed, and by whom, can be counted.
COUNTING = """#!{python}
import subprocess, sys
child = subprocess.Popen([{pixels!r}, *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
out, source = sys.stdout.buffer, sys.stdin.buffer
out.write(child.stdout.readline()); out.flush()
def take(stream, n):
    data = stream.read(n)
    if len(data) < n: sys.exit()
    return data
size = 224 * 224 * 3 + 32
while True:
    head = take(source, 4); name = take(source, int.from_bytes(head, "little"))
    length = take(source, 4); data = take(source, int.from_bytes(length, "little"))
    with open({log!r}, "a") as log: log.write(name.decode() + "\\n")
    child.stdin.write(head + name + length + data); child.stdin.flush()
    status = take(child.stdout, 1)
    out.write(status + take(child.stdout, size)); out.flush()
    import time; time.sleep(0.05)
"""


def counting(folder):
    program, log = folder / "counting", folder / "log"
    program.write_text(COUNTING.format(python=sys.executable, pixels=str(PIXELS), log=str(log)))
    log.write_text("")
    return program, log


def records(out):
    return [json.loads(path.read_text()) for path in sorted((out / "progress").glob("0*.json"))] if (out / "progress").exists() else []


def wait_for(process, out, count):
    """The records, when so many blocks are done."""
    end = time.time() + 900
    while time.time() < end and process.poll() is None:
        if len(done := records(out)) >= count:
            return done
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"{count} blocks were not there in time: {process.communicate()}")


def is_running(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_worker_costs_at_most_its_block(pictures, extract, tmp_path):
    program, log = counting(tmp_path)
    out = tmp_path / "out"
    process = extract.start(pictures, out, "--rows-per-shard", BLOCK, "--pixels", program)
    done = wait_for(process, out, 3)
    finished = {record["file"]: (out / record["file"]).stat().st_mtime_ns for record in done}
    os.kill(done[-1]["worker"], signal.SIGKILL)
    said = process.communicate(timeout=900)
    assert process.returncode == 0, said
    assert len(rows(out)) == 60
    assert all((out / name).stat().st_mtime_ns == time for name, time in finished.items()), "a finished shard was written again"
    computed = Counter(log.read_text().split("\n")[:-1])
    assert len(computed) == 60 and sum(computed.values()) - 60 <= BLOCK, computed


def test_a_killed_run_goes_on_where_it_was(pictures, extract, tmp_path):
    program, log = counting(tmp_path)
    out = tmp_path / "out"
    arguments = (pictures, out, "--rows-per-shard", BLOCK, "--pixels", program)
    process = extract.start(*arguments)
    wait_for(process, out, 3)
    process.kill()
    process.communicate()
    assert not (out / "manifest.json").exists(), "only a whole run has a manifest"
    while any(is_running(record["worker"]) for record in records(out)):
        time.sleep(0.1)  # Ray ends the workers of a driver that is gone
    finished = {record["file"]: (out / record["file"]).stat().st_mtime_ns for record in records(out)}

    other = extract.refused(pictures, out, "--rows-per-shard", BLOCK + 1, "--pixels", program)
    assert "a part of another run: its rows per shard" in other
    extract.run(*arguments)
    assert len(rows(out)) == 60
    assert all((out / name).stat().st_mtime_ns == time for name, time in finished.items())
    computed = Counter(log.read_text().split("\n")[:-1])
    assert len(computed) == 60 and sum(computed.values()) - 60 <= 2 * BLOCK, "one block a worker"
    assert not list(out.glob("*.part")) or len(list(out.glob("*.part"))) <= 2
