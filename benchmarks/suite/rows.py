"""The rows of the suite: data and scores. The data alone choose how a row is trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from benchmarks.tasks.measured_data import MeasuredData, published
from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.number_dataset import NumberDatasetSplits
from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.data.readers.conll import load_conll_folder
from tfsqueeze.data.readers.folders import load_tables
from tfsqueeze.data.readers.number_tables import read_number_table
from tfsqueeze.data.readers.snips import load_snips, read_snips
from tfsqueeze.data.readers.squad import load_squad, read_squad
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import (
    INTENT_AND_SLOTS,
    QUESTION_ANSWERING,
    REGRESSION,
    TEXT_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
)

# Of a large source of questions, so that it does not outweigh the others.
_MAX_PER_SOURCE = 4000
_XQUAD = "xquad"
_SOURCES = {
    _XQUAD: "XQuAD",
    "squadshifts_new_wiki": "Wikipedia",
    "squadshifts_amazon_reviews": "Amazon",
    "squadshifts_reddit": "Reddit",
    "policyqa": "PolicyQA",
    "tweetqa": "TweetQA",
}
_FROM_DEV = "Measured on dev; a tenth of train chooses the epoch."
_DIVIDED_ANEW = "Divided anew by premise, so not comparable with published figures."


@dataclasses.dataclass(frozen=True)
class SuiteRow(MeasuredData):
    """A row of the suite.

    sources: titles of the sources that the ids of the test part begin with, where each is measured
        by itself and the row's scores are the means.
    """

    sources: Mapping[str, str] = dataclasses.field(default_factory=dict)


_texts = published(load_dataset)
_pairs = published(lambda folder: load_dataset(folder, text_pair_column="other"))
_scored_pairs = published(
    lambda folder: load_tables(
        folder, read_number_table, NumberDatasetSplits, text_pair_column="other"
    )
)


def _named_texts(folder: Path):
    return _with_test(Path(folder.name))


def _with_test(folder: Path):
    splits = load_dataset(folder)
    return concatenate([splits.train, splits.validation]), splits.test


def _commands(folder: Path):
    return read_snips(folder / "train.json"), read_snips(folder / "dev.json")


def _answers(folder: Path):
    splits = load_squad(folder, max_per_source=_MAX_PER_SOURCE)
    xquad = read_squad(folder.parent / "xquad" / "en.json")
    dev = concatenate(
        [
            dataclasses.replace(xquad, ids=[f"{_XQUAD}/{name}" for name in xquad.ids]),
            splits.validation,
        ]
    )
    measured = [row for row, name in enumerate(dev.ids) if source_of(name) in _SOURCES]
    return _by_context(splits.train), dev.take(measured)


def _by_context(questions: QuestionDataset) -> QuestionDataset:
    """Counts each context as an article: some sources have a single one, which cannot be split."""
    numbers = {context: row for row, context in enumerate(dict.fromkeys(questions.contexts))}
    return dataclasses.replace(
        questions, articles=[numbers[context] for context in questions.contexts]
    )


def source_of(name: str) -> str:
    """Returns the source of a question by its id."""
    return name.partition("/")[0]


_ACCURACY = {"accuracy": "accuracy"}
_ENTITIES = {"f1": "F1", "precision": "precision", "recall": "recall"}
_COMMAND_SCORES = {
    "slot_f1": "slot F1",
    "intent_accuracy": "intent accuracy",
    "frame_accuracy": "frame accuracy",
}

# In the order of the table; a score `f1_NAME` is that of the class or the source NAME.
ROWS: dict[str, SuiteRow] = {
    "clinc150": SuiteRow(
        "CLINC-150",
        "Measured on val; a tenth of train chooses the epoch.",
        TEXT_CLASSIFICATION,
        "clinc150",
        _texts,
        _ACCURACY,
    ),
    "banking77": SuiteRow(
        "Banking77",
        "A tenth of the texts, the same for all seeds, is what is measured; a tenth of the rest "
        "chooses the epoch.",
        TEXT_CLASSIFICATION,
        "banking77",
        _texts,
        _ACCURACY,
    ),
    "reuters-r8": SuiteRow(
        "Reuters R8",
        "Measured on the test part; a tenth of train chooses the epoch.",
        TEXT_CLASSIFICATION,
        "reuters-r8",
        _named_texts,
        _ACCURACY,
    ),
    "sst2": SuiteRow("SST-2", _FROM_DEV, TEXT_CLASSIFICATION, "sst2", _texts, _ACCURACY),
    "cola": SuiteRow(
        "CoLA",
        _FROM_DEV,
        TEXT_CLASSIFICATION,
        "cola",
        _texts,
        {"matthews_correlation": "Matthews"},
    ),
    "mrpc": SuiteRow(
        "MRPC",
        _FROM_DEV,
        TEXT_CLASSIFICATION,
        "pairs/mrpc",
        _pairs,
        {**_ACCURACY, "f1_paraphrase": "F1"},
    ),
    "stsb": SuiteRow(
        "STS-B",
        _FROM_DEV,
        REGRESSION,
        "stsb/en",
        _scored_pairs,
        {"spearman": "Spearman", "pearson": "Pearson"},
    ),
    "quora": SuiteRow(
        "Quora",
        f"A sample of the questions. {_FROM_DEV}",
        TEXT_CLASSIFICATION,
        "pairs/quora",
        _pairs,
        {**_ACCURACY, "f1_duplicate": "F1"},
    ),
    "snli": SuiteRow(
        "SNLI",
        f"{_DIVIDED_ANEW} {_FROM_DEV}",
        TEXT_CLASSIFICATION,
        "pairs/snli",
        _pairs,
        _ACCURACY,
    ),
    "mnli_sample": SuiteRow(
        "MNLI, sample",
        f"{_DIVIDED_ANEW} {_FROM_DEV}",
        TEXT_CLASSIFICATION,
        "pairs/mnli_sample",
        _pairs,
        _ACCURACY,
    ),
    "qnli_shifts": SuiteRow(
        "QNLI of SQuADShifts",
        f"Whether a sentence answers a question. {_FROM_DEV}",
        TEXT_CLASSIFICATION,
        "pairs/qnli_shifts",
        _pairs,
        _ACCURACY,
    ),
    "rte": SuiteRow(
        "RTE",
        "Trained on the first and second challenge and on the third's dev part, measured on the "
        "third's test part; a tenth of train chooses the epoch.",
        TEXT_CLASSIFICATION,
        "rte",
        _with_test,
        _ACCURACY,
    ),
    "answers": SuiteRow(
        "Answers",
        f"Trained on nine sources, at most {_MAX_PER_SOURCE:,} questions of each; a tenth of the "
        "contexts chooses the epoch. Measured on all of XQuAD's English questions, of which none "
        "is learned from, and on dev of five sources; the first F1 and exact match are the means "
        "of these six.",
        QUESTION_ANSWERING,
        "qa",
        _answers,
        {
            "f1": "F1",
            "exact_match": "exact match",
            **{f"f1_{name}": f"F1, {title}" for name, title in _SOURCES.items()},
        },
        sources=_SOURCES,
    ),
    "squadshifts_new_wiki": SuiteRow(
        "SQuADShifts, Wikipedia",
        "Questions of one source alone. Measured on dev; a tenth of the articles chooses the "
        "epoch.",
        QUESTION_ANSWERING,
        "qa/squadshifts_new_wiki",
        published(load_squad),
        {"f1": "F1", "exact_match": "exact match"},
    ),
    "snips": SuiteRow(
        "SNIPS",
        "A tenth of each intent, the same for all seeds, is what is measured; another tenth of "
        "the rest chooses the epoch.",
        INTENT_AND_SLOTS,
        "snips",
        published(load_snips),
        _COMMAND_SCORES,
    ),
    "atis": SuiteRow(
        "ATIS",
        f"{_FROM_DEV} Commands of an intent that train lacks are left out of dev.",
        INTENT_AND_SLOTS,
        "atis",
        _commands,
        _COMMAND_SCORES,
    ),
    "wnut17": SuiteRow(
        "WNUT 2017",
        _FROM_DEV,
        TOKEN_CLASSIFICATION,
        "wnut17",
        published(load_conll_folder),
        _ENTITIES,
    ),
    "wikiann": SuiteRow(
        "WikiANN, English",
        _FROM_DEV,
        TOKEN_CLASSIFICATION,
        "wikiann/en",
        published(load_conll_folder),
        _ENTITIES,
    ),
}
