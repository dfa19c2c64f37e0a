"""A trained run as a model of the Android app."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.conversion.runs import convert_run

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

# An app has models of several runs among its assets.
SHARES_FOLDER = True
_LEAST_LENGTH = 16


def export(run: TrainedRun, folder: Path, max_length: int | None = None) -> dict[str, Any]:
    """Writes the run as one file, `NAME.tflite` by the name of its folder.

    It is of the profile `mobile`, the fastest on a phone's CPU, with all that the app shows inside,
    and has the weights once and a signature for each of up to three lengths, so that what is
    short, as most of what is typed, takes less time.

    max_length: the longest static length in tokens; that of training by default.

    Returns JSON-able facts: `max_lengths`, and what every target has, `summary`, `files`,
    `devices`.
    """
    lengths = lengths_up_to(max_length or run.options.max_length)
    content = convert_run(run, lengths, profile="mobile")
    path = folder / f"{_asset_name(run.folder.name)}.tflite"
    path.write_bytes(content)
    return {
        "target": "android",
        "max_lengths": lengths,
        "summary": {
            "task": run.task.name,
            "profile": "mobile",
            "lengths in tokens": ", ".join(map(str, lengths)),
        },
        "files": [{"name": path.name, "bytes": len(content)}],
        "devices": [],  # A phone's CPU runs all of it.
    }


def lengths_up_to(longest: int) -> list[int]:
    """The lengths, in tokens, that a model has a signature for: the longest, half and a quarter."""
    return [longest, *(part for part in (longest // 2, longest // 4) if part >= _LEAST_LENGTH)]


def _asset_name(name: str) -> str:
    """A name that all of Android's tools take."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "model"
