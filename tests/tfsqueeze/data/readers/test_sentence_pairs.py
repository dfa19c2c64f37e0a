"""Pairs with scores, and pairs whose texts belong together."""

from __future__ import annotations

import json

import pytest

from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset
from tfsqueeze.data.readers.sentence_pairs import load_sentence_pairs, read_sentence_pairs
from tfsqueeze.utils.errors import UserError


def read(path, **columns):
    return read_sentence_pairs(path, text_pair_column="other", **columns)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "pairs.csv"


def test_numbers_are_scores(path):
    path.write_text("text,other,score\na,b,1.5\nc,d,3\n")
    pairs = read(path, label_column="score")
    assert (pairs.texts, pairs.text_pairs, pairs.scores) == (["a", "c"], ["b", "d"], [1.5, 3.0])
    for score in ("much", "nan", "inf"):
        path.write_text(f"text,other,score\na,b,{score}\n")
        message = (
            f':2: the label "{score}" is not a finite number; the label of a pair is its score'
        )
        with pytest.raises(UserError, match=message):
            read(path, label_column="score")


def test_pairs_of_like_meaning_have_no_scores(path, tmp_path):
    path.write_text("text,other,label\na,b,1\nc,d,0\ne,f,1\n")
    pairs = read(path)
    assert (pairs.texts, pairs.text_pairs, pairs.scores) == (["a", "e"], ["b", "f"], None)
    path.write_text("other,text\na,b\nc,d\n")
    pairs = read(path)
    assert (pairs.texts, pairs.text_pairs, pairs.scores) == (["b", "d"], ["a", "c"], None)
    lines = tmp_path / "pairs.jsonl"
    lines.write_text("\n".join(json.dumps({"text": x, "other": x.upper()}) for x in "abc"))
    assert read(lines).text_pairs == ["A", "B", "C"]
    path.write_text("text,other,label\na,b,0\n")
    with pytest.raises(UserError, match="pairs.csv has no pair with the label 1"):
        read(path)


def test_a_column_of_another_name_is_not_overlooked(path):
    path.write_text("text,other,score\na,b,1.5\n")
    assert read(path).scores == [1.5]
    path.write_text("text,other,alike\na,b,1.5\n")
    with pytest.raises(UserError, match="no column 'label'; columns: 'text', 'other', 'alike'"):
        read(path)


def write(folder, **parts):
    for part, labels in parts.items():
        rows = [f"a{i}\tb{i}\t{label}" for i, label in enumerate(labels)]
        (folder / f"{part}.tsv").write_text("\n".join(["text\tother\tlabel", *rows]) + "\n")


def test_the_training_part_decides(tmp_path):
    # A part of scores may hold nothing but 0 and 1.
    write(tmp_path, train=[0, 2.5, 5], dev=[0, 1], test=[1, 1])
    splits = load_sentence_pairs(tmp_path, text_pair_column="other")
    assert splits.train.scores == [0, 2.5, 5]
    assert (splits.validation.scores, splits.test.scores) == ([0, 1], [1, 1])
    write(tmp_path, train=[0, 1, 1], dev=[0, 1], test=[1, 1])
    splits = load_sentence_pairs(tmp_path, text_pair_column="other")
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [2, 1, 2]
    assert splits.train.scores is splits.validation.scores is splits.test.scores is None
    write(tmp_path, dev=[3, 1])
    with pytest.raises(UserError, match="dev.tsv has other labels than 0 and 1"):
        load_sentence_pairs(tmp_path, text_pair_column="other")
    write(tmp_path, train=[3, 1])
    (tmp_path / "dev.tsv").write_text("text\tother\na\tb\n")
    with pytest.raises(UserError, match="dev.tsv has no scores, and train.tsv has"):
        load_sentence_pairs(tmp_path, text_pair_column="other")


def test_a_single_file_is_divided(tmp_path):
    write(tmp_path, pairs=[1] * 50)
    splits = load_sentence_pairs(tmp_path / "pairs.tsv", text_pair_column="other", seed=1)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [36, 4, 10]
    assert splits.label_names is None


def test_scores_without_pairs_are_refused():
    with pytest.raises(UserError, match="scores without second texts"):
        SentenceDataset("x", ["a"], scores=[1.0])
    assert SentenceDataset("x", ["a"], text_pairs=["b"]).scores is None
