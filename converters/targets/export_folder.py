"""The folder of an export, which replaces an older export and nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

# In each folder that an export made.
MARKER_FILE = ".tfsqueeze-export"


@contextlib.contextmanager
def replace_export(folder: Path) -> Iterator[Path]:
    """Yields an empty folder to export to, which then takes the place of an older export.

    Args:
        folder: the folder of the export.

    Raises:
        UserError: `folder` is a file, or holds files that no export made.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; name a folder to export to")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER_FILE).is_file():
        raise UserError(
            f"{folder} holds files that no export made, and an export would replace them; name "
            "another folder"
        )
    with write_atomically(folder) as temporary:
        temporary.mkdir()
        yield temporary
        (temporary / MARKER_FILE).write_text("An export of tfsqueeze; the next may replace it.\n")
