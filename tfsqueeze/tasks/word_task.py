"""What the tasks that tag words share."""

from __future__ import annotations

from tfsqueeze.data.datasets.label_names import check_known_names, names_in
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.tasks.encodings import Encodings
from tfsqueeze.tasks.task import Task
from tfsqueeze.utils.errors import UserError


class WordTask(Task):
    """The base of the tasks whose data are sentences of words with tags, `TokenDataset`s."""

    def check_dataset(self, dataset, classes, pairs):
        if not isinstance(dataset, TokenDataset):
            raise UserError(f"{dataset.name} has no words with tags; the model is for {self.name}")
        for output, column in self.label_columns.items():
            if getattr(dataset, column) is None:
                raise UserError(f"{dataset.name} has no {column}")
            check_known_names(
                dataset, column, names_in(dataset, column), classes[output], of_model=True
            )

    def encode(self, tokenizer, dataset):
        words = tokenizer.encode_words(dataset.sentences)
        return Encodings(words.inputs, words.word_ids, words.word_counts)
