"""The words behind the masks of a text."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.encodings import IGNORE_INDEX, Encodings, encode_texts
from tfsqueeze.tasks.outputs import MaskedToken
from tfsqueeze.tasks.plain_text_task import PlainTextTask
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.utils.errors import UserError

_MASKED_SHARE = 0.15


class MaskedLM(PlainTextTask):
    """Predicts masked words.

    15 % of the words of a text are masked, at least one, each with all of its tokens. The same
    words are masked whenever the text is seen. Tokens past the end of a row are cut off first.
    """

    name = TaskName.MASKED_LM.value
    title = "masked language model"
    head = "MaskedLM"
    outputs = {"logits": MaskedToken()}
    scores = (
        Score("masked_accuracy", "Masked accuracy"),
        Score("perplexity", "Perplexity", "decimal"),
    )
    # Each example has as many scores as the vocabulary has tokens.
    verified_examples = 50

    @property
    def training(self):
        from tfsqueeze.tasks.masked_lm_training import MaskedLMTraining

        return MaskedLMTraining(self)

    def encode(self, tokenizer, dataset):
        """Returns a row for each masked token, as a device is asked about them."""
        by_text = mask_texts(tokenizer, dataset)
        texts, columns = np.nonzero(by_text.masked_ids != IGNORE_INDEX)
        inputs = {name: values[texts] for name, values in by_text.inputs.items()}
        inputs["masked_positions"] = inputs["masked_positions"][
            np.arange(len(texts)), columns, None
        ]
        return Encodings(
            inputs,
            example_ids=texts.astype(np.int32),
            masked_ids=by_text.masked_ids[texts, columns, None],
        )

    def metrics(self, dataset, predictions, classes):
        """Returns how many of the masked tokens were found.

        Returns:
            `tokens`, how many were masked; `masked_accuracy`, the share that was found, in 0..1;
            and `perplexity`, the exponential of the mean negative log-likelihood.
        """
        results = predictions["logits"]
        if not results:
            raise UserError(f"{dataset.name} has no words to mask")
        return {
            "tokens": len(results),
            "masked_accuracy": float(np.mean([result.is_right for result in results])),
            "perplexity": float(np.exp(-np.mean([result.log_likelihood for result in results]))),
        }


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
