"""The words of examples that an attack may change."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from tfsqueeze.robustness.changed_columns import SENTENCES
from tfsqueeze.robustness.noisy_datasets import fixed_words
from tfsqueeze.robustness.text_edits import WORD


class ChangeableWords:
    """The words of a dataset's examples, and the examples with other words in their places.

    Args:
        dataset: a dataset of any task.
        columns: what `changed_columns` returned for it.
        keep_spans: whether the words of tagged spans must stay as they are.

    Attributes:
        columns: the columns that change.
        words: the words of each example that may change, in order.

    Example:
        >>> from tfsqueeze.data.datasets.text_dataset import TextDataset
        >>> changeable = ChangeableWords(TextDataset("texts", ["a good, fine one"]), ("texts",))
        >>> changeable.words
        [['a', 'good', 'fine', 'one']]
        >>> changeable.with_words([0], [["a", "bad", "fine", "two"]]).texts
        ['a bad, fine two']
    """

    def __init__(self, dataset: Any, columns: tuple[str, ...], keep_spans: bool = False) -> None:
        self._dataset, self.columns = dataset, columns
        if columns == (SENTENCES,):
            fixed = fixed_words(dataset, keep_spans)
            rows = [
                [_Split(word, stays) for word, stays in zip(words, stay, strict=True)]
                for words, stay in zip(dataset.sentences, fixed, strict=True)
            ]
        else:
            values = (getattr(dataset, column) for column in columns)
            rows = [[_Split(text) for text in row] for row in zip(*values, strict=True)]
        self._rows = rows
        self.words = [[word for split in row for word in split.words] for row in rows]

    def __len__(self) -> int:
        return len(self.words)

    def with_words(self, indices: Sequence[int], words: Sequence[Sequence[str]]) -> Any:
        """Returns some of the examples with other words, and with their labels.

        Args:
            indices: indices of examples, from 0; one may be there several times.
            words: the words of each, as many as `words` has for it. An empty one is deleted.
        """
        dataset = self._dataset.take(indices)
        rows = [self._join(index, row) for index, row in zip(indices, words, strict=True)]
        if self.columns == (SENTENCES,):
            return dataclasses.replace(dataset, sentences=rows)
        columns = zip(*rows, strict=True)
        return dataclasses.replace(
            dataset,
            **{name: list(values) for name, values in zip(self.columns, columns, strict=True)},
        )

    def _join(self, index: int, words: Sequence[str]) -> list[str]:
        strings, start = [], 0
        for split in self._rows[index]:
            end = start + len(split.words)
            strings.append(split.join(words[start:end]))
            start = end
        return strings


class _Split:
    """A string as words and the gaps before, between and after them."""

    def __init__(self, text: str, is_fixed: bool = False) -> None:
        matches = [] if is_fixed else list(WORD.finditer(text))
        self.words = [match[0] for match in matches]
        ends = [0, *(match.end() for match in matches)]
        starts = [*(match.start() for match in matches), len(text)]
        self._gaps = [text[end:start] for end, start in zip(ends, starts, strict=True)]

    def join(self, words: Sequence[str]) -> str:
        return "".join(gap + word for gap, word in zip(self._gaps, [*words, ""], strict=True))
