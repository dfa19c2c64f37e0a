"""Keeps what C++ libraries say of themselves off standard error."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import IO

# glog's I lines and the notice before them, TensorFlow Lite's INFO lines, and the converter's
# account of its settings.
_CHATTER = re.compile(rb"I\d{4} |INFO:|WARNING: All log messages before absl::|fully_quantize:")
_REDIRECTION = threading.Lock()


@contextlib.contextmanager
def stderr_to(file: IO) -> Iterator[None]:
    """Sends what is written to file descriptor 2 meanwhile, by C++ too, to an open file."""
    with _REDIRECTION:
        sys.stderr.flush()
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@contextlib.contextmanager
def suppress_native_logs() -> Iterator[None]:
    """Drops informational lines that are written meanwhile; other lines come at the end.

    They are written by C++ to file descriptor 2, so only redirecting that reaches them.
    """
    with tempfile.TemporaryFile() as captured:
        try:
            with stderr_to(captured):
                yield
        finally:
            captured.seek(0)
            for line in captured:
                if not _CHATTER.match(line):
                    os.write(2, line)


def load_tensorflow() -> None:
    """Imports TensorFlow without a line on standard error."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with suppress_native_logs():
        import tensorflow  # noqa: F401
