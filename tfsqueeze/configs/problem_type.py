"""What the head of a classifier of texts decides, in Hugging Face's words."""

from __future__ import annotations

import enum


class ProblemType(str, enum.Enum):
    """The values of `problem_type` in Hugging Face's config.json."""

    REGRESSION = "regression"
    SINGLE_LABEL_CLASSIFICATION = "single_label_classification"
    MULTI_LABEL_CLASSIFICATION = "multi_label_classification"
