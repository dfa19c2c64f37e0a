"""Opening a packed .tflite file of any task."""

from __future__ import annotations

import importlib

from converters.inference.predictor import Predictor
from converters.tflite.metadata import read_metadata
from converters.tflite.tflite_file import Model
from tfsqueeze.tasks import find_task

# Modules and classes by the task's name.
_PREDICTORS = {
    "text-classification": (
        "converters.inference.text_classification_predictor",
        "TextClassificationPredictor",
    ),
    "token-classification": (
        "converters.inference.token_classification_predictor",
        "TokenClassificationPredictor",
    ),
    "intent-and-slots": (
        "converters.inference.intent_and_slots_predictor",
        "IntentAndSlotsPredictor",
    ),
    "question-answering": (
        "converters.inference.question_answering_predictor",
        "QuestionAnsweringPredictor",
    ),
    "sentence-embeddings": (
        "converters.inference.sentence_embeddings_predictor",
        "SentenceEmbeddingsPredictor",
    ),
    "masked-lm": ("converters.inference.masked_lm_predictor", "MaskedLMPredictor"),
}


def open_predictor(path: Model, runtime: str | None = None, num_threads: int = 1) -> Predictor:
    """Opens a packed .tflite file of any task; see `Predictor.from_file`."""
    module, name = _PREDICTORS[find_task(read_metadata(path).task).name]
    return getattr(importlib.import_module(module), name).from_file(path, runtime, num_threads)
