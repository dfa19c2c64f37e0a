"""Words for the masks of texts, from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from converters.inference.predictor import Predictor, checked_texts
from tfsqueeze.tasks import MASKED_LM
from tfsqueeze.tasks.outputs import softmax
from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX, MASK_TOKEN
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class MaskCandidate:
    """A token of the vocabulary and its probability.

    Args:
        token: the token; `##` begins one that continues a word.
        probability: in 0..1.
    """

    token: str
    probability: float


@dataclass(frozen=True)
class MaskPrediction:
    """The tokens for the masks of a text.

    Args:
        text: the text.
        masks: for each mask the most probable tokens, best first.
        filled: the text with the best token in place of each mask.
    """

    text: str
    masks: list[list[MaskCandidate]]
    filled: str


class MaskedLMPredictor(Predictor):
    """Finds tokens for `[MASK]` in texts.

    Example:
        predictor = MaskedLMPredictor.open("masked.tflite")
        print(predictor.predict(["the cat [MASK] on the mat"])[0].filled)
    """

    task = MASKED_LM
    # Each of a text's masks has as many scores as the vocabulary has tokens.
    _examples_per_batch = 32

    def predict(self, texts: Iterable[str], top_k: int = 5) -> list[MaskPrediction]:
        """Returns the tokens for the masks of any number of texts, in order.

        Each mask of a text is filled independently of the others.

        Args:
            texts: the texts.
            top_k: how many tokens for each mask.

        Raises:
            UserError: `texts` is a single string, or holds something that is not a string; a text
                has no `[MASK]`, or one past `max_length`; or `top_k` is below 1.
        """
        if top_k < 1:
            raise UserError(f"top_k is {top_k}; ask for at least 1 token")
        return [self._fill(text, top_k) for text in checked_texts(texts)]

    def _fill(self, text, top_k):
        inputs, positions = self._tokenizer.encode_masked(text)
        rows = {name: np.repeat(values, len(positions), axis=0) for name, values in inputs.items()}
        rows["masked_positions"] = np.array(positions, np.int32)[:, None]
        length = next(
            length for length in self._by_length if length >= inputs["attention_mask"].sum()
        )
        model = self._by_length[length]
        inputs = {name: values[:, :length] for name, values in self._read(rows)}
        logits = self._invoke(model, inputs)["logits"]
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
