"""Which texts of a dataset noises and attacks change."""

from __future__ import annotations

from typing import Any, Literal

from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.utils.errors import UserError

# Which texts of a pair.
ChangedTexts = Literal["first", "second", "both"]
SENTENCES = "sentences"
_COLUMNS: dict[ChangedTexts, tuple[str, ...]] = {
    "first": ("texts",),
    "second": ("text_pairs",),
    "both": ("texts", "text_pairs"),
}


def changed_columns(dataset: Any, changed_texts: ChangedTexts = "both") -> tuple[str, ...]:
    """Returns the columns of a dataset that noises and attacks change.

    They are the words of tagged sentences, the questions about contexts, so that each answer stays
    where it is in its context, and the texts or pairs of other datasets.

    Args:
        dataset: a dataset of any task.
        changed_texts: the texts of each pair that change.

    Raises:
        UserError: one text of a pair is asked for, and the examples are not pairs of texts.

    Example:
        >>> from tfsqueeze.data.datasets.text_dataset import TextDataset
        >>> changed_columns(TextDataset("pairs", ["a"], text_pairs=["b"]), "second")
        ('text_pairs',)
    """
    if getattr(dataset, "text_pairs", None) is not None:
        return _COLUMNS[changed_texts]
    if changed_texts != "both":
        raise UserError(
            f"{dataset.name} has no pairs of texts of which the {changed_texts} one could change; "
            "leave --changed-texts out"
        )
    if isinstance(dataset, TokenDataset):
        return (SENTENCES,)
    return ("questions",) if isinstance(dataset, QuestionDataset) else ("texts",)


def shown_texts(dataset: Any, columns: tuple[str, ...]) -> list[str]:
    """Returns what changes of each example, as one text for a report.

    Args:
        dataset: a dataset of any task.
        columns: what `changed_columns` returned for it.

    Example:
        >>> from tfsqueeze.data.datasets.text_dataset import TextDataset
        >>> pairs = TextDataset("pairs", ["a cat"], text_pairs=["a dog"])
        >>> shown_texts(pairs, ("texts", "text_pairs"))
        ['a cat | a dog']
    """
    if columns == (SENTENCES,):
        return [" ".join(words) for words in dataset.sentences]
    return [
        " | ".join(row) for row in zip(*(getattr(dataset, name) for name in columns), strict=True)
    ]
