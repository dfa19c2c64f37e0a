"""Tables of texts with several labels each."""

from __future__ import annotations

import json

import pytest

from tfsqueeze.data.readers.multi_label_tables import read_multi_label_table
from tfsqueeze.recipes.task_of_data import TextColumns, find_task_of_data
from tfsqueeze.utils.errors import UserError


@pytest.fixture
def read(tmp_path):
    def from_content(name, content, **options):
        path = tmp_path / name
        path.write_text(content, "utf-8")
        return read_multi_label_table(path, **options)

    return from_content


def test_a_separator_stands_between_labels(read):
    content = "text,label\nlate,delivery|urgent\nhi,\nback, refund | angry |refund\n"
    assert read("a.csv", content).labels == [("delivery", "urgent"), (), ("refund", "angry")]
    content = "text;label\na;x,y\nb;z\n"
    assert read("b.csv", content, label_separator=",").labels == [("x", "y"), ("z",)]
    # The labels of two columns may have any name, and there may be no line of names.
    assert read("c.tsv", "text\ttopics\na\tx|y\n").labels == [("x", "y")]
    assert read("d.tsv", "x|y\ta b\nz\tb c\nx|y\tc d\n").labels == [("x", "y"), ("z",), ("x", "y")]


def test_json_has_lists(read):
    rows = [
        {"text": "a", "label": ["x", 5]},
        {"text": "b", "label": []},
        {"text": "c", "label": "x|y"},
        {"text": "d", "label": ["x", "x"]},
    ]
    labels = [("x", "5"), (), ("x", "y"), ("x",)]
    assert read("a.json", json.dumps(rows)).labels == labels
    assert read("a.jsonl", "\n".join(map(json.dumps, rows))).labels == labels


def test_columns_of_0_and_1_are_labels(read):
    content = "id,text,toxic,threat,other\n7,a,0,1,x\n8,b,1,1,x\n9,c,0,0,y\n"
    dataset = read("a.csv", content, text_pair_column="other")
    assert dataset.labels == [("threat",), ("toxic", "threat"), ()]
    assert dataset.text_pairs == ["x", "x", "y"]
    rows = [{"text": "a", "toxic": True, "threat": 0}, {"text": "b", "toxic": 0, "threat": 1}]
    assert read("a.json", json.dumps(rows)).labels == [("toxic",), ("threat",)]
    assert read("b.csv", "text,toxic\na,1\nb,0\n").labels == [("toxic",), ()]
    # A column of labels counts, even if it holds nothing but 0 and 1.
    assert read("c.csv", "text,label,toxic\na,1,1\nb,0,1\n").labels == [("1",), ("0",)]


@pytest.mark.parametrize("yes_and_no", [("1.0", "0.0"), ("True", "False"), ("true", " 0 ")])
def test_ones_of_every_spelling_are_labels(read, tmp_path, yes_and_no):
    yes, no = yes_and_no
    dataset = read("a.csv", f"text,toxic,rude\na,{yes},{no}\nb,{yes},{yes}\nc,{no},{no}\n")
    assert dataset.labels == [("toxic",), ("toxic", "rude"), ()]
    columns = TextColumns("text", "label", None)
    assert find_task_of_data(str(tmp_path / "a.csv"), columns, "|").name == (
        "multi-label-classification"
    )


def test_numbers_with_a_point_are_labels(read):
    rows = [{"text": "a", "toxic": 1.0, "rude": 0}, {"text": "b", "toxic": 0.0, "rude": 1}]
    assert read("a.json", json.dumps(rows)).labels == [("toxic",), ("rude",)]


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.csv", "text,label\na,x||y\n", {}, r"a\.csv:2: 'label' is empty"),
        ("a.csv", "text,label\na,x|nan\n", {}, r"a\.csv:2: the label 'nan' stands for a missing"),
        ("a.jsonl", '{"text": "a", "label": null}', {}, r":1: 'label' is null, not a string"),
        ("a.jsonl", '{"text": "a", "label": [["x"]]}', {}, r'\["x"\], not a string'),
        ("a.csv", "text,x,y\na,2,3\n", {}, "there is no column 'label'; columns: 'text', 'x'"),
        ("a.csv", "text,label\na,x\n", {"label_separator": ""}, "label_separator is empty"),
        ("a.xml", "<a/>", {}, "convert it to one"),
    ],
)
def test_what_is_no_list_of_labels_is_refused(read, name, content, options, message):
    with pytest.raises(UserError, match=message):
        read(name, content, **options)


def test_nan_may_be_a_label(read):
    labels = read("a.csv", "text,label\na,x|nan\n", keep_nan_labels=True).labels
    assert labels == [("x", "nan")]
