"""Texts with some of their words masked."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from tfsqueeze.tasks.encodings import IGNORE_INDEX, Encodings, encode_texts

_MASKED_SHARE = 0.15


def mask_texts(tokenizer: Any, dataset: Any) -> Encodings:
    """Returns a row for each text of a `SentenceDataset`, with all of its masked tokens."""
    tokenizer = tokenizer.to_device()
    inputs = encode_texts(tokenizer, dataset.texts)
    masked = [_choose_positions(ids, tokenizer) for ids in inputs["input_ids"]]
    most = max((len(positions) for positions in masked), default=0)
    masked_positions = np.zeros((len(masked), most), np.int32)
    masked_ids = np.full_like(masked_positions, IGNORE_INDEX)
    for ids, positions, row, hidden in zip(
        inputs["input_ids"], masked, masked_positions, masked_ids, strict=True
    ):
        row[: len(positions)], hidden[: len(positions)] = positions, ids[positions]
        ids[positions] = tokenizer.require_mask_token_id()
    return Encodings({**inputs, "masked_positions": masked_positions}, masked_ids=masked_ids)


def _choose_positions(ids: np.ndarray, tokenizer: Any) -> np.ndarray:
    """Returns the positions of the tokens of a row that are masked, ascending."""
    positions = np.flatnonzero(~np.isin(ids, tokenizer.special_ids))
    if not len(positions):
        return positions
    # A token that continues a word has the number of the word that it continues.
    words = np.cumsum(~tokenizer.is_continuation[ids[positions]])
    words -= words[0]
    draw = np.random.default_rng(zlib.crc32(ids.tobytes()))
    chosen = draw.random(words[-1] + 1) < _MASKED_SHARE
    if not chosen.any():
        chosen[draw.integers(len(chosen))] = True
    return positions[chosen[words]]
