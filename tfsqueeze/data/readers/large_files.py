"""Which files are read as a stream, since their texts may not fit into memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tfsqueeze.utils.user_files import unpacked_size

# Python's objects take about ten times as much memory.
LARGE_BYTES = 200_000_000


def are_large(files: Sequence[Path]) -> bool:
    """Returns whether files hold more than 200 MB of text together.

    Args:
        files: the files, of which some may be packed.
    """
    return sum(map(unpacked_size, files)) > LARGE_BYTES
