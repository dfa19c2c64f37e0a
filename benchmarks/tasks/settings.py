"""What is trained and measured for each table, and on which data."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from benchmarks.tasks.measured_data import MeasuredData, published
from benchmarks.tasks.noise import (
    ATTACKED_TEXTS,
    BACKBONE,
    CHARACTER_NOISES,
    MAX_CHANGED,
    NOISE_LEVEL,
)
from tfsqueeze.data.readers.conll import load_conll_folder
from tfsqueeze.data.readers.squad import load_squad
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.robustness.attacks import ATTACKS
from tfsqueeze.tasks import QUESTION_ANSWERING, TEXT_CLASSIFICATION, TOKEN_CLASSIFICATION


@dataclasses.dataclass(frozen=True)
class TaskSettings(MeasuredData):
    """One table.

    training: options that differ from those of `TrainingOptions`, `seed` aside; pretrained is
        `BACKBONE` unless it says otherwise.
    variants: further options of each model that is trained, by its name.
    baselines: the names of those in `benchmarks.tasks.baselines` to put beside.
    out_of_scope: a file in the folder with texts of no label.
    noises: whether models are measured on noisy texts as well.
    """

    training: dict[str, Any]
    variants: dict[str, dict[str, Any]] = dataclasses.field(
        default_factory=lambda: {"SqueezeBERT": {}}
    )
    baselines: tuple[str, ...] = ()
    out_of_scope: str | None = None
    noises: bool = False


def _answers(folder: Path):
    """A part of the questions of each source, and of all dev parts together."""
    splits = load_squad(folder, seed=0, max_per_source=740)
    return splits.train, splits.validation.sample(2000, seed=0)


_SHARED = {
    "batch_size": 32,
    "learning_rate": 3e-4,
    "qat_epochs": 1,
    "qat_learning_rate": 5e-5,
    "word_dropout": 0.05,
    "patience": 100,
}
_LANGUAGES = ("en", "de", "fr", "nl")

# In the order of the report.
TASKS: dict[str, TaskSettings] = {
    "wikiann": TaskSettings(
        "Named entities in four languages: WikiANN",
        "One model of all languages, from scratch, since the backbone knows English alone, "
        "measured on dev; a tenth of train chooses the epoch. The conditional random fields are "
        "one for each language.",
        TOKEN_CLASSIFICATION,
        "wikiann",
        published(load_conll_folder),
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
        published(load_dataset),
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
        f"epoch. Lost: clean less noisy. Attacks, on {ATTACKED_TEXTS:,} of these texts: of the "
        "texts that are predicted rightly at first, the share that an attack makes wrong. It "
        f"changes the most important words first, at most {MAX_CHANGED:.0%} of a text's words but "
        "at least one. DeepWordBug edits their letters. TextFooler replaces each with one of the "
        f"ten nearest in the embeddings of {BACKBONE}.",
        TEXT_CLASSIFICATION,
        "clinc150",
        published(load_dataset),
        {
            "lost": "lost",
            "noisy": "noisy",
            "clean": "clean",
            **{name: name for name in CHARACTER_NOISES},
            **{name: f"{name} success" for name in ATTACKS},
        },
        # Passes over copies count: with two of them three passes see as many texts as nine.
        {**_SHARED, "learning_rate": 5e-4, "max_length": 32},
        variants={
            "SqueezeBERT": {"epochs": 9},
            "SqueezeBERT, noisy copies": {
                "epochs": 3,
                "noisy_copies": 2,
                "noise_level": NOISE_LEVEL,
            },
            "SqueezeBERT, attacked texts": {
                "epochs": 3,
                "noisy_copies": 2,
                "noise_level": 2 * NOISE_LEVEL,
                "subword_dropout": 0.15,
                "augmented_copies": 3,
                "replaced_words": 0.5,
                "adversarial": tuple(ATTACKS),
                "adversarial_rounds": 1,
                "adversarial_texts": 13_500,
            },
        },
        baselines=("tfidf",),
        noises=True,
    ),
}
