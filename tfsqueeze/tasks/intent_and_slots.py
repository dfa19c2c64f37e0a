"""An intent for each command and a tag for each of its words."""

from __future__ import annotations

from tfsqueeze.evaluation.classification import label_metrics
from tfsqueeze.evaluation.entities import entity_metrics, frame_accuracy
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.outputs import TextLabel, WordTag
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.tasks.word_task import WordTask


class IntentAndSlots(WordTask):
    """Tells the intent of commands and tags their slots."""

    name = TaskName.INTENT_AND_SLOTS.value
    title = "classifier of intents and slots"
    head = "IntentAndSlots"
    outputs = {
        "intent_logits": TextLabel("One score per intent."),
        "slot_logits": WordTag("One score per token and slot tag.", "slots"),
    }
    scores = (
        Score("intent_accuracy", "Intent accuracy"),
        Score("slot_f1", "Slot F1"),
        Score("frame_accuracy", "Frame accuracy"),
    )
    label_output = "intent_logits"
    label_columns = {"intent_logits": "labels", "slot_logits": "tags"}

    @property
    def data(self):
        from tfsqueeze.tasks.intent_and_slots_data import IntentAndSlotsData

        return IntentAndSlotsData()

    @property
    def training(self):
        from tfsqueeze.tasks.intent_and_slots_training import IntentAndSlotsTraining

        return IntentAndSlotsTraining(self)

    def classes(self, labels, slots):
        return {"intent_logits": list(labels), "slot_logits": list(slots)}

    def metrics(self, dataset, predictions, classes):
        """Returns the metrics of intents, of slots, and of both.

        Returns:
            `intents` as `classification_metrics` returns them, `slots` as `entity_metrics` does,
            and `intent_accuracy`, `slot_f1` and `frame_accuracy` in 0..1.
        """
        intents = label_metrics(dataset, predictions["intent_logits"], classes["intent_logits"])
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
