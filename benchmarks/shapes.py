"""Which shape a student of all-MiniLM-L6-v2 should have: groups, embeddings, layers."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.short_distillations import Progress, ShortDistillations
from tfsqueeze.models.complexity import count_parameters
from tfsqueeze.utils.errors import UserError


def compare_shapes(
    texts: Sequence[str],
    folder: Path,
    *,
    preset: str,
    shapes: Sequence[dict[str, Any]],
    steps: int,
    seed: int = 0,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """Distils students of several shapes for some steps, each from the start by least squares.

    Args:
        texts: as for `compare_initializations`, and so are the other arguments.
        folder: keeps the teacher's outputs.
        preset: gives the fields that the shapes leave out.
        shapes: fields of the configuration by name, for each student.
        steps: training steps of each student.
        seed: of the texts' order and of new weights.
        progress: called with how many students are done, of how many, and what is trained.

    Returns:
        A JSON-able dict: the settings and `shapes`, a row for each with `parameters` and the losses
        of `ShortDistillations.train`.

    Raises:
        UserError: there are too few texts, or a shape does not suit.
    """
    runs = ShortDistillations(texts, folder, steps=steps, seed=seed, progress=progress)
    rows = []
    for index, shape in enumerate(shapes):
        name = ", ".join(f"{field} {value}" for field, value in shape.items()) or preset
        progress(index, len(shapes), name)
        config = runs.config(preset, **shape)
        parameters = sum(count_parameters(config).values())
        losses = runs.train(functools.partial(runs.student, "least_squares", config))
        rows.append({"name": name, "shape": shape, "parameters": parameters, **losses})
    return {**runs.settings, "preset": preset, "shapes": rows}


def parse_shape(text: str) -> dict[str, int]:
    """Returns fields of a configuration, given as `embedding_size=80,intermediate_groups=2`.

    Args:
        text: the fields.

    Raises:
        UserError: the text is something else.
    """
    try:
        pairs = (part.split("=") for part in text.split(","))
        return {name: int(value) for name, value in pairs}
    except ValueError:
        raise UserError(
            f"--shape {text} is not NAME=NUMBER,..., such as embedding_size=80,q_groups=2"
        ) from None
