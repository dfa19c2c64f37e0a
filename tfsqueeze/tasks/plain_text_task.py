"""What the tasks that learn from plain texts share."""

from __future__ import annotations

from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset
from tfsqueeze.tasks.task import Task
from tfsqueeze.utils.errors import UserError


class PlainTextTask(Task):
    """The base of the tasks whose data are `SentenceDataset`s, without labels."""

    has_labels = False

    @property
    def data(self):
        from tfsqueeze.tasks.plain_text_data import PlainTextData

        return PlainTextData()

    def classes(self, labels, slots):
        return {}

    def check_dataset(self, dataset, classes, pairs):
        if not isinstance(dataset, SentenceDataset):
            raise UserError(f"{dataset.name} has no plain texts; the model is for {self.name}")
