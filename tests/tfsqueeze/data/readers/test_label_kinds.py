"""Labels that are no classes."""

from __future__ import annotations

import pytest

from tfsqueeze.data.readers.label_kinds import check_classes
from tfsqueeze.tasks import TEXT_CLASSIFICATION
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


@pytest.mark.parametrize("part", ["val", "test"])
def test_a_part_of_numbered_classes_may_lack_one(part, tmp_path):
    def write(name, numbers):
        rows = "".join(f"{name} {number},{number}\n" for number in numbers)
        (tmp_path / f"{name}.csv").write_text(f"text,label\n{rows}")

    write("train", [*range(77)] * 20)
    write(part, [number for number in range(77) if number != 35])
    splits = TEXT_CLASSIFICATION.data.load_splits(tmp_path)
    assert len(splits.label_names) == 77
    write("train", range(0, 154, 2))
    with pytest.raises(UserError, match="the labels are numbers, such as '0'; train with"):
        TEXT_CLASSIFICATION.data.load_splits(tmp_path)
