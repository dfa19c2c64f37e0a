"""What the tasks that decide something about a whole text, or a pair of texts, share."""

from __future__ import annotations

from typing import ClassVar

from tfsqueeze.data.datasets.text_examples import TextExamples
from tfsqueeze.tasks.encodings import Encodings, encode_texts
from tfsqueeze.tasks.task import Task
from tfsqueeze.utils.errors import UserError


class TextTask(Task):
    """The base of the tasks on texts, or on pairs of texts where the dataset has `text_pairs`.

    Attributes:
        dataset_type: the class of its datasets.
    """

    head = "SequenceClassification"
    dataset_type: ClassVar[type[TextExamples]]

    def check_dataset(self, dataset, classes, pairs):
        if not isinstance(dataset, self.dataset_type):
            raise UserError(
                f"{dataset.name} is a {type(dataset).__name__}, and the model is for {self.name}, "
                f"which is evaluated on a {self.dataset_type.__name__}; load the data for this task"
            )
        require_pairs(dataset, pairs)

    def encode(self, tokenizer, dataset):
        return Encodings(encode_texts(tokenizer, dataset.texts, dataset.text_pairs))


def require_pairs(dataset: TextExamples, pairs: bool) -> None:
    """Checks that a dataset has second texts if its model reads pairs, and has none otherwise.

    Raises:
        UserError: the dataset and the model do not fit.
    """
    if pairs and dataset.text_pairs is None:
        raise UserError(
            f"{dataset.name} has no second texts, and the model is for pairs; name "
            "their column with --text-pair-column"
        )
    if not pairs and dataset.text_pairs is not None:
        raise UserError(
            f"{dataset.name} has pairs of texts, and the model is for single ones; "
            "train one on pairs, or give pairs as --calibration of a checkpoint"
        )
