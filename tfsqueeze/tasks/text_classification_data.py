"""Datasets of texts or pairs of texts with labels."""

from __future__ import annotations

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.data.readers.label_kinds import check_classes
from tfsqueeze.data.readers.labelled_file import read_labelled_file
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

        def read(path, **options):
            dataset = read_labelled_file(path, **options)
            check_classes(dataset.labels or (), str(path), label_separator, _OTHER_TASKS)
            return dataset

        return load_dataset(name_or_path, seed=seed, read=read, **columns)

    def unlabelled(self, texts, text_pairs):
        pairs = None if text_pairs is None else list(text_pairs)
        return TextDataset("texts without labels", list(texts), text_pairs=pairs)

    def load_evaluation_set(
        self, name_or_path, *, seed=0, label_separator=LABEL_SEPARATOR, **columns
    ):
        return load_evaluation_set(name_or_path, seed=seed, **columns)
