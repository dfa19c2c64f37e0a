"""The base class of the datasets of texts or pairs of texts with labels of some kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tfsqueeze.data.datasets.column_dataset import ColumnDataset
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class TextExamples(ColumnDataset):
    """Texts or pairs of texts, with or without labels; a subclass says what a label is.

    Args:
        name: the name that messages and reports call the dataset by.
        texts: the text of each example, or the first text of each pair.
        labels: the label of each example; None for texts without labels.
        text_pairs: the second text of each pair; None for single texts.
        languages: the language of each example; None if the source does not say it.

    Raises:
        UserError: the columns differ in length.
    """

    texts: Sequence[str]
    labels: Sequence[Any] | None = None
    text_pairs: Sequence[str] | None = None
    languages: Sequence[str] | None = field(default=None, repr=False)

    def _require_labels(self) -> Sequence[Any]:
        if self.labels is None:
            raise UserError(f"{self.name} has no labels; name the column that holds them")
        return self.labels
