"""The words behind the masks of a text."""

from __future__ import annotations

import zlib

import numpy as np

from tfsqueeze.tasks.plain_text_task import PlainTextTask
from tfsqueeze.tasks.task import IGNORED, Encodings, tokenized_texts
from tfsqueeze.utils.errors import UserError

_MASKED_SHARE = 0.15


class MaskedLM(PlainTextTask):
    """Predicts masked words; the data are plain texts.

    Of the words of a text 15 % are hidden, at least one, all pieces of each by [MASK]; the same
    ones whenever the text is seen. What is past the end of a row is cut off.
    """

    name = "masked-lm"
    title = "masked language model"
    head = "MaskedLM"
    outputs = {"logits": "token"}
    monitored = ("accuracy",)
    scores = ("masked_accuracy", "perplexity")
    # Each has as many scores as the vocabulary has tokens.
    verified_examples = 50

    def input_names(self, dataset):
        return ("input_ids", "masked_positions")

    def training_rows(self, tokenizer, dataset):
        """A row for each text, with all of its masked tokens."""
        tokenizer = tokenizer.to_device()
        inputs = tokenized_texts(tokenizer, dataset.texts)
        masked = [_choose(ids, tokenizer) for ids in inputs["input_ids"]]
        most = max((len(places) for places in masked), default=0)
        positions = np.zeros((len(masked), most), np.int32)
        masked_ids = np.full_like(positions, IGNORED)
        for ids, places, row, hidden in zip(
            inputs["input_ids"], masked, positions, masked_ids, strict=True
        ):
            row[: len(places)], hidden[: len(places)] = places, ids[places]
            ids[places] = tokenizer.mask_token_id
        return Encodings({**inputs, "masked_positions": positions}, masked_ids=masked_ids)

    def rows(self, tokenizer, dataset):
        """A row for each masked token, as a device is asked about them."""
        together = self.training_rows(tokenizer, dataset)
        texts, places = np.nonzero(together.masked_ids != IGNORED)
        inputs = {name: values[texts] for name, values in together.inputs.items()}
        inputs["masked_positions"] = inputs["masked_positions"][np.arange(len(texts)), places, None]
        return Encodings(
            inputs,
            examples=texts.astype(np.int32),
            masked_ids=together.masked_ids[texts, places, None],
        )

    def targets(self, dataset, rows, classes):
        """The hidden tokens: int32 [rows, tokens], `IGNORED` where there are no more."""
        return {"logits": rows.masked_ids}

    def counted(self, outputs, rows):
        return {"logits": outputs["logits"][rows.masked_ids != IGNORED]}

    def predictions(self, outputs, rows, classes):
        """For each masked token whether the most probable one is the right one, and the
        logarithm of the right one's probability."""
        logits = self.counted(outputs, rows)["logits"]
        true = rows.masked_ids[rows.masked_ids != IGNORED]
        highest = logits.max(axis=-1)
        normalizers = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=-1))
        return {
            "right": list(logits.argmax(axis=-1) == true),
            "log_likelihoods": list(logits[np.arange(len(true)), true] - normalizers),
        }

    def metrics(self, dataset, predictions, classes):
        """`tokens`, how many were masked; `masked_accuracy`, the share that was found, in 0..1; and
        `perplexity`, the exponential of the mean negative log-likelihood."""
        if not predictions["right"]:
            raise UserError(f"{dataset.name} has no words to mask")
        return {
            "tokens": len(predictions["right"]),
            "masked_accuracy": float(np.mean(predictions["right"])),
            "perplexity": float(np.exp(-np.mean(predictions["log_likelihoods"]))),
        }


def _choose(ids: np.ndarray, tokenizer) -> np.ndarray:
    """The places of the tokens of a row that are hidden, ascending."""
    places = np.flatnonzero(~np.isin(ids, tokenizer.special_ids))
    if not len(places):
        return places
    # Numbers of words: a piece that goes on has that of the piece before.
    words = np.cumsum(~tokenizer.is_continuation[ids[places]])
    words -= words[0]
    draw = np.random.default_rng(zlib.crc32(ids.tobytes()))
    chosen = draw.random(words[-1] + 1) < _MASKED_SHARE
    if not chosen.any():
        chosen[draw.integers(len(chosen))] = True
    return places[chosen[words]]
