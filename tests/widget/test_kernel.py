"""ipykernel 6 queues what widgets say while a cell runs. Its queue and session are stood for here; the session is jupyter_client's own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import zmq
from headstart_widget import kernel as module
from jupyter_client.session import Session
from tornado.queues import Queue


class Kernel:
    """As much of ipykernel 6 as is used."""

    shell_stream = None

    def __init__(self) -> None:
        self.session = Session(key=b"key")
        self.msg_queue: Queue[Any] = Queue()  # ipykernel's is tornado's
        self.heard: list[Any] = []
        self.shell_handlers = {"comm_msg": self.comm_msg}

    async def comm_msg(self, _stream: object, _identities: object, message: dict[str, Any]) -> None:
        self.heard.append(message["content"])

    def arrives(self, msg_type: str, **content: object) -> None:
        frames = [zmq.Message(frame) for frame in self.session.serialize(self.session.msg(msg_type, content), ident=b"id")]
        self.msg_queue.put_nowait((0, self.dispatch, (frames,)))

    def dispatch(self) -> None:
        """Stands in the queue, as in ipykernel."""


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    found = Kernel()
    monkeypatch.setattr(module, "_kernel", lambda: found)
    return found


def test_widgets_are_heard_and_cells_stay_in_their_order(kernel: Kernel) -> None:
    kernel.arrives("execute_request", code="1")
    kernel.arrives("comm_msg", data="a")
    kernel.arrives("execute_request", code="2")
    kernel.arrives("comm_msg", data="b")
    kernel.msg_queue.put_nowait((0, kernel.dispatch, ()))  # as ipykernel ends the aborting of cells
    asyncio.run(module.hear_browser())
    assert [content["data"] for content in kernel.heard] == ["a", "b"]
    left = [kernel.msg_queue.get_nowait() for _ in range(kernel.msg_queue.qsize())]
    contents = [
        kernel.session.deserialize(kernel.session.feed_identities(item[-1][0], copy=False)[1], copy=False)["content"] for item in left[:2]
    ]
    assert [content["code"] for content in contents] == ["1", "2"]
    assert left[2][-1] == ()


def test_without_a_kernel_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_kernel", lambda: None)
    asyncio.run(module.hear_browser())
