"""A finished folder of prepared texts says in what it differs from what is asked for."""

from __future__ import annotations

import pytest

from tfsqueeze.pretraining.preparation_differences import check_same_preparation
from tfsqueeze.pretraining.preparation_options import PreparationOptions
from tfsqueeze.utils.errors import UserError

SETTINGS = {
    **PreparationOptions().to_dict(),
    "teacher": {"digest": "t", "labels": ["no", "yes"]},
    "tokenizer": "d",
    "sources": [["a.txt", 10, "x"], ["b.txt", 20, "y"]],
}


def test_the_same_settings_pass():
    check_same_preparation("shards", SETTINGS, {**SETTINGS, "sources": [*SETTINGS["sources"]]})


@pytest.mark.parametrize(
    ("name", "value", "difference"),
    [
        ("max_length", 32, "with max_length 64, not 32"),
        ("duplicate_similarity", 1.0, "with duplicate_similarity 0.8, not 1.0"),
        ("tokenizer", "e", "with another tokenizer"),
        ("teacher", {"digest": "u"}, "with another teacher"),
        ("teacher", None, "with a teacher"),
        ("sources", [["a.txt", 10, "x"]], "from 2 files, of which you name 1"),
        (
            "sources",
            [["a.txt", 10, "x"], ["b.txt", 20, "z"]],
            "from other files: b.txt was not among them, or has changed since",
        ),
        (
            "sources",
            [*SETTINGS["sources"], ["c.txt", 30, "z"]],
            "from other files: c.txt was not among them, or has changed since",
        ),
    ],
)
def test_another_setting_has_a_sentence_of_its_own(name, value, difference):
    with pytest.raises(UserError) as error:
        check_same_preparation("shards", SETTINGS, {**SETTINGS, name: value})
    assert str(error.value) == (
        f"shards holds texts that were prepared {difference}; choose another folder, or remove "
        "that one to prepare the texts again"
    )


def test_a_manifest_that_lacks_settings_differs():
    for found, difference in (
        ({**SETTINGS, "teacher": None}, "without a teacher"),
        ({**SETTINGS, "seed": None}, "with seed null, not 0"),
        ({**SETTINGS, "sources": 3}, "from other files: a.txt was not among them"),
    ):
        with pytest.raises(UserError, match=f"prepared {difference}"):
            check_same_preparation("shards", found, SETTINGS)
