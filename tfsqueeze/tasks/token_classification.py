"""A tag for each word, such as those of named entities."""

from __future__ import annotations

from pathlib import Path

from tfsqueeze.data.conll import load_conll_folder, read_conll
from tfsqueeze.data.token_dataset import TokenDataset
from tfsqueeze.evaluation.tokens import entity_metrics
from tfsqueeze.tasks.base import Task, require_kind, tag_names, word_rows, word_targets


class TokenClassification(Task):
    """Tags the words of sentences with B-, I- and O; the data are CoNLL files."""

    name = "token-classification"
    title = "token classifier"
    head = "TokenClassification"
    outputs = {"logits": "word"}
    monitored = ("f1",)
    scores = ("precision", "recall", "f1", "word_accuracy")

    def load_splits(self, name_or_path, *, seed=0, **columns):
        return load_conll_folder(name_or_path, seed=seed)

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        if Path(name_or_path).is_file():
            return read_conll(name_or_path)
        splits = self.load_splits(name_or_path, seed=seed)
        return splits.test or splits.validation

    def configure(self, config, splits):
        require_kind(splits, TokenDataset, self)
        return config.with_labels(tag_names(splits))

    def classes(self, labels, slots):
        return {"logits": list(labels)}

    def texts(self, dataset):
        return [" ".join(words) for words in dataset.sentences]

    def rows(self, tokenizer, dataset):
        return word_rows(tokenizer, dataset)

    def targets(self, dataset, rows, classes):
        return {"logits": word_targets(dataset, rows, classes["logits"])}

    def metrics(self, dataset, predictions, classes):
        dataset.tag_ids(classes["logits"])
        return entity_metrics(dataset.tags, predictions["logits"])
