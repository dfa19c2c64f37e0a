"""The tasks that go through the whole pipeline, from data to a .tflite file and its predictions.

Nothing here loads TensorFlow: a device decodes predictions by the same code.
"""

from __future__ import annotations

from tfsqueeze.tasks.intent_and_slots import IntentAndSlots
from tfsqueeze.tasks.masked_lm import MaskedLM
from tfsqueeze.tasks.question_answering import QuestionAnswering
from tfsqueeze.tasks.sentence_embeddings import SentenceEmbeddings
from tfsqueeze.tasks.task import IGNORED, Encodings, Task
from tfsqueeze.tasks.text_classification import TextClassification
from tfsqueeze.tasks.token_classification import TokenClassification
from tfsqueeze.utils.errors import UserError

TEXT_CLASSIFICATION = TextClassification()
TOKEN_CLASSIFICATION = TokenClassification()
INTENT_AND_SLOTS = IntentAndSlots()
QUESTION_ANSWERING = QuestionAnswering()
SENTENCE_EMBEDDINGS = SentenceEmbeddings()
MASKED_LM = MaskedLM()
TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        TEXT_CLASSIFICATION,
        TOKEN_CLASSIFICATION,
        INTENT_AND_SLOTS,
        QUESTION_ANSWERING,
        SENTENCE_EMBEDDINGS,
        MASKED_LM,
    )
}

__all__ = [
    "IGNORED",
    "INTENT_AND_SLOTS",
    "MASKED_LM",
    "QUESTION_ANSWERING",
    "SENTENCE_EMBEDDINGS",
    "TASKS",
    "TEXT_CLASSIFICATION",
    "TOKEN_CLASSIFICATION",
    "Encodings",
    "Task",
    "find_task",
]


def find_task(name: str) -> Task:
    """The task of a name. Raises UserError for a name that is none."""
    if name not in TASKS:
        raise UserError(f"there is no task {name!r}; there are {', '.join(TASKS)}")
    return TASKS[name]
