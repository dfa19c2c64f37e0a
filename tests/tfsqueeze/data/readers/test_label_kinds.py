"""Labels that are no classes."""

from __future__ import annotations

import pytest

from tfsqueeze.data.readers.label_kinds import check_classes
from tfsqueeze.utils.errors import UserError

TASKS = ("several", "number")


@pytest.mark.parametrize(
    "labels",
    [
        ["0", "1"],
        list("12345"),
        ["1.0", "2.0", "5.0"],
        [str(number) for number in range(150)],
        [str(number) for number in range(1, 78)],
        # A hierarchy: no second part recurs.
        ["sport|football", "sport|tennis", "news|world", "news|local"],
        ["a|b"] + ["c"] * 20,
        ["ok", "fraud", "1.5"],
        [],
    ],
)
def test_classes_pass(labels):
    check_classes(labels, "train.csv", "|", TASKS)


def test_combinations_are_several_labels():
    labels = ["delivery|urgent", "delivery|new", "account|urgent", "account|new", "new"]
    message = (
        r"^train\.csv: labels such as 'delivery\|urgent' are several labels each; train with "
        r"--task several, or name another --label-separator than '\|'$"
    )
    with pytest.raises(UserError, match=message):
        check_classes(labels, "train.csv", "|", TASKS)
    check_classes(labels, "train.csv", ";", TASKS)
    # A label that also stands alone recurs.
    with pytest.raises(UserError, match="several labels"):
        check_classes(["a|b", "a", "b"], "train.csv", "|", TASKS)


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["0.000", "0.143", "1"], "0.143"),
        (["-0.5", "1e-3"], "-0.5"),
        ([str(7 * number) for number in range(30)], "0"),
    ],
)
def test_numbers_are_no_classes(labels, shown):
    message = f"the labels are numbers, such as '{shown}'; train with --task number, or give"
    with pytest.raises(UserError, match=message):
        check_classes(labels, "train.csv", "|", TASKS)
