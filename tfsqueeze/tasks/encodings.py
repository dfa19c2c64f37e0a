"""Examples as a model reads them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

# The target of tokens that no loss and no metric counts: Hugging Face's and PyTorch's number.
IGNORE_INDEX = -100
_TEXTS_PER_BATCH = 1024


@dataclasses.dataclass(frozen=True)
class Encodings:
    """Tokenized examples, one row for each text, or several where an example takes several.

    Args:
        inputs: int32 [rows, length] by the input's name.
        word_ids: int32 [rows, length], which word of the example a token is the first of, -1 at
            all other tokens; None where the task is not about words.
        word_counts: int32 [rows], how many words each example has.
        example_ids: int32 [rows], which example each row is of, ascending; None where each
            example has one row.
        offset_mapping: int32 [rows, length, 2], the characters of the context that a token
            stands for, from the first to before the second, -1 at other tokens.
        masked_ids: int32 [rows, masked tokens], the tokens behind the masks of a row,
            `IGNORE_INDEX` after the last.
    """

    inputs: dict[str, np.ndarray]
    # Arrays or None: each task fills in those that its outputs read.
    word_ids: Any = None
    word_counts: Any = None
    example_ids: Any = None
    offset_mapping: Any = None
    masked_ids: Any = None

    def __len__(self) -> int:
        return len(self.inputs["input_ids"])

    def take(self, count: int) -> Encodings:
        """Returns all rows of the first `count` examples."""
        if self.example_ids is not None:
            count = int(np.searchsorted(self.example_ids, count))
        columns = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        columns = {
            name: value[:count]
            for name, value in columns.items()
            if name != "inputs" and value is not None
        }
        return Encodings({name: value[:count] for name, value in self.inputs.items()}, **columns)

    def select(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Returns the inputs of the given names, in their order."""
        return {name: self.inputs[name] for name in names}


def encode_texts(
    tokenizer: Any, texts: Sequence[str], text_pairs: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Tokenizes any number of texts or pairs of texts in batches.

    Args:
        tokenizer: a `WordPieceTokenizer` or a `DeviceTokenizer`.
        texts: the texts.
        text_pairs: the second text of each pair, as many as `texts`.

    Returns:
        The tokenizer's inputs, int32 [texts, length] by name.
    """
    batches = []
    for start in range(0, max(len(texts), 1), _TEXTS_PER_BATCH):
        part = slice(start, start + _TEXTS_PER_BATCH)
        batches.append(tokenizer(texts[part], text_pairs and text_pairs[part]))
    return {
        name: np.concatenate([np.asarray(batch[name]) for batch in batches]) for name in batches[0]
    }
