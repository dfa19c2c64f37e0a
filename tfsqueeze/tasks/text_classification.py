"""One label for a text, or for a pair of texts."""

from __future__ import annotations

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.evaluation.classification import label_metrics
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.encodings import Encodings, encode_texts
from tfsqueeze.tasks.outputs import TextLabel
from tfsqueeze.tasks.task import Task
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.utils.errors import UserError


class TextClassification(Task):
    """Classifies texts, or pairs of texts where the dataset has `text_pairs`."""

    name = TaskName.TEXT_CLASSIFICATION.value
    title = "text classifier"
    head = "SequenceClassification"
    outputs = {"logits": TextLabel()}
    scores = (Score("accuracy", "Accuracy"), Score("macro_f1", "Macro F1"))
    label_output = "logits"
    label_columns = {"logits": "labels"}

    @property
    def data(self):
        from tfsqueeze.tasks.text_classification_data import TextClassificationData

        return TextClassificationData()

    @property
    def training(self):
        from tfsqueeze.tasks.text_classification_training import TextClassificationTraining

        return TextClassificationTraining(self)

    def classes(self, labels, slots):
        return {"logits": list(labels)}

    def check_dataset(self, dataset, classes, pairs):
        if not isinstance(dataset, TextDataset):
            raise UserError(f"{dataset.name} has words with tags; the model is for {self.name}")
        require_pairs(dataset, pairs)
        dataset.label_ids(classes["logits"])

    def encode(self, tokenizer, dataset):
        return Encodings(encode_texts(tokenizer, dataset.texts, dataset.text_pairs))

    def metrics(self, dataset, predictions, classes):
        """Returns the metrics of `classification_metrics`."""
        return label_metrics(dataset, predictions["logits"], classes["logits"])


def require_pairs(dataset: TextDataset, pairs: bool) -> None:
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
            "train one on pairs"
        )
