"""An intent for each command and a tag for each of its words."""

from __future__ import annotations

from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.data.readers.snips import load_snips, read_snips
from tfsqueeze.evaluation.entities import entity_metrics, frame_accuracy
from tfsqueeze.tasks.task import (
    WordTask,
    label_metrics,
    require_kind,
    tag_names,
    word_targets,
)
from tfsqueeze.utils.errors import UserError


class IntentAndSlots(WordTask):
    """Tells the intent of commands and tags their slots; the data are SNIPS' JSON files."""

    name = "intent-and-slots"
    title = "classifier of intents and slots"
    head = "IntentAndSlots"
    outputs = {"intent_logits": "text", "slot_logits": "word"}
    monitored = ("intent_accuracy", "slot_f1")
    scores = ("intent_accuracy", "slot_f1", "frame_accuracy")

    @staticmethod
    def read_file(path):
        return read_snips(path)

    def load_splits(self, name_or_path, *, seed=0, **columns):
        return load_snips(name_or_path, seed=seed)

    def configure(self, config, splits):
        require_kind(splits, TokenDataset, self)
        if splits.label_names is None:
            raise UserError(
                f"{splits.train.name} has no intents; give its sentences labels, or "
                "train a token-classification"
            )
        return config.with_labels(splits.label_names).replace(slot_labels=tag_names(splits))

    def classes(self, labels, slots):
        return {"intent_logits": list(labels), "slot_logits": list(slots)}

    def targets(self, dataset, rows, classes):
        return {
            "intent_logits": dataset.label_ids(classes["intent_logits"]),
            "slot_logits": word_targets(dataset, rows, classes["slot_logits"]),
        }

    def metrics(self, dataset, predictions, classes):
        """As `entity_metrics` has them of the slots and `classification_metrics` of the intents,
        in `slots` and `intents`; and of both `intent_accuracy`, `slot_f1` and `frame_accuracy`,
        in 0..1."""
        intents = label_metrics(dataset, predictions["intent_logits"], classes["intent_logits"])
        dataset.tag_ids(classes["slot_logits"])
        slots = entity_metrics(dataset.tags, predictions["slot_logits"])
        return {
            "intent_accuracy": intents["accuracy"],
            "slot_f1": slots["f1"],
            "frame_accuracy": frame_accuracy(
                dataset.labels,
                predictions["intent_logits"],
                dataset.tags,
                predictions["slot_logits"],
            ),
            "intents": intents,
            "slots": slots,
        }
