"""An intent for each command and a tag for each of its words."""

from __future__ import annotations

from pathlib import Path

from tfsqueeze.data.snips import load_snips, read_snips
from tfsqueeze.data.token_dataset import TokenDataset
from tfsqueeze.errors import UserError
from tfsqueeze.evaluation.metrics import classification_metrics
from tfsqueeze.evaluation.tokens import entity_metrics, frame_accuracy
from tfsqueeze.tasks.base import Task, require_kind, tag_names, word_rows, word_targets


class IntentAndSlots(Task):
    """Tells the intent of commands and tags their slots; the data are SNIPS' JSON files."""

    name = "intent-and-slots"
    title = "classifier of intents and slots"
    head = "IntentAndSlots"
    outputs = {"intent_logits": "text", "slot_logits": "word"}
    monitored = ("intent_accuracy", "slot_f1")
    scores = ("intent_accuracy", "slot_f1", "frame_accuracy")

    def load_splits(self, name_or_path, *, seed=0, **columns):
        return load_snips(name_or_path, seed=seed)

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        if Path(name_or_path).is_file():
            return read_snips(name_or_path)
        splits = self.load_splits(name_or_path, seed=seed)
        return splits.test or splits.validation

    def configure(self, config, splits):
        require_kind(splits, TokenDataset, self)
        if splits.label_names is None:
            raise UserError(f"{splits.train.name} has no intents; give its sentences labels, or "
                            "train a token-classification")
        return config.with_labels(splits.label_names).replace(slot_labels=tag_names(splits))

    def classes(self, labels, slots):
        return {"intent_logits": list(labels), "slot_logits": list(slots)}

    def texts(self, dataset):
        return [" ".join(words) for words in dataset.sentences]

    def rows(self, tokenizer, dataset):
        return word_rows(tokenizer, dataset)

    def targets(self, dataset, rows, classes):
        return {"intent_logits": dataset.label_ids(classes["intent_logits"]),
                "slot_logits": word_targets(dataset, rows, classes["slot_logits"])}

    def metrics(self, dataset, predictions, classes):
        """As `entity_metrics` has them of the slots and `classification_metrics` of the intents,
        in `slots` and `intents`; and of both `intent_accuracy`, `slot_f1` and `frame_accuracy`,
        in 0..1."""
        names = classes["intent_logits"]
        ids = {name: index for index, name in enumerate(names)}
        intents = classification_metrics(
            dataset.label_ids(names), [ids[name] for name in predictions["intent_logits"]], names)
        dataset.tag_ids(classes["slot_logits"])
        slots = entity_metrics(dataset.tags, predictions["slot_logits"])
        return {
            "intent_accuracy": intents["accuracy"],
            "slot_f1": slots["f1"],
            "frame_accuracy": frame_accuracy(dataset.labels, predictions["intent_logits"],
                                             dataset.tags, predictions["slot_logits"]),
            "intents": intents, "slots": slots,
        }
