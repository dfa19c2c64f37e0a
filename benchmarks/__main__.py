"""Starts the command line; see `benchmarks.cli`."""

from __future__ import annotations

if __name__ == "__main__":
    # Inside, since worker processes import this module too and should stay small.
    from benchmarks.cli import app

    app()
