"""What the training of the tasks on texts or pairs of texts shares."""

from __future__ import annotations

import itertools

from tfsqueeze.tasks.task_training import TaskTraining


class TextTaskTraining(TaskTraining):
    """The base of what trains models of texts, or of pairs where the dataset has `text_pairs`."""

    label_fields = ("id2label",)

    def input_names(self, dataset):
        types = ("token_type_ids",) if dataset.text_pairs is not None else ()
        return ("input_ids", *types)

    def vocabulary_texts(self, dataset):
        if dataset.text_pairs is None:
            return dataset.texts
        return itertools.chain(dataset.texts, dataset.text_pairs)
