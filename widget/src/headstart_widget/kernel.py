"""Lets the kernel hear the browser while a cell awaits, and the cell draw undisturbed meanwhile.

A kernel takes one message at a time, so what a widget says waits until the cell has ended, and a cell that waits for it would wait
for ever. ipykernel from 7.4 on takes a widget's messages in between by itself; for 6, which Colab and many others have, they are taken
out of its queue here. Elsewhere (no kernel, marimo) there is nothing to be done.

The `comm` package treats each message as a cell of its own: it triggers `post_execute`, at which matplotlib shows and closes all figures.
Those that the cell which awaits is drawing are among them; as JupyterLab has a thread for messages, so are those of any other cell.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

COMM = frozenset({"comm_open", "comm_msg", "comm_close"})


async def hear_browser() -> None:
    """Handle what widgets have said since; all else stays in the queue, in its order."""
    kernel = _kernel()
    queue = getattr(kernel, "msg_queue", None)
    if kernel is None or queue is None:
        return
    waiting = [queue.get_nowait() for _ in range(queue.qsize())]
    others = [item for item in waiting if _message_type(kernel, item) not in COMM]
    for item in others:
        queue.put_nowait(item)
    for item in waiting:
        if not any(item is other for other in others):
            await _handle(kernel, item)


def hear_apart(comm: Any, hear: Callable[[dict[str, Any]], None]) -> None:  # noqa: ANN401
    """Have the messages of a widget handled by `hear` alone, without IPython's `pre_execute` and `post_execute`."""
    try:
        from comm.base_comm import BaseComm  # noqa: PLC0415
    except ImportError:
        return
    if isinstance(comm, BaseComm):
        comm.handle_msg = hear  # type: ignore[assignment, method-assign]


def _kernel() -> Any | None:  # noqa: ANN401  # of ipykernel, which need not be there
    try:
        from ipykernel.kernelbase import Kernel  # noqa: PLC0415
    except ImportError:
        return None
    return Kernel.instance() if Kernel.initialized() else None


def _message_type(kernel: Any, item: tuple[Any, ...]) -> str | None:  # noqa: ANN401
    """Read the header alone: a message that is taken apart twice counts as a replay."""
    try:
        _, frames = kernel.session.feed_identities(item[-1][0], copy=False)
        header = kernel.session.unpack(frames[1].bytes)
    except (AttributeError, IndexError, TypeError, ValueError):
        return None
    return str(header.get("msg_type"))


async def _handle(kernel: Any, item: tuple[Any, ...]) -> None:  # noqa: ANN401
    """Hand a message to its handler, without what would make it the parent of the cell's output."""
    identities, frames = kernel.session.feed_identities(item[-1][0], copy=False)
    message = kernel.session.deserialize(frames, content=True, copy=False)
    handler = kernel.shell_handlers[message["header"]["msg_type"]]
    result = handler(kernel.shell_stream, identities, message)
    if inspect.isawaitable(result):
        await result
