"""Datasets of texts or pairs of texts to embed."""

from __future__ import annotations

from tfsqueeze.data.readers.file_patterns import is_file_or_pattern
from tfsqueeze.data.readers.sentence_pairs import load_sentence_pairs, read_sentence_pairs
from tfsqueeze.tasks.plain_text_data import PlainTextData
from tfsqueeze.tasks.task_data import LABEL_OPTIONS


class SentenceEmbeddingsData(PlainTextData):
    """Reads plain texts, and with a column of second texts tables of pairs."""

    unused_columns = LABEL_OPTIONS

    def load_splits(
        self,
        name_or_path,
        *,
        seed=0,
        text_column="text",
        label_column="label",
        text_pair_column=None,
        **columns,
    ):
        if text_pair_column is None:
            return super().load_splits(name_or_path, seed=seed, text_column=text_column)
        return load_sentence_pairs(
            name_or_path,
            text_pair_column=text_pair_column,
            text_column=text_column,
            label_column=label_column,
            seed=seed,
        )

    def load_evaluation_set(
        self,
        name_or_path,
        *,
        seed=0,
        text_column="text",
        label_column="label",
        text_pair_column=None,
        **columns,
    ):
        if text_pair_column is not None and is_file_or_pattern(name_or_path):
            return read_sentence_pairs(
                name_or_path,
                text_pair_column=text_pair_column,
                text_column=text_column,
                label_column=label_column,
            )
        return super().load_evaluation_set(
            name_or_path,
            seed=seed,
            text_column=text_column,
            label_column=label_column,
            text_pair_column=text_pair_column,
        )
