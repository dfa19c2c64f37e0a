"""What a student of all-MiniLM-L6-v2 should start from: its own weights, and by which method."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.short_distillations import METHODS, Progress, ShortDistillations


def compare_initializations(
    texts: Sequence[str],
    folder: Path,
    *,
    preset: str,
    steps: int,
    seed: int = 0,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """Distils a student for some steps from each start, on the same batches.

    Args:
        texts: what `tfsqueeze.data.sources.text_files.text_files` takes.
        folder: keeps the teacher's outputs.
        preset: a preset of the teacher's width with narrower embeddings, attention in every layer.
        steps: training steps from each start.
        seed: of the texts' order and of new weights.
        progress: called with how many steps are done, of how many, and what is trained.

    Returns:
        A JSON-able dict: the settings and `initializations`, a row for each of `METHODS`, with the
        losses of `ShortDistillations.train`.

    Raises:
        UserError: there are too few texts, or the preset does not suit.
    """
    runs = ShortDistillations(texts, folder, steps=steps, seed=seed, progress=progress)
    rows = []
    for index, (method, name) in enumerate(METHODS.items()):
        progress(index, len(METHODS), name)
        config = runs.config(preset)
        rows.append(
            {
                "method": method,
                "name": name,
                **runs.train(functools.partial(runs.student, method, config)),
            }
        )
    return {**runs.settings, "preset": preset, "initializations": rows}
