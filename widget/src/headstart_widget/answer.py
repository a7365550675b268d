"""An answer that the browser has yet to give, and how a cell waits for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Generic, TypeVar

from headstart_widget.kernel import hear_browser

T = TypeVar("T")
POLL_SECS = 0.02


class Answer(Generic[T]):
    """What was asked of the browser. It is under way already; `await` waits for it, `done()` only looks."""

    def __init__(self, what: str, check: Callable[[float], None], stop: Callable[[], None]) -> None:
        """`check` raises where none can come any more, told the seconds of waiting; `stop` tells the browser."""
        self._what = what
        self._check = check
        self._stop = stop
        self._future: Future[T] = Future()

    def __await__(self) -> Generator[object, None, T]:
        """Wait, with the kernel open to what the browser says."""
        return self._wait().__await__()

    def __repr__(self) -> str:
        """Say what it is and how to get at it."""
        return f"<{self._what}: {'done' if self.done() else 'under way'}; `await` gives the result>"

    def done(self) -> bool:
        """Whether there is a result, or a reason why there is none."""
        return self._future.done()

    def result(self) -> T:
        """Give the result; raises as the browser failed, or InvalidStateError where there is none yet."""
        return self._future.result(timeout=0)

    def settle(self, result: T) -> None:
        """Take the result."""
        self._future.set_result(result)

    def fail(self, error: Exception) -> None:
        """Take the reason why there is none."""
        self._future.set_exception(error)

    async def _wait(self) -> T:
        started = time.monotonic()
        try:
            while not self.done():
                await hear_browser()
                self._check(time.monotonic() - started)
                await asyncio.sleep(POLL_SECS)
        except (asyncio.CancelledError, KeyboardInterrupt):
            self._stop()
            raise
        return self._future.result()
