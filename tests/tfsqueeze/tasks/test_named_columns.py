"""Columns that a user names, and data that have none."""

from __future__ import annotations

import json

import pytest

from tfsqueeze.tasks import find_task
from tfsqueeze.tasks.named_columns import check_columns
from tfsqueeze.utils.errors import UserError

DEFAULTS = {
    "text_column": "text",
    "label_column": "label",
    "text_pair_column": None,
    "keep_nan_labels": False,
    "label_separator": "|",
}
NAMED = {
    "text_column": "body",
    "label_column": "intent",
    "text_pair_column": "other",
    "keep_nan_labels": True,
    "label_separator": ",",
}


@pytest.fixture
def data(tmp_path):
    """Paths by the format of their data."""
    (tmp_path / "table").mkdir()
    (tmp_path / "table" / "train.csv").write_text("body,other,intent\na,b,x\n")
    (tmp_path / "part-1.tsv").write_text("body\tintent\na\tx\n")
    (tmp_path / "texts.txt").write_text("a\n")
    (tmp_path / "squad.json").write_text(json.dumps({"data": []}))
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "train.conll").write_text("a O\n")
    return tmp_path


@pytest.mark.parametrize(
    ("task", "unused"),
    [
        ("text-classification", ()),
        ("multi-label-classification", ()),
        ("regression", ("keep_nan_labels", "label_separator")),
        ("sentence-embeddings", ("keep_nan_labels", "label_separator")),
        ("masked-lm", set(NAMED) - {"text_column"}),
        *[
            (name, NAMED)
            for name in ("token-classification", "intent-and-slots", "question-answering")
        ],
    ],
)
def test_columns_that_a_task_does_not_read(task, unused, data):
    for name, value in NAMED.items():
        columns = {**DEFAULTS, name: value}
        if name in unused:
            with pytest.raises(UserError, match=f"{name} is for other tasks than {task}; leave"):
                check_columns(find_task(task), data / "table", **columns)
        else:
            check_columns(find_task(task), data / "table", **columns)


@pytest.mark.parametrize("name", ["texts.txt", "words", "reuters-r8"])
def test_columns_of_what_is_no_table(name, data):
    path = name if name == "reuters-r8" else data / name
    task = find_task("text-classification")
    check_columns(task, path, **DEFAULTS)
    with pytest.raises(UserError, match=f"text_column is for tables, and .*{name} is none; leave"):
        check_columns(task, path, **{**DEFAULTS, "text_column": "body"})


@pytest.mark.parametrize("name", ["table", "part-1.tsv", "part-*", "squad.json", "nonesuch"])
def test_columns_of_a_table_or_of_what_does_not_exist(name, data):
    """What reads data says that they do not exist, or that JSON is no table."""
    check_columns(find_task("text-classification"), data / name, **NAMED)
