"""The command line: `python -m benchmarks`."""

from __future__ import annotations

from benchmarks.cli.main import app

__all__ = ["app"]
