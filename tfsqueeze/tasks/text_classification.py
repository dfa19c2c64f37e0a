"""One label for a text, or for a pair of texts."""

from __future__ import annotations

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.sources.evaluation_set import load_evaluation_set
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks.task import Encodings, Task, label_metrics, require_kind, tokenized_texts
from tfsqueeze.utils.errors import UserError


class TextClassification(Task):
    """Classifies texts; pairs of texts where the dataset has `text_pairs`."""

    name = "text-classification"
    title = "text classifier"
    head = "SequenceClassification"
    outputs = {"logits": "text"}
    monitored = ("accuracy",)
    scores = ("accuracy", "macro_f1")

    def load_splits(self, name_or_path, *, seed=0, **columns):
        return load_dataset(name_or_path, seed=seed, **columns)

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        return load_evaluation_set(name_or_path, seed=seed, **columns)

    def input_names(self, dataset):
        types = ("token_type_ids",) if dataset.text_pairs is not None else ()
        return ("input_ids", *types)

    def configure(self, config, splits):
        require_kind(splits, TextDataset, self)
        return config.with_labels(splits.label_names)

    def classes(self, labels, slots):
        return {"logits": list(labels)}

    def texts(self, dataset):
        return [*dataset.texts, *(dataset.text_pairs or ())]

    def rows(self, tokenizer, dataset):
        return Encodings(tokenized_texts(tokenizer, dataset.texts, dataset.text_pairs))

    def targets(self, dataset, rows, classes):
        return {"logits": dataset.label_ids(classes["logits"])}

    def metrics(self, dataset, predictions, classes):
        return label_metrics(dataset, predictions["logits"], classes["logits"])


def require_pairs(dataset: TextDataset, pairs: bool) -> None:
    """Raises UserError where a dataset has second texts and its model reads none, or the other
    way round."""
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
