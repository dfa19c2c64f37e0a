"""Suppresses the informational log lines that C++ libraries write to standard error."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import IO

# glog's I lines and the notice before them, TensorFlow Lite's INFO lines, and the converter's list
# of its settings.
_INFORMATIONAL = re.compile(
    rb"I\d{4} |INFO:|WARNING: All log messages before absl::|fully_quantize:"
)
_REDIRECTION = threading.Lock()


@contextlib.contextmanager
def stderr_to(file: IO) -> Iterator[None]:
    """Redirects file descriptor 2 (standard error) to a file, for C++ libraries as well.

    Args:
        file: an open file with a file descriptor.
    """
    with _REDIRECTION:
        sys.stderr.flush()
        saved = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)


@contextlib.contextmanager
def suppress_native_logs() -> Iterator[None]:
    """Drops informational log lines while the context is open, and writes other lines at its end.

    C++ libraries write them to file descriptor 2 itself, so replacing `sys.stderr` does not catch
    them.
    """
    with tempfile.TemporaryFile() as captured:
        try:
            with stderr_to(captured):
                yield
        finally:
            captured.seek(0)
            for line in captured:
                if not _INFORMATIONAL.match(line):
                    os.write(2, line)


def load_tensorflow() -> None:
    """Imports TensorFlow without any log line on standard error."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with suppress_native_logs():
        import tensorflow  # noqa: F401
