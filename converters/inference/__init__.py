"""Predictions from one packed .tflite file, with a predictor for each task.

Names are imported on first use, so that a predictor does not load the others.

Example:
    >>> from converters.inference import TextClassificationPredictor
    >>> classifier = TextClassificationPredictor.open("r8.tflite")  # doctest: +SKIP
    >>> classifier.predict(["profits rose"])[0].label  # doctest: +SKIP
    'earn'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfsqueeze.utils.lazy_imports import lazy_names

# The module of each public name.
_MODULES = {
    "IntentAndSlotsPredictor": "converters.inference.intent_and_slots_predictor",
    "MaskedLMPredictor": "converters.inference.masked_lm_predictor",
    "MultiLabelClassificationPredictor": (
        "converters.inference.multi_label_classification_predictor"
    ),
    "Predictor": "converters.inference.predictor",
    "QuestionAnsweringPredictor": "converters.inference.question_answering_predictor",
    "RegressionPredictor": "converters.inference.regression_predictor",
    "SentenceEmbeddingsPredictor": "converters.inference.sentence_embeddings_predictor",
    "TextClassificationPredictor": "converters.inference.text_classification_predictor",
    "TokenClassificationPredictor": "converters.inference.token_classification_predictor",
}

# Type checkers read the imports. At run time a name is imported on first use.
if TYPE_CHECKING:
    from converters.inference.intent_and_slots_predictor import (
        IntentAndSlotsPredictor as IntentAndSlotsPredictor,
    )
    from converters.inference.masked_lm_predictor import MaskedLMPredictor as MaskedLMPredictor
    from converters.inference.multi_label_classification_predictor import (
        MultiLabelClassificationPredictor as MultiLabelClassificationPredictor,
    )
    from converters.inference.predictor import Predictor as Predictor
    from converters.inference.question_answering_predictor import (
        QuestionAnsweringPredictor as QuestionAnsweringPredictor,
    )
    from converters.inference.regression_predictor import (
        RegressionPredictor as RegressionPredictor,
    )
    from converters.inference.sentence_embeddings_predictor import (
        SentenceEmbeddingsPredictor as SentenceEmbeddingsPredictor,
    )
    from converters.inference.text_classification_predictor import (
        TextClassificationPredictor as TextClassificationPredictor,
    )
    from converters.inference.token_classification_predictor import (
        TokenClassificationPredictor as TokenClassificationPredictor,
    )
else:
    __all__ = sorted(_MODULES)
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
