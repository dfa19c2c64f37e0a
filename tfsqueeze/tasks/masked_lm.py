"""The words behind the masks of a text."""

from __future__ import annotations

import numpy as np

from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.encodings import IGNORE_INDEX, Encodings
from tfsqueeze.tasks.masked_texts import mask_texts
from tfsqueeze.tasks.outputs import MaskedToken
from tfsqueeze.tasks.plain_text_task import PlainTextTask
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.utils.errors import UserError


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
