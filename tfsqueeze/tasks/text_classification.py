"""One label for a text, or for a pair of texts."""

from __future__ import annotations

from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.data.datasets.label_names import check_known_names
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.evaluation.classification import label_metrics
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.outputs import TextLabel
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.tasks.text_task import TextTask


class TextClassification(TextTask):
    """Classifies texts, or pairs of texts where the dataset has `text_pairs`."""

    name = TaskName.TEXT_CLASSIFICATION.value
    title = "text classifier"
    dataset_type = TextDataset
    problem_type = ProblemType.SINGLE_LABEL_CLASSIFICATION
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
        super().check_dataset(dataset, classes, pairs)
        check_known_names(
            dataset, "labels", dataset.label_names(), classes["logits"], of_model=True
        )

    def metrics(self, dataset, predictions, classes):
        """Returns the metrics of `classification_metrics`."""
        return label_metrics(dataset, predictions["logits"], classes["logits"])
