"""The epoch history of a training stage, as its folder holds it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

_FILE = "history.csv"


def read_history(folder: Path) -> list[dict[str, float]]:
    """Returns the rows that `write_history` wrote.

    Args:
        folder: the folder of the stage; a stage that has not begun has no rows.

    Raises:
        UserError: the file holds something else.
    """
    path = folder / _FILE
    if not path.exists():
        return []
    try:
        lines = list(csv.DictReader(path.read_text("utf-8").splitlines(), strict=True))
        rows = [{name: float(value) for name, value in row.items() if value} for row in lines]
        return [{**row, "epoch": int(row["epoch"])} for row in rows]
    # What Python raises depends on where the file is damaged.
    except (ValueError, TypeError, KeyError, OverflowError, csv.Error) as error:
        raise UserError(
            f"{path} is no table of numbers with a column `epoch` ({type(error).__name__}); remove "
            "the run and train it again"
        ) from None


def write_history(folder: Path, rows: Sequence[dict[str, float]]) -> None:
    """Writes the rows of a stage to its folder.

    Args:
        folder: the folder of the stage.
        rows: a row for each epoch: `epoch`, and values by name. A row may lack values.
    """
    names = sorted({name for row in rows for name in row} - {"epoch"})
    with (
        write_atomically(folder / _FILE) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, ["epoch", *names])
        writer.writeheader()
        writer.writerows(rows)
