"""The widget's Python side alone: what it sends, what it makes of what comes, and what it says where nothing does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from headstart_widget import BrowserError, NoBrowserError, NotYetError, StoppedError, Trainer
from headstart_widget import trainer as module
from headstart_widget.options import options_from
from headstart_widget.pictures import labelled_paths

STATE: dict[str, Any] = {"status": "ready", "counts": {"cat": 2}, "history": [], "report": None, "rejected": []}


class Page:
    """Stands for the browser: keeps what is sent to it, and answers."""

    def __init__(self, trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        monkeypatch.setattr(trainer, "send", lambda message, buffers=None: self.sent.append((message, buffers or [])))
        self.trainer = trainer

    def says(self, *buffers: bytes, **message: Any) -> None:  # noqa: ANN401
        self.trainer._hear(None, message, [memoryview(one) for one in buffers])  # noqa: SLF001

    def calls(self) -> list[dict[str, Any]]:
        return [message for message, _ in self.sent if message["type"] == "call"]


@pytest.fixture
def trainer() -> Trainer:
    return Trainer(epochs=5)


@pytest.fixture
def page(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(trainer, monkeypatch)


def test_a_message_is_no_cell_so_that_matplotlib_leaves_open_figures_alone(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    triggered: list[str] = []
    shell = SimpleNamespace(events=SimpleNamespace(trigger=triggered.append))
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    data = {"method": "custom", "content": {"type": "state", "state": STATE}}
    trainer.comm.handle_msg({"content": {"data": data}, "buffers": []})
    assert trainer.state == STATE
    assert triggered == []


def test_options_get_their_javascript_names() -> None:
    given = {
        "batch_size": 8,
        "schedule": {"type": "cosine_decay", "decay_rate": 0.5},
        "monitor": "val_loss",
        "dropout": (0.1, 0.2),
        "patience": None,
    }
    assert options_from(given) == {
        "batchSize": 8,
        "schedule": {"type": "cosineDecay", "decayRate": 0.5},
        "monitor": "valLoss",
        "dropout": [0.1, 0.2],
    }


def test_a_misspelt_option_is_refused_with_the_nearest() -> None:
    with pytest.raises(TypeError, match="epoch is no option of training. Did you mean epochs?"):
        Trainer(epoch=5)
    with pytest.raises(TypeError, match="There are: head, hidden, epochs"):
        options_from({"zzz": 1})


def test_a_call_waits_for_the_page_and_is_answered(trainer: Trainer, page: Page) -> None:
    answer = trainer.groups()
    assert page.calls() == []
    page.says(type="hello", session="one")
    (call,) = page.calls()
    assert (call["session"], call["call"]) == ("one", {"command": "groups"})
    assert not answer.done()
    page.says(type="done", id=call["id"], value=[[1, 2]], state=STATE)
    assert asyncio.run(await_(answer)) == [[1, 2]]
    assert trainer.classes["cat"] == 2


def test_parts_come_before_the_answer(trainer: Trainer, page: Page) -> None:
    page.says(type="hello", session="one")
    answer = trainer.images()
    page.says(b"aa", type="part", id=1)
    page.says(b"abb", type="part", id=1)
    value = [{"id": 1, "name": "a", "label": "x", "size": 3}, {"id": 2, "name": "b", "label": "x", "size": 2}]
    page.says(type="done", id=1, value=value, state=STATE)
    assert [one.bytes for one in asyncio.run(await_(answer))] == [b"aaa", b"bb"]


def test_a_failure_is_the_browsers_words(trainer: Trainer, page: Page) -> None:
    page.says(type="hello", session="one")
    answer = trainer.fit()
    page.says(type="failed", id=1, code="too-few-classes", message="Training needs 2 classes.", file=None)
    with pytest.raises(BrowserError, match="needs 2 classes") as caught:
        asyncio.run(await_(answer))
    assert caught.value.code == "too-few-classes"
    stopped = trainer.fit()
    page.says(type="failed", id=2, code="stopped", message="Stopped in the browser.")
    with pytest.raises(StoppedError):
        asyncio.run(await_(stopped))


def test_a_page_that_is_loaded_anew_ends_what_was_waited_for(trainer: Trainer, page: Page) -> None:
    page.says(type="hello", session="one")
    answer = trainer.fit()
    page.says(type="hello", session="two")
    with pytest.raises(NoBrowserError, match="loaded anew"):
        asyncio.run(await_(answer))
    page.says(type="done", id=1, value=None, state=STATE)  # of the old page: nobody waits
    trainer.groups()
    assert page.calls()[-1]["session"] == "two"


def test_nobody_waits_for_ever_for_a_browser(trainer: Trainer, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BROWSER_PATIENCE_SECS", 0.05)
    with pytest.raises(NoBrowserError, match="No browser has opened this trainer"):
        asyncio.run(await_(trainer.fit()))
    assert page.calls() == []


def test_an_interrupted_cell_stops_the_browser(trainer: Trainer, page: Page) -> None:
    page.says(type="hello", session="one")
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(await_(trainer.fit()), 0.05))
    assert page.sent[-1][0] == {"type": "stop", "id": 1}


def test_what_is_not_there_yet_says_how_to_get_it(trainer: Trainer, page: Page) -> None:
    with pytest.raises(NotYetError, match="not been heard of yet"):
        _ = trainer.history
    page.says(type="hello", session="one")
    page.says(type="state", state=STATE)
    with pytest.raises(NotYetError, match="Nothing is trained yet"):
        _ = trainer.metrics
    trainer.fit()
    with pytest.raises(NotYetError, match="await trainer.fit"):
        _ = trainer.confusion


def test_files_are_sent_as_asked_for_and_no_others(page: Page) -> None:
    page.says(type="files", names=["worker/pool.js"])
    message, (data,) = page.sent[-1]
    assert message == {"type": "file", "name": "worker/pool.js"}
    assert data[:2] == b"\x1f\x8b"
    with pytest.raises(KeyError):
        page.says(type="files", names=["../../trainer.py"])


def test_pictures_of_a_folder_have_their_folders_as_classes(tmp_path: Path) -> None:
    for name in ("cat/a.png", "dog/b.JPG", "dog/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert [(path.name, label) for path, label in labelled_paths(tmp_path, None)] == [("a.png", "cat"), ("b.JPG", "dog")]
    assert labelled_paths([tmp_path / "cat/a.png"], "lion")[0][1] == "lion"


def test_pictures_that_are_not_there_or_have_no_class_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="has no pictures in it"):
        labelled_paths(tmp_path, None)
    with pytest.raises(FileNotFoundError, match="is no file"):
        labelled_paths([tmp_path / "none.png"], "cat")
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(ValueError, match="have no class"):
        labelled_paths([tmp_path / "a.png"], None)


def test_an_export_needs_a_folder(trainer: Trainer, page: Page, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder"):
        trainer.export("onnx", tmp_path / "none" / "model.onnx")
    page.says(type="hello", session="one")
    answer = trainer.export("onnx", tmp_path / "model.onnx")
    page.says(b"model", type="part", id=1)
    page.says(type="done", id=1, value=None, state=STATE)
    assert asyncio.run(await_(answer)).read_bytes() == b"model"


async def await_(answer: Any) -> Any:  # noqa: ANN401
    return await answer
