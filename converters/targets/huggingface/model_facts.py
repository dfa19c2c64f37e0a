"""What a model card says of a model beside figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun


@dataclasses.dataclass(frozen=True)
class ModelFacts:
    """What a model card says of a model beside figures.

    Attributes:
        name: what the model is called.
        run: the run or the checkpoint.
        max_length: how many tokens of a text the .tflite files read.
        is_for_transformers: whether transformers has the architecture and the head.
        fields: fields of the front matter that are known already, such as `license`.
    """

    name: str
    run: TrainedRun
    max_length: int
    is_for_transformers: bool
    fields: Mapping[str, str | list[str]]
