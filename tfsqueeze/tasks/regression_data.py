"""Datasets of texts with a number each."""

from __future__ import annotations

from tfsqueeze.data.datasets.number_dataset import NumberDataset, NumberDatasetSplits
from tfsqueeze.data.readers.number_tables import read_number_table
from tfsqueeze.tasks.table_data import TableData
from tfsqueeze.tasks.task_data import LABEL_OPTIONS


class RegressionData(TableData):
    """Reads files and folders of tables."""

    dataset_type = NumberDataset
    make_splits = NumberDatasetSplits
    unused_columns = LABEL_OPTIONS

    def read_file(self, path, **columns):
        return read_number_table(
            path,
            **{name: value for name, value in columns.items() if name not in self.unused_columns},
        )
