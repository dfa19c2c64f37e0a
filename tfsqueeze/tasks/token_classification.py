"""A tag for each word, such as those of named entities."""

from __future__ import annotations

from tfsqueeze.evaluation.entities import entity_metrics
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.outputs import WordTag
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.tasks.word_task import WordTask


class TokenClassification(WordTask):
    """Tags the words of sentences with B-, I- and O."""

    name = TaskName.TOKEN_CLASSIFICATION.value
    title = "token classifier"
    head = "TokenClassification"
    outputs = {"logits": WordTag()}
    label_columns = {"logits": "tags"}
    scores = (
        Score("precision", "Precision"),
        Score("recall", "Recall"),
        Score("f1", "F1"),
        Score("word_accuracy", "Word accuracy"),
    )

    @property
    def data(self):
        from tfsqueeze.tasks.token_classification_data import TokenClassificationData

        return TokenClassificationData()

    @property
    def training(self):
        from tfsqueeze.tasks.token_classification_training import TokenClassificationTraining

        return TokenClassificationTraining(self)

    def classes(self, labels, slots):
        return {"logits": list(labels)}

    def metrics(self, dataset, predictions, classes):
        """Returns the metrics of `entity_metrics`."""
        return entity_metrics(dataset.tags, predictions["logits"])
