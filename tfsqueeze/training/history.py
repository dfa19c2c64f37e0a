"""The epoch history of a training stage, as its folder holds it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

HISTORY_FILE = "history.csv"
START_FILE = "start.json"


def read_history(folder: Path) -> list[dict[str, float]]:
    """Returns the rows that a stage has logged, as `fit_resumable` returns them.

    Args:
        folder: the folder of the stage; a stage that has not begun has no rows.
    """
    start, history = folder / START_FILE, folder / HISTORY_FILE
    rows = [json.loads(start.read_text("utf-8"))] if start.exists() else []
    if history.exists():
        with history.open(newline="", encoding="utf-8") as lines:
            for logged in csv.DictReader(lines):
                # Keras also logs columns of validation where there is none.
                row = {name: float(value) for name, value in logged.items() if value != "NA"}
                rows.append({**row, "epoch": int(row["epoch"]) + 1})
    # An epoch that was interrupted after its log and before its backup is run and logged again.
    return list({row["epoch"]: row for row in rows}.values())
