"""Targets of masked language models."""

from __future__ import annotations

from tfsqueeze.tasks.masked_texts import mask_texts
from tfsqueeze.tasks.plain_text_training import PlainTextTraining


class MaskedLMTraining(PlainTextTraining):
    """Trains models that predict masked words."""

    monitored = ("accuracy",)

    def input_names(self, dataset):
        return ("input_ids", "masked_positions")

    def encode(self, tokenizer, dataset):
        """Returns a row for each text, with all of its masked tokens."""
        return mask_texts(tokenizer, dataset)

    def targets(self, dataset, encodings, classes):
        return {"logits": encodings.masked_ids}
