"""What is trained and measured for each task, and on which data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.tasks.noise import ATTACKED_TEXTS, CHARACTER_NOISES, MAX_CHANGED, NOISE_LEVEL
from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.readers.conll import load_conll_folder
from tfsqueeze.data.readers.folders import VALIDATION_FRACTION
from tfsqueeze.data.readers.snips import load_snips
from tfsqueeze.data.readers.squad import load_squad, read_squad
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import (
    INTENT_AND_SLOTS,
    QUESTION_ANSWERING,
    TEXT_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
    Task,
)

BACKBONE = "squeezebert-tiny"


@dataclasses.dataclass(frozen=True)
class TaskSettings:
    """One table.

    title: what it is of. note: what a reader must know of the data.
    task: what is trained. folder: where the data are, below the folder of all data: a folder or
        a file.
    load: reads that; its training part is divided anew for each seed, and its test part is
        what counts.
    scores: the columns, by the name of the metric; the first is the one that is drawn.
    training: options that differ from those of `TrainingOptions`, `seed` aside; pretrained is
        `BACKBONE` unless it says otherwise.
    variants: further options of each model that is trained, by its name.
    baselines: the names of those in `benchmarks.tasks.baselines` to put beside.
    out_of_scope: a file in the folder with texts of no label.
    noises: whether models are measured on noisy texts as well.
    """

    title: str
    note: str
    task: Task
    folder: str
    load: Callable[[Path], Any]
    scores: dict[str, str]
    training: dict[str, Any]
    variants: dict[str, dict[str, Any]] = dataclasses.field(
        default_factory=lambda: {"SqueezeBERT": {}}
    )
    baselines: tuple[str, ...] = ()
    out_of_scope: str | None = None
    noises: bool = False


def _split_off_test(folder: Path):
    """A tenth of each intent as test, the same for all seeds."""
    splits = load_snips(folder, seed=0)
    return splits.train, splits.validation


def _published(load):
    """The parts as published, where the last stands for the test part that is not there."""

    def read(folder):
        splits = load(folder)
        return splits.train, splits.validation

    return read


def _split_off_articles(file: Path):
    """A fifth of the articles as test, the same for all seeds."""
    return read_squad(file).split(0.2, seed=0)


def _answers(folder: Path):
    """A part of the questions of each source, and of all dev parts together."""
    splits = load_squad(folder, seed=0, max_per_source=740)
    return splits.train, splits.validation.sample(2000, seed=0)


def _rte(folder: Path):
    splits = load_dataset(folder)
    return concatenate([splits.train, splits.validation]), splits.test


_SHARED = {
    "batch_size": 32,
    "learning_rate": 3e-4,
    "qat_epochs": 1,
    "qat_learning_rate": 5e-5,
    "word_dropout": 0.05,
    "patience": 100,
}
# What a word is depends on its neighbours: convolutions beside the feed-forward layers see those.
_WORDS = {
    "batch_size": 64,
    "learning_rate": 5e-4,
    "word_dropout": 0.1,
    "model": {"feed_forward_type": "both"},
}
_ENTITIES = {"f1": "F1", "precision": "precision", "recall": "recall"}
_LANGUAGES = ("en", "de", "fr", "nl")

# In the order of the report.
TASKS: dict[str, TaskSettings] = {
    "snips": TaskSettings(
        "Intents and slots: SNIPS",
        "A tenth of each intent, the same for all seeds, is what is measured; another tenth of "
        "the rest chooses the epoch.",
        INTENT_AND_SLOTS,
        "snips",
        _split_off_test,
        {
            "slot_f1": "slot F1",
            "intent_accuracy": "intent accuracy",
            "frame_accuracy": "frame accuracy",
        },
        {**_SHARED, **_WORDS, "epochs": 8, "max_length": 40},
        baselines=("tfidf",),
    ),
    "wnut17": TaskSettings(
        "Named entities: WNUT 2017",
        "Measured on dev; a tenth of train chooses the epoch.",
        TOKEN_CLASSIFICATION,
        "wnut17",
        _published(load_conll_folder),
        _ENTITIES,
        {**_SHARED, **_WORDS, "epochs": 8, "max_length": 64},
        baselines=("crf",),
    ),
    "wikiann": TaskSettings(
        "Named entities in four languages: WikiANN",
        "One model of all languages, from scratch, since the backbone knows English alone, "
        "measured on dev; a tenth of train chooses the epoch. The conditional random fields are "
        "one for each language.",
        TOKEN_CLASSIFICATION,
        "wikiann",
        _published(load_conll_folder),
        # The first is drawn, and the fields have no score of all languages.
        {**{f"f1_{language}": f"F1, {language}" for language in _LANGUAGES}, "f1": "F1, all"},
        {
            **_SHARED,
            "pretrained": None,
            "preset": "squeezebert-tagger",
            "vocab_size": 30000,
            "lowercase": False,
            "epochs": 8,
            "batch_size": 64,
            "learning_rate": 1.5e-3,
            "word_dropout": 0.1,
            "subword_dropout": 0.2,
            "spelling_vectors": True,
            "model": {"hidden_dropout_prob": 0.2},
            "weight_decay": 0.05,
            "max_length": 64,
        },
        baselines=("crf",),
    ),
    "rte": TaskSettings(
        "Pairs of texts: RTE",
        "Trained on the first and second challenge and on the third's dev part, measured on the "
        "third's test part; a tenth of train chooses the epoch.",
        TEXT_CLASSIFICATION,
        "rte",
        _rte,
        {"accuracy": "accuracy", "macro_f1": "macro F1"},
        {**_SHARED, "epochs": 8, "max_length": 128},
        baselines=("majority", "tfidf"),
    ),
    "xquad": TaskSettings(
        "Answers in texts: XQuAD, English",
        "About a thousand questions to learn from, of articles that the measured questions are not "
        "of; a tenth of the other articles chooses the epoch.",
        QUESTION_ANSWERING,
        "xquad/en.json",
        _split_off_articles,
        {"f1": "F1", "exact_match": "exact match"},
        {**_SHARED, "epochs": 8, "max_length": 256},
        baselines=("sentence",),
    ),
    "answers": TaskSettings(
        "Answers in texts: nine sources, with and without match types",
        "At most 740 questions of each source, a tenth of whose articles chooses the epoch; "
        "measured on 2,000 questions of the dev parts. The int8 files are calibrated, not trained.",
        QUESTION_ANSWERING,
        "qa",
        _answers,
        {
            "f1": "F1",
            "exact_match": "exact match",
            "expected_calibration_error": "calibration error",
        },
        {**_SHARED, "epochs": 2, "qat_epochs": 0, "max_length": 192},
        variants={"SqueezeBERT": {}, "SqueezeBERT, match types": {"match_types": True}},
        baselines=("sentence",),
    ),
    "clinc-oos": TaskSettings(
        "Intents, and texts out of scope: CLINC-150",
        "Measured on val and the texts of oos_val; a tenth of train chooses the epoch. Nothing was "
        "trained on texts out of scope. AUROC: how well confidence tells them apart.",
        TEXT_CLASSIFICATION,
        "clinc150",
        _published(load_dataset),
        {
            "auroc": "AUROC",
            "energy_auroc": "AUROC by energy",
            "accuracy": "accuracy",
            "expected_calibration_error": "calibration error",
        },
        {**_SHARED, "epochs": 6, "max_length": 32},
        baselines=("tfidf",),
        out_of_scope="oos_val.tsv",
    ),
    "noise": TaskSettings(
        "Training on noisy copies: CLINC-150",
        f"Measured on val, clean and with {NOISE_LEVEL:.0%} of the letters wrong "
        f"({', '.join(CHARACTER_NOISES)}; the mean is over these); a tenth of train chooses the "
        "epoch. Lost: clean less noisy. Attack success: DeepWordBug edits letters of the words "
        f"that count most, in {ATTACKED_TEXTS:,} of these texts, at most "
        f"{MAX_CHANGED:.0%} of a text's words but at least one; the share of "
        "those predicted rightly at first that are no longer.",
        TEXT_CLASSIFICATION,
        "clinc150",
        _published(load_dataset),
        {
            "lost": "lost",
            "noisy": "noisy",
            "clean": "clean",
            **{name: name for name in CHARACTER_NOISES},
            "attack_success_rate": "attack success",
        },
        # Passes over copies count: with two of them three passes see as many texts as nine.
        {**_SHARED, "max_length": 40},
        variants={
            "SqueezeBERT": {"epochs": 9},
            "SqueezeBERT, noisy copies": {
                "epochs": 3,
                "noisy_copies": 2,
                "noise_level": NOISE_LEVEL,
            },
        },
        baselines=("tfidf",),
        noises=True,
    ),
}


def divide(settings: TaskSettings, folder: Path, seed: int, examples: int | None):
    """Returns training, validation and test part of a task's data.

    folder: of all data. seed: draws the validation part from the training part. examples: at
        most so many of the whole training part and of the test part, drawn by seed 0; None for
        all.

    A label or tag that only the validation part would have stays in the training part. Examples of
    the test part with others than the whole training part has are left out.

    Raises UserError where the data cannot be read.
    """
    whole, test = settings.load(folder / settings.folder)
    if examples is not None:
        whole = whole.sample(examples, 0)
    train, validation = whole.split(VALIDATION_FRACTION, seed)
    known = _known(validation, train)
    if len(known) < len(validation):
        others = sorted(set(range(len(validation))).difference(known))
        train = concatenate([train, validation.take(others)])
        validation = validation.take(known)
    test = test.take(_known(test, train))
    return train, validation, test if examples is None else test.sample(examples, 0)


def _known(part, train) -> list[int]:
    """The numbers of the examples of a part whose labels and tags a training part has."""
    # Numbers and questions have no names of labels.
    labels = set(getattr(train, "labels", None) or ()) if hasattr(train, "label_ids") else set()
    tags = set(train.tag_names()) if hasattr(train, "tags") else set()
    return [
        row
        for row in range(len(part))
        if (not labels or part.labels[row] in labels)
        and (not tags or tags.issuperset(part.tags[row]))
    ]
