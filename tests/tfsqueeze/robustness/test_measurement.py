"""Classifiers side by side on the same noisy texts."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.measurement import RobustnessOptions, measure_robustness
from tfsqueeze.robustness.noises import NOISES
from tfsqueeze.utils.errors import UserError

WORDS = NeighbourWords(["corn", "wheat", "gold"], np.array([[1, 0.1], [1, 0.2], [-1, 0.1]]))
TEXTS = ["Sold corn, today", "Bought gold, today"] * 10
LABELS = [0, 1] * 10


def exact(texts):
    """Knows corn by its very letters."""
    return np.array([[1.0, 0.0] if "corn" in text else [0.4, 0.6] for text in texts])


def deaf(texts):
    """Is told the answer by nothing, and so is always half right."""
    return np.tile([1.0, 0.0], (len(texts), 1))


def measure(words=WORDS, **options):
    return measure_robustness(
        {"exact": exact, "deaf": deaf},
        TEXTS,
        LABELS,
        ["grain", "metal"],
        RobustnessOptions(**options),
        words,
    )


def test_accuracies_by_noise_and_level():
    results = measure(noises=("uppercase", "extra_spaces", "drop"), levels=(0.5, 1.0), attacks=())
    assert results["clean"] == {"exact": 1.0, "deaf": 0.5} and results["attacks"] == []
    upper, spaces, drop = results["noises"]
    assert upper["levels"][1] == {
        "level": 1.0,
        "changed": 1.0,
        "accuracy": {"exact": 0.5, "deaf": 0.5},
    }
    assert 0.5 < upper["levels"][0]["accuracy"]["exact"] < 1.0
    assert all(level["accuracy"]["exact"] == 1.0 for level in spaces["levels"])
    assert drop["example"] == {"text": TEXTS[0], "noisy": " , "}
    assert upper["example"]["noisy"] == "SOLD CORN, TODAY"


def test_attacks_on_each_model():
    results = measure(noises=())
    rows = {(row["attack"], row["model"]): row for row in results["attacks"]}
    assert list(rows) == [
        (attack, model) for attack in ("deepwordbug", "textfooler") for model in ("exact", "deaf")
    ]
    # Letters alone make corn of nothing; "gold" has corn among its neighbours.
    for attack, rate in (("deepwordbug", 0.5), ("textfooler", 1.0)):
        exact_row, deaf_row = rows[attack, "exact"], rows[attack, "deaf"]
        assert exact_row["success_rate"] == rate
        assert exact_row["accuracy"] == 1.0 and exact_row["accuracy_under_attack"] == 1 - rate
        assert deaf_row["success_rate"] == 0.0 and deaf_row["mean_changed"] is None
        assert exact_row["mean_changed"] == pytest.approx(1 / 3)
    broken = rows["textfooler", "exact"]["results"][0]
    assert broken["adversarial"] == "Sold wheat, today" and broken["success"]
    assert (broken["label"], broken["predicted"]) == ("grain", "metal")


def test_texts_that_a_noise_cannot_touch_are_counted():
    (row,) = measure(noises=("punctuation_removed",), levels=(1.0,), attacks=())["noises"]
    assert row["levels"][0]["changed"] == 1.0
    (row,) = measure_robustness(
        {"deaf": deaf},
        ["a", "b!"],
        [0, 0],
        ["x", "y"],
        RobustnessOptions(noises=("punctuation_removed",), levels=(1.0,), attacks=()),
    )["noises"]
    assert row["levels"][0]["changed"] == 0.5 and row["example"]["noisy"] == "b"


def test_results_are_json_and_the_same_for_a_seed():
    options = {"noises": ("keyboard", "synonyms"), "levels": (0.3,), "seed": 7}
    results = measure(**options)
    assert json.loads(json.dumps(results)) == results == measure(**options)
    assert results != measure(**{**options, "seed": 8})


def test_what_needs_embeddings_is_left_out_without_them():
    results = measure(words=None, levels=(0.1,))
    assert results["left_out"] == ["synonyms", "textfooler"]
    assert len(results["noises"]) == len(NOISES) - 1
    assert {row["attack"] for row in results["attacks"]} == {"deepwordbug"}


def test_progress_counts_noises_and_texts():
    seen = {}
    measure_robustness(
        {"exact": exact},
        TEXTS,
        LABELS,
        ["grain", "metal"],
        RobustnessOptions(noises=("drop", "swap"), levels=(0.1, 0.2), attacks=("deepwordbug",)),
        WORDS,
        lambda what, *counts: seen.update({what: counts}),
    )
    assert seen == {"noises at all levels": (4, 4), "deepwordbug on exact": (20, 20)}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"noises": ("rust",)}, "no noise 'rust'; choose some of keyboard"),
        ({"attacks": ("rust",)}, "no attack 'rust'; choose some of deepwordbug"),
        ({"levels": ()}, "at least one level"),
        ({"levels": (0.0,)}, "above 0 and at most 1, not 0"),
        ({"levels": (float("nan"),)}, "above 0 and at most 1, not nan"),
        ({"max_changed": 0.0}, "share of words that an attack may change"),
        ({"seed": -1}, "seed must not be negative"),
    ],
)
def test_options_out_of_range(changes, message):
    with pytest.raises(UserError, match=message):
        dataclasses.replace(RobustnessOptions(), **changes)


def test_no_texts():
    with pytest.raises(UserError, match="no texts to measure on"):
        measure_robustness({"exact": exact}, [], [], ["a"], RobustnessOptions())
