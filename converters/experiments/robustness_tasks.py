"""What is measured of the robustness of each task."""

from __future__ import annotations

import dataclasses

from tfsqueeze.robustness.measurement import ExampleKind
from tfsqueeze.tasks import Task, TaskName
from tfsqueeze.utils.errors import UserError


@dataclasses.dataclass(frozen=True)
class RobustnessTask:
    """What is measured of a task.

    Args:
        kind: what reports call an example.
        scores: the names of the scores among `Task.scores`, the main one first.
    """

    kind: ExampleKind
    scores: tuple[str, ...]


_TASKS = {
    TaskName.TEXT_CLASSIFICATION.value: RobustnessTask(ExampleKind(), ("accuracy",)),
    TaskName.MULTI_LABEL_CLASSIFICATION.value: RobustnessTask(
        ExampleKind(right="Exact match", definition="its labels are exactly the true ones"),
        ("micro_f1", "macro_f1", "exact_match"),
    ),
    TaskName.REGRESSION.value: RobustnessTask(ExampleKind(), ("spearman", "pearson")),
    TaskName.TOKEN_CLASSIFICATION.value: RobustnessTask(
        ExampleKind(
            "sentence",
            "Sentences right",
            "its spans are exactly the true ones, with their types",
        ),
        ("f1",),
    ),
    TaskName.INTENT_AND_SLOTS.value: RobustnessTask(
        ExampleKind("command", "Frame accuracy", "its intent and all of its slots are"),
        ("frame_accuracy", "intent_accuracy", "slot_f1"),
    ),
    TaskName.QUESTION_ANSWERING.value: RobustnessTask(
        ExampleKind(
            "question",
            "Exact match",
            "its answer is a true one, whatever its case, articles and punctuation",
        ),
        ("f1", "exact_match"),
    ),
    # The data decide which of them there is.
    TaskName.SENTENCE_EMBEDDINGS.value: RobustnessTask(
        ExampleKind(), ("spearman", "recall_at_1", "recall_at_10", "teacher_cosine")
    ),
}


def find_robustness_task(task: Task, reads_pairs: bool) -> RobustnessTask:
    """Returns what is measured of a task.

    Args:
        task: the task.
        reads_pairs: whether its models read pairs of texts.

    Raises:
        UserError: the robustness of the task is not measured.
    """
    if task.name not in _TASKS:
        reason = (
            "noise would change the very words that it is asked for"
            if task.name == TaskName.MASKED_LM.value
            else "it is not known what noise does to its labels"
        )
        raise UserError(
            f"the robustness of {task.name} is not measured, since {reason}; the tasks that are "
            f"measured are {', '.join(_TASKS)}"
        )
    measured = _TASKS[task.name]
    # A question with its context is a pair, too.
    if not reads_pairs or measured.kind.noun != "text":
        return measured
    return dataclasses.replace(measured, kind=dataclasses.replace(measured.kind, noun="pair"))
