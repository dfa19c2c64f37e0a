"""Datasets of texts or pairs of texts with labels."""

from __future__ import annotations

from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.data.readers.label_kinds import check_classes
from tfsqueeze.data.sources.evaluation_set import load_evaluation_set
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks.task_data import TaskData
from tfsqueeze.tasks.task_names import TaskName

# The tasks for other kinds of labels.
_OTHER_TASKS = (TaskName.MULTI_LABEL_CLASSIFICATION.value, TaskName.REGRESSION.value)


class TextClassificationData(TaskData):
    """Reads named datasets, folders of tables, and RTE's XML files."""

    def load_splits(self, name_or_path, *, seed=0, label_separator=LABEL_SEPARATOR, **columns):
        """Loads a dataset of `load_dataset` whose labels are classes; see `check_classes`."""

        def make_splits(*parts):
            # One part may lack a class, and numbered classes with a gap would be numbers.
            labels = (label for part in parts if part is not None for label in part.labels or ())
            check_classes(labels, str(name_or_path), label_separator, _OTHER_TASKS)
            return TextDatasetSplits(*parts)

        return load_dataset(name_or_path, seed=seed, make_splits=make_splits, **columns)

    def unlabelled(self, texts, text_pairs):
        pairs = None if text_pairs is None else list(text_pairs)
        return TextDataset("texts without labels", list(texts), text_pairs=pairs)

    def load_evaluation_set(
        self, name_or_path, *, seed=0, label_separator=LABEL_SEPARATOR, **columns
    ):
        return load_evaluation_set(name_or_path, seed=seed, **columns)
