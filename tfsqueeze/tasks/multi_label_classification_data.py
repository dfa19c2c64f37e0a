"""Datasets of texts with several labels each."""

from __future__ import annotations

from tfsqueeze.data.datasets.multi_label_dataset import MultiLabelDataset, MultiLabelDatasetSplits
from tfsqueeze.data.readers.multi_label_tables import read_multi_label_table
from tfsqueeze.tasks.table_data import TableData


class MultiLabelClassificationData(TableData):
    """Reads files and folders of tables."""

    dataset_type = MultiLabelDataset
    make_splits = MultiLabelDatasetSplits

    def read_file(self, path, **columns):
        return read_multi_label_table(path, **columns)
