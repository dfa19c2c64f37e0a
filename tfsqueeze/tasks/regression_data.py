"""Datasets of texts with a number each."""

from __future__ import annotations

from tfsqueeze.data.datasets.number_dataset import NumberDataset, NumberDatasetSplits
from tfsqueeze.data.readers.number_tables import read_number_table
from tfsqueeze.tasks.table_data import TableData

# What the labels of other tasks are read with.
_NOT_OF_NUMBERS = ("keep_nan_labels", "label_separator")


class RegressionData(TableData):
    """Reads files and folders of tables."""

    dataset_type = NumberDataset
    make_splits = NumberDatasetSplits

    def read_file(self, path, **columns):
        return read_number_table(
            path,
            **{name: value for name, value in columns.items() if name not in _NOT_OF_NUMBERS},
        )
