"""Targets and configuration of models of intents and slots."""

from __future__ import annotations

from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.tasks.task_training import require_dataset_type
from tfsqueeze.tasks.word_task_training import WordTaskTraining, tag_names, word_targets
from tfsqueeze.utils.errors import UserError


class IntentAndSlotsTraining(WordTaskTraining):
    """Trains models that label commands and tag their words."""

    monitored = ("intent_accuracy", "slot_f1")
    label_fields = ("id2label", "slot_labels")

    def configure(self, config, splits):
        require_dataset_type(splits, TokenDataset, self.task)
        if splits.label_names is None:
            raise UserError(
                f"{splits.train.name} has no intents; give its sentences labels, or "
                "train a token-classification"
            )
        return config.with_labels(splits.label_names).replace(slot_labels=tag_names(splits))

    def targets(self, dataset, encodings, classes):
        return {
            "intent_logits": dataset.label_ids(classes["intent_logits"], UNKNOWN_ID),
            "slot_logits": word_targets(dataset, encodings, classes["slot_logits"]),
        }
