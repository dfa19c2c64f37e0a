"""What the predictors of whole texts, or of pairs of texts, share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from converters.inference.predictor import TEXTS_PER_BATCH, Predictor, checked_texts
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.tasks.text_task import require_pairs
from tfsqueeze.utils.errors import UserError


class TextPredictor(Predictor):
    """The base of the predictors whose models read texts, or pairs of texts, as a whole."""

    def _run_texts(
        self, texts: Iterable[str], text_pairs: Iterable[str] | None
    ) -> Iterator[tuple[TextDataset, np.ndarray]]:
        """Yields texts and their dequantized logits, float [texts, channels], batch by batch.

        Args:
            texts: the texts.
            text_pairs: the second texts of a model for pairs, as many as `texts`.

        Raises:
            UserError: `texts` is a single string, or holds something that is not a string; or
                the model is for pairs and there are none, or the other way round.
        """
        texts = checked_texts(texts)
        pairs = None if text_pairs is None else checked_texts(text_pairs)
        if self.metadata.pairs and pairs is None:
            raise UserError("the model is for pairs of texts; give a second text for each")
        if pairs is not None and not self.metadata.pairs:
            raise UserError("the model is for single texts; give no second ones")
        dataset = TextDataset("texts", texts, text_pairs=pairs)
        for start in range(0, len(texts), TEXTS_PER_BATCH):
            part = dataset.take(range(start, min(start + TEXTS_PER_BATCH, len(texts))))
            _, logits = self._run(part)
            yield part, logits["logits"]

    def _unlabelled(self, texts):
        require_pairs(texts, self.metadata.pairs)
        return texts
