"""What can go wrong, in words for the person at the notebook."""

from __future__ import annotations


class BrowserError(RuntimeError):
    """The trainer in the browser refused or failed; `code` for programs, `file` where one is to blame."""

    def __init__(self, message: str, code: str = "failed", file: str | None = None) -> None:
        """Take the message as the browser wrote it."""
        super().__init__(message)
        self.code = code
        self.file = file


class StoppedError(BrowserError):
    """Somebody pressed Stop, or the cell was interrupted."""


class NoBrowserError(RuntimeError):
    """No page shows the trainer, or it was loaded anew."""


class NotYetError(RuntimeError):
    """Asked for before there is any."""
