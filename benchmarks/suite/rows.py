"""The rows of the suite: data, scores and settings of training."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from benchmarks.tasks.settings import TASKS, TaskSettings
from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.number_dataset import NumberDatasetSplits
from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.data.readers.folders import load_tables
from tfsqueeze.data.readers.number_tables import read_number_table
from tfsqueeze.data.readers.snips import read_snips
from tfsqueeze.data.readers.squad import load_squad, read_squad
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import QUESTION_ANSWERING, REGRESSION

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


@dataclasses.dataclass(frozen=True)
class SuiteRow(TaskSettings):
    """A row of the suite: a `TaskSettings` without baselines and variants.

    sources: titles of the sources that the ids of the test part begin with, where each is measured
        by itself and the row's scores are the means.
    """

    sources: Mapping[str, str] = dataclasses.field(default_factory=dict)


def _texts(folder: Path):
    splits = load_dataset(folder)
    return splits.train, splits.validation


def _pairs(folder: Path):
    splits = load_dataset(folder, text_pair_column="other")
    return splits.train, splits.validation


def _scored_pairs(folder: Path):
    splits = load_tables(folder, read_number_table, NumberDatasetSplits, text_pair_column="other")
    return splits.train, splits.validation


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


def _row(base: TaskSettings, title: str, note: str, folder: str, **fields) -> SuiteRow:
    """A row with the settings of a table, except for those given; `training` is added to its."""
    training = {**base.training, **fields.pop("training", {})}
    values = {
        "task": base.task,
        "load": base.load,
        "scores": base.scores,
        **fields,
    }
    return SuiteRow(title=title, note=note, folder=folder, training=training, **values)


_ACCURACY = {"accuracy": "accuracy"}
_OF_PAIRS = TASKS["rte"]
_OF_WORDS = TASKS["wnut17"]
_OF_COMMANDS = TASKS["snips"]

# The packaged weights compare two texts by their mean vectors.
_BI_ENCODER = {"model": {"pair_encoder": "bi_encoder"}}

# Small batches and match types were chosen in short trials of squeezebert-tiny.
_ANSWERS_TRAINING = {
    "epochs": 2,
    "qat_epochs": 0,
    "max_length": 256,
    "batch_size": 8,
    "match_types": True,
    "word_dropout": 0.0,
}

# In the order of the table; a score `f1_NAME` is that of the class or the source NAME.
ROWS: dict[str, SuiteRow] = {
    "cola": _row(
        _OF_PAIRS,
        "CoLA",
        _FROM_DEV,
        "cola",
        load=_texts,
        scores={"matthews_correlation": "Matthews"},
        training={"epochs": 8, "max_length": 48},
    ),
    "sst2": _row(
        _OF_PAIRS,
        "SST-2",
        _FROM_DEV,
        "sst2",
        load=_texts,
        scores=_ACCURACY,
        training={"epochs": 4, "max_length": 64},
    ),
    "mrpc": _row(
        _OF_PAIRS,
        "MRPC",
        _FROM_DEV,
        "pairs/mrpc",
        load=_pairs,
        scores={**_ACCURACY, "f1_paraphrase": "F1"},
        training={**_BI_ENCODER, "epochs": 4, "max_length": 96},
    ),
    "stsb": _row(
        _OF_PAIRS,
        "STS-B",
        _FROM_DEV,
        "stsb/en",
        task=REGRESSION,
        load=_scored_pairs,
        scores={"pearson": "Pearson", "spearman": "Spearman"},
        training={**_BI_ENCODER, "epochs": 3, "max_length": 96},
    ),
    "quora": _row(
        _OF_PAIRS,
        "Quora",
        f"A sample of the questions. {_FROM_DEV}",
        "pairs/quora",
        load=_pairs,
        scores={**_ACCURACY, "f1_duplicate": "F1"},
        training={**_BI_ENCODER, "epochs": 3, "max_length": 64},
    ),
    "snli": _row(
        _OF_PAIRS,
        "SNLI",
        f"Divided anew by premise, so not comparable with published figures. {_FROM_DEV}",
        "pairs/snli",
        load=_pairs,
        scores=_ACCURACY,
        training={**_BI_ENCODER, "epochs": 2, "max_length": 64},
    ),
    "mnli_sample": _row(
        _OF_PAIRS,
        "MNLI, sample",
        f"Divided anew by premise, so not comparable with published figures. {_FROM_DEV}",
        "pairs/mnli_sample",
        load=_pairs,
        scores=_ACCURACY,
        training={**_BI_ENCODER, "epochs": 4, "max_length": 128},
    ),
    "qnli_shifts": _row(
        _OF_PAIRS,
        "QNLI of SQuADShifts",
        f"Whether a sentence answers a question. {_FROM_DEV}",
        "pairs/qnli_shifts",
        load=_pairs,
        scores=_ACCURACY,
        training={**_BI_ENCODER, "epochs": 3, "max_length": 128},
    ),
    "rte": _row(
        _OF_PAIRS,
        "RTE",
        _OF_PAIRS.note,
        "rte",
        scores=_ACCURACY,
        training={**_BI_ENCODER, "epochs": 4},
    ),
    "answers": _row(
        _OF_PAIRS,
        "Answers",
        f"Trained on nine sources, at most {_MAX_PER_SOURCE:,} questions of each; a tenth of the "
        "contexts chooses the epoch. Measured on all of XQuAD's English questions, of which none "
        "is learned from, and on dev of five sources; the first F1 and exact match are the means "
        "of these six. The int8 files are calibrated, not trained.",
        "qa",
        task=QUESTION_ANSWERING,
        load=_answers,
        scores={
            "f1": "F1",
            "exact_match": "exact match",
            **{f"f1_{name}": f"F1, {title}" for name, title in _SOURCES.items()},
        },
        training=_ANSWERS_TRAINING,
        sources=_SOURCES,
    ),
    "snips": _row(_OF_COMMANDS, "SNIPS", _OF_COMMANDS.note, "snips"),
    "atis": _row(
        _OF_COMMANDS,
        "ATIS",
        f"{_FROM_DEV} Commands of an intent that train lacks are left out of dev.",
        "atis",
        load=_commands,
        training={"max_length": 48},
    ),
    "wnut17": _row(_OF_WORDS, "WNUT 2017", _OF_WORDS.note, "wnut17"),
    "wikiann": _row(
        _OF_WORDS,
        "WikiANN, English",
        _FROM_DEV,
        "wikiann/en",
        training={"epochs": 4},
    ),
}
