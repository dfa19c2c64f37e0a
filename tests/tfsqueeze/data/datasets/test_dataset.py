"""What the four kinds of datasets and of splits have in common."""

from __future__ import annotations

import dataclasses

import pytest

from tfsqueeze.data.datasets.dataset import Dataset, Splits
from tfsqueeze.data.datasets.question_dataset import QuestionDataset, QuestionDatasetSplits
from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset, SentenceDatasetSplits
from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.utils.errors import UserError

WORDS = [f"word{number}" for number in range(10)]
CASES: list[tuple[Dataset, type[Splits]]] = [
    (TextDataset("set", WORDS, labels=["a", "b"] * 5), TextDatasetSplits),
    (TokenDataset("set", [[w] for w in WORDS], tags=[["O"]] * 10), TokenDatasetSplits),
    (
        QuestionDataset("set", WORDS, WORDS, [[]] * 10, WORDS, list(range(10))),
        QuestionDatasetSplits,
    ),
    (SentenceDataset("set", WORDS), SentenceDatasetSplits),
]


@pytest.mark.parametrize(("dataset", "splits_class"), CASES)
def test_parts_keep_all_examples_once(dataset, splits_class):
    rest, held_out = dataset.split(0.2, seed=0)
    assert type(rest) is type(held_out) is type(dataset)
    assert (len(rest), len(held_out)) == (8, 2)
    first = list(dataset.columns())[0]
    assert sorted(getattr(rest, first) + getattr(held_out, first)) == sorted(
        getattr(dataset, first)
    )
    splits: Splits = splits_class(rest, held_out)
    assert splits.train is rest and splits.validation is held_out and splits.test is None
    assert splits.label_names is None or isinstance(splits.label_names, list)


@pytest.mark.parametrize(("dataset", "splits_class"), CASES)
def test_samples_depend_on_the_seed_alone(dataset, splits_class):
    assert dataset.sample(4, seed=1) == dataset.sample(4, seed=1) != dataset.sample(4, seed=2)
    assert len(dataset.sample(99, seed=1)) == len(dataset) == 10
    assert dataset.take(range(10)) == dataset and dataset.take([]).name == "set"


@pytest.mark.parametrize(("dataset", "splits_class"), CASES)
def test_columns_of_other_lengths_are_refused(dataset, splits_class):
    *_, (last, _) = ((name, v) for name, v in dataset.columns().items() if v is not None)
    if last != "texts":
        with pytest.raises(UserError, match=f"set has 10 .* but 9 {last}"):
            dataclasses.replace(dataset, **{last: getattr(dataset, last)[:9]})
