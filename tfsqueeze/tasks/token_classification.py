"""A tag for each word, such as those of named entities."""

from __future__ import annotations

from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.data.readers.conll import load_conll_folder, read_conll
from tfsqueeze.evaluation.entities import entity_metrics
from tfsqueeze.tasks.task import WordTask, require_kind, tag_names, word_targets


class TokenClassification(WordTask):
    """Tags the words of sentences with B-, I- and O; the data are CoNLL files."""

    name = "token-classification"
    title = "token classifier"
    head = "TokenClassification"
    outputs = {"logits": "word"}
    monitored = ("f1",)
    scores = ("precision", "recall", "f1", "word_accuracy")

    @staticmethod
    def read_file(path):
        return read_conll(path)

    def load_splits(self, name_or_path, *, seed=0, **columns):
        return load_conll_folder(name_or_path, seed=seed)

    def configure(self, config, splits):
        require_kind(splits, TokenDataset, self)
        return config.with_labels(tag_names(splits))

    def classes(self, labels, slots):
        return {"logits": list(labels)}

    def targets(self, dataset, rows, classes):
        return {"logits": word_targets(dataset, rows, classes["logits"])}

    def metrics(self, dataset, predictions, classes):
        dataset.tag_ids(classes["logits"])
        return entity_metrics(dataset.tags, predictions["logits"])
