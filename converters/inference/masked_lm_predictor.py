"""Words for the masks of texts, from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from converters.inference.predictor import Predictor, checked_texts, softmax
from tfsqueeze.tasks import MASKED_LM
from tfsqueeze.tasks.plain_text_task import require_plain_texts
from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX, MASK_TOKEN
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class MaskCandidate:
    """A token of the vocabulary and its probability; `##` begins one that goes on a word."""

    token: str
    probability: float


@dataclass(frozen=True)
class MaskPrediction:
    """A text, for each of its masks the most probable tokens, best first, and the text with the
    best of each in place of the mask."""

    text: str
    masks: list[list[MaskCandidate]]
    filled: str


class MaskedLMPredictor(Predictor):
    """Finds tokens for `[MASK]` in texts."""

    task = MASKED_LM
    # Each of a text's masks has as many scores as the vocabulary has tokens.
    _evaluated_at_once = 32

    def predict(self, texts: Iterable[str], top_k: int = 5) -> list[MaskPrediction]:
        """The tokens for the masks of any number of texts, in order; several masks of a text are
        filled each without knowing of the others.

        Raises:
            UserError: `texts` is a single string, or holds something that is none; a text has no
                `[MASK]`, or one past `max_length`; or `top_k` is below 1.
        """
        if top_k < 1:
            raise UserError(f"top_k is {top_k}; ask for at least 1 token")
        return [self._fill(text, top_k) for text in checked_texts(texts)]

    def _fill(self, text, top_k):
        inputs, places = self._tokenizer.encode_masked(text)
        rows = {name: np.repeat(values, len(places), axis=0) for name, values in inputs.items()}
        rows["masked_positions"] = np.array(places, np.int32)[:, None]
        length = next(
            length for length in self._by_length if length >= inputs["attention_mask"].sum()
        )
        model = self._by_length[length]
        logits = self._predict(model, {name: rows[name][:, :length] for name in self._input_names})[
            "logits"
        ]
        vocabulary = self.metadata.vocabulary
        masks = []
        for probabilities in softmax(logits[:, 0]):
            best = np.argsort(-probabilities, kind="stable")[:top_k]
            masks.append(
                [MaskCandidate(vocabulary[index], float(probabilities[index])) for index in best]
            )
        filled = text
        for candidates in masks:
            filled = filled.replace(
                MASK_TOKEN, candidates[0].token.removeprefix(CONTINUATION_PREFIX), 1
            )
        return MaskPrediction(text, masks, filled)

    def _output_shape(self, name, kind):
        return 1, len(self.metadata.vocabulary)

    def _check(self, dataset):
        require_plain_texts(dataset, self.task)
