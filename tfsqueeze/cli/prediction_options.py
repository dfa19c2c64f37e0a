"""Options of predictions, which `predict` and `predict-files` take."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tfsqueeze.tasks import MASKED_LM, QUESTION_ANSWERING, Task

TopK = Annotated[
    int, typer.Option(min=1, help="Number of candidates to show for an answer or a [MASK].")
]
MaxAnswerTokens = Annotated[int, typer.Option(min=1, help="Maximum number of tokens of an answer.")]
DocStride = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Number of tokens between the starts of the windows that a long context is read in. "
        "By default half a window.",
    ),
]
NoAnswerThreshold = Annotated[
    float | None,
    typer.Option(
        help="Give no answer if the logits of no answer exceed those of the best answer by more "
        "than this. By default what training chose on validation if there were questions without "
        "answers."
    ),
]


def prediction_options(
    task: Task,
    top_k: int,
    max_answer_tokens: int,
    doc_stride: int | None,
    no_answer_threshold: float | None,
) -> dict[str, Any]:
    """Returns the options of a predictor's `predict`; none for most tasks.

    Args:
        task: the predictor's task.
        top_k: the number of candidates.
        max_answer_tokens: the most tokens of an answer.
        doc_stride: tokens between windows of a context; None for half a window.
        no_answer_threshold: see `QuestionAnsweringPredictor.predict`.
    """
    if task.name == MASKED_LM.name:
        return {"top_k": top_k}
    if task.name == QUESTION_ANSWERING.name:
        return {
            # Of more candidates than are shown, since probabilities are shares among them.
            "n_best": max(20, top_k),
            "max_answer_tokens": max_answer_tokens,
            "doc_stride": doc_stride,
            "no_answer_threshold": no_answer_threshold,
        }
    return {}
