"""Train an image classifier in a notebook cell, in the browser: the pictures stay there, the numbers come to Python."""

from headstart_widget.answer import Answer
from headstart_widget.errors import BrowserError, NoBrowserError, NotYetError, StoppedError
from headstart_widget.tables import CrossValidation, Features, Lab, Picture
from headstart_widget.trainer import Trainer

__all__ = [
    "Answer",
    "BrowserError",
    "CrossValidation",
    "Features",
    "Lab",
    "NoBrowserError",
    "NotYetError",
    "Picture",
    "StoppedError",
    "Trainer",
]
