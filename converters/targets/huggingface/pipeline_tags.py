"""What the hub calls the tasks: the `pipeline_tag` of a model card."""

from __future__ import annotations

from tfsqueeze.tasks import (
    INTENT_AND_SLOTS,
    MASKED_LM,
    MULTI_LABEL_CLASSIFICATION,
    QUESTION_ANSWERING,
    REGRESSION,
    SENTENCE_EMBEDDINGS,
    TEXT_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
)

PIPELINE_TAGS = {
    TEXT_CLASSIFICATION.name: "text-classification",
    MULTI_LABEL_CLASSIFICATION.name: "text-classification",
    REGRESSION.name: "text-classification",
    INTENT_AND_SLOTS.name: "text-classification",
    TOKEN_CLASSIFICATION.name: "token-classification",
    QUESTION_ANSWERING.name: "question-answering",
    MASKED_LM.name: "fill-mask",
    SENTENCE_EMBEDDINGS.name: "sentence-similarity",
}
