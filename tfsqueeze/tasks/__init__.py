"""The tasks that go through the whole pipeline, from data to a .tflite file and its predictions.

Importing this package loads no TensorFlow and no reader of data: a device decodes predictions
with the same code.
"""

from __future__ import annotations

from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.encodings import IGNORE_INDEX, Encodings
from tfsqueeze.tasks.intent_and_slots import IntentAndSlots
from tfsqueeze.tasks.masked_lm import MaskedLM
from tfsqueeze.tasks.multi_label_classification import MultiLabelClassification
from tfsqueeze.tasks.question_answering import QuestionAnswering
from tfsqueeze.tasks.regression import Regression
from tfsqueeze.tasks.sentence_embeddings import SentenceEmbeddings
from tfsqueeze.tasks.task import Task
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.tasks.text_classification import TextClassification
from tfsqueeze.tasks.token_classification import TokenClassification
from tfsqueeze.utils.errors import UserError

TEXT_CLASSIFICATION = TextClassification()
MULTI_LABEL_CLASSIFICATION = MultiLabelClassification()
REGRESSION = Regression()
TOKEN_CLASSIFICATION = TokenClassification()
INTENT_AND_SLOTS = IntentAndSlots()
QUESTION_ANSWERING = QuestionAnswering()
SENTENCE_EMBEDDINGS = SentenceEmbeddings()
MASKED_LM = MaskedLM()
TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        TEXT_CLASSIFICATION,
        MULTI_LABEL_CLASSIFICATION,
        REGRESSION,
        TOKEN_CLASSIFICATION,
        INTENT_AND_SLOTS,
        QUESTION_ANSWERING,
        SENTENCE_EMBEDDINGS,
        MASKED_LM,
    )
}
# The order in which reports show scores; a plot shows the first that its rows have.
_SCORE_ORDER = (
    "frame_accuracy",
    "intent_accuracy",
    "slot_f1",
    "accuracy",
    "micro_f1",
    "macro_f1",
    "mean_average_precision",
    "masked_accuracy",
    "teacher_cosine",
    "pearson",
    "spearman",
    "recall_at_1",
    "recall_at_10",
    "r2",
    "mean_absolute_error",
    "exact_match",
    "f1",
    "precision",
    "recall",
    "word_accuracy",
    "perplexity",
)

__all__ = [
    "IGNORE_INDEX",
    "INTENT_AND_SLOTS",
    "MASKED_LM",
    "MULTI_LABEL_CLASSIFICATION",
    "QUESTION_ANSWERING",
    "REGRESSION",
    "SENTENCE_EMBEDDINGS",
    "TASKS",
    "TEXT_CLASSIFICATION",
    "TOKEN_CLASSIFICATION",
    "Encodings",
    "Task",
    "TaskName",
    "find_task",
    "known_scores",
    "register_task",
    "task_of_problem",
]


def register_task(task: Task) -> None:
    """Adds a task to those that `find_task` finds.

    Raises:
        UserError: there is a task of the same name.
    """
    if task.name in TASKS:
        raise UserError(f"there is a task {task.name} already; give the new one another name")
    TASKS[task.name] = task


def find_task(name: str) -> Task:
    """Returns the task of a name.

    Raises:
        UserError: there is no such task.
    """
    if name not in TASKS:
        raise UserError(f"there is no task {name!r}; there are {', '.join(TASKS)}")
    return TASKS[name]


def task_of_problem(problem_type: ProblemType) -> Task:
    """Returns the task of a head by the `problem_type` of its config.

    Args:
        problem_type: the `problem_type` as the configs have it.

    Example:
        >>> task_of_problem(ProblemType.SINGLE_LABEL_CLASSIFICATION).name
        'text-classification'
    """
    return next(task for task in TASKS.values() if task.problem_type == problem_type)


def known_scores() -> dict[str, Score]:
    """Returns the scores of all tasks by name, in the order in which reports show them."""
    scores = {score.name: score for task in TASKS.values() for score in task.scores}
    ordered = [name for name in _SCORE_ORDER if name in scores]
    return {name: scores[name] for name in dict.fromkeys([*ordered, *scores])}


def score_text(name: str, value: float) -> str:
    """Returns the value of a score or of a Keras metric as tables show it.

    Args:
        name: its name; a metric that is no score of a task is in percent.
        value: its value.

    Example:
        >>> score_text("accuracy", 0.5)
        '50.00 %'
    """
    return known_scores().get(name, Score(name, name)).text(value)
