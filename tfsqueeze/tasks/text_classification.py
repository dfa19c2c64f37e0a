"""One label for a text, or for a pair of texts."""

from __future__ import annotations

import numpy as np

from tfsqueeze.data.datasets import load_dataset
from tfsqueeze.data.evaluation_set import load_evaluation_set
from tfsqueeze.data.text_dataset import TextDataset
from tfsqueeze.errors import UserError
from tfsqueeze.tasks.base import Rows, Task, label_metrics, require_kind

_TOKENIZE_AT_ONCE = 1024


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
        pieces = []
        for start in range(0, max(len(dataset), 1), _TOKENIZE_AT_ONCE):
            part = slice(start, start + _TOKENIZE_AT_ONCE)
            pairs = dataset.text_pairs and dataset.text_pairs[part]
            pieces.append(tokenizer(dataset.texts[part], pairs))
        return Rows({name: np.concatenate([np.asarray(piece[name]) for piece in pieces])
                     for name in pieces[0]})

    def targets(self, dataset, rows, classes):
        return {"logits": dataset.label_ids(classes["logits"])}

    def metrics(self, dataset, predictions, classes):
        return label_metrics(dataset, predictions["logits"], classes["logits"])


def require_pairs(dataset: TextDataset, pairs: bool) -> None:
    """Raises UserError where a dataset has second texts and its model reads none, or the other
    way round."""
    if pairs and dataset.text_pairs is None:
        raise UserError(f"{dataset.name} has no second texts, and the model is for pairs; name "
                        "their column with --text-pair-column")
    if not pairs and dataset.text_pairs is not None:
        raise UserError(f"{dataset.name} has pairs of texts, and the model is for single ones; "
                        "train one on pairs")
