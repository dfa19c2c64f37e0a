"""Exports a trained run as a model of the Android app."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from converters.conversion.runs import convert_run
from converters.targets.search_index_file import write_search_index
from converters.targets.signature_lengths import signature_lengths
from converters.targets.target import ExportedFile, ExportOptions, ExportResult, Target
from tfsqueeze.tasks import MASKED_LM, TASKS

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun


class AndroidTarget(Target):
    """Exports one file for the app in `android_demo`, NAME.tflite by the name of the run's folder.

    The file has the profile `mobile`, the fastest on the CPU of a phone, and holds all that the
    app shows. It has its weights once and a signature for each of up to three lengths, because a
    short input, which most are, takes less time at a short length. Texts to search are in a second
    file, NAME.safetensors.
    """

    name = "android"
    title = "Android"
    supported_tasks = frozenset(TASKS) - {MASKED_LM.name}
    supports_pairs = True
    searches_texts = True
    # The assets of an app hold the models of several runs.
    shares_folder = True

    def _export(self, run: TrainedRun, folder: Path, options: ExportOptions) -> ExportResult:
        lengths = signature_lengths(options.max_length)
        path = folder / f"{_asset_name(run.folder.name)}.tflite"
        path.write_bytes(convert_run(run, lengths, profile="mobile"))
        files = [path]
        if options.search_texts:
            files.append(write_search_index(path, options.search_texts))
        return ExportResult(
            target=self.name,
            summary={
                "task": run.task.name,
                "profile": "mobile",
                "lengths in tokens": ", ".join(map(str, lengths)),
            },
            files=tuple(ExportedFile.from_path(file, folder) for file in files),
            details={"max_lengths": lengths},
        )


def _asset_name(name: str) -> str:
    """Replaces the characters that Android's tools do not take in a file name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "model"
