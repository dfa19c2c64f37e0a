"""Columns of tables that have other names than `text` and `label`."""

from __future__ import annotations

import pytest

from tfsqueeze.data.readers.column_names import find_column, find_pair_column
from tfsqueeze.data.readers.pair_columns import find_text_pair_column
from tfsqueeze.data.readers.tables import guess_columns, read_table
from tfsqueeze.utils.errors import UserError


@pytest.mark.parametrize(
    ("names", "name", "found"),
    [
        (["text", "label"], "text", "text"),
        (["id", "Sentence", "Sentiment"], "text", "Sentence"),
        (["id", "Sentence", "Sentiment"], "label", "Sentiment"),
        # The name that is asked for comes first.
        (["sentence", "text"], "text", "text"),
        (["intent", "label"], "label", "label"),
        (["Text", "TEXT"], "text", None),
        (["phrase", "kind"], "text", None),
        # Only the defaults have other names.
        (["sentence", "label"], "question", None),
    ],
)
def test_columns_are_found_by_their_usual_names(names, name, found):
    assert find_column(names, name) == found


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["sentence1", "sentence2", "label"], "sentence2"),
        (["premise", "hypothesis", "label"], "hypothesis"),
        (["text", "other", "label"], "other"),
        (["question", "sentence", "label"], "sentence"),
        (["text", "hypothesis"], None),
        (["text", "label"], None),
        (["hypothesis", "label"], None),
    ],
)
def test_pairs_are_found_by_their_usual_names(names, found):
    assert find_pair_column(names) == found


def test_a_table_is_read_by_usual_names(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("id,review,stars\n1,great,5\n2,awful,1\n")
    dataset = read_table(path)
    assert (dataset.texts, dataset.labels) == (["great", "awful"], ["5", "1"])
    with pytest.raises(UserError, match="there is no column 'words'"):
        read_table(path, text_column="words")


def test_a_line_of_usual_names_is_no_example(tmp_path):
    path = tmp_path / "train.tsv"
    path.write_text("sentence\tsentiment\ngood\tpos\nbad\tneg\n")
    assert guess_columns(path) is None
    assert read_table(path).texts == ["good", "bad"]


def test_the_first_table_of_a_folder_says_whether_texts_are_pairs(tmp_path):
    assert find_text_pair_column(str(tmp_path)) is None
    assert find_text_pair_column("reuters-r8") is None
    (tmp_path / "test.jsonl").write_text('{"question1": "a", "question2": "b", "label": 1}\n')
    assert find_text_pair_column(str(tmp_path)) == "question2"
    (tmp_path / "train.csv").write_text("text,label\na,b\n")
    assert find_text_pair_column(str(tmp_path)) is None
    assert find_text_pair_column(str(tmp_path / "test.jsonl")) == "question2"
    (tmp_path / "train.csv").write_text("")
    assert find_text_pair_column(str(tmp_path)) is None
