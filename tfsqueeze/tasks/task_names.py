"""The names of the tasks, registered once."""

from __future__ import annotations

import enum


class TaskName(str, enum.Enum):
    """The names of the tasks, as `--task`, run.json and the metadata of files have them."""

    TEXT_CLASSIFICATION = "text-classification"
    MULTI_LABEL_CLASSIFICATION = "multi-label-classification"
    REGRESSION = "regression"
    TOKEN_CLASSIFICATION = "token-classification"
    INTENT_AND_SLOTS = "intent-and-slots"
    QUESTION_ANSWERING = "question-answering"
    SENTENCE_EMBEDDINGS = "sentence-embeddings"
    MASKED_LM = "masked-lm"
