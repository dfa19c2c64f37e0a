"""Plain texts from files and folders."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset
from tfsqueeze.data.readers.text_lines import load_plain_texts, read_plain_texts
from tfsqueeze.utils.errors import UserError


def test_a_line_is_a_text(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("one\n\n  two words \r\nthree", "utf-8")
    assert read_plain_texts(path).texts == ["one", "two words", "three"]


def test_tables_give_texts(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("text,other,score\na,b,1.5\nc,d,3\n")
    assert read_plain_texts(path).texts == ["a", "c"]


def test_folders_and_files_have_parts(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text("\n".join(f"{name}{i}" for i in range(10)) + "\na0\n")
    splits = load_plain_texts(tmp_path)
    assert (len(splits.train), len(splits.validation), splits.test) == (18, 2, None)
    assert not set(splits.train.texts) & set(splits.validation.texts)
    alone = load_plain_texts(tmp_path / "a.txt", seed=3)
    assert (len(alone.train), len(alone.validation)) == (9, 1)
    (tmp_path / "train.txt").write_text("x\ny\n")
    (tmp_path / "dev.tsv").write_text("text\tlabel\nz\tq\n")
    named = load_plain_texts(tmp_path)
    assert (named.train.texts, named.validation.texts) == (["x", "y"], ["z"])
    assert named.label_names is None


def test_files_may_be_packed(tmp_path):
    lines = "\n".join(f"text {i}" for i in range(20))
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(lines.encode("utf-16")))
    assert read_plain_texts(tmp_path / "a.txt.gz").texts == lines.split("\n")
    assert len(load_plain_texts(tmp_path).train) == 18


@pytest.mark.parametrize(
    "name, message",
    [("nowhere", "neither a file nor a folder"), (".", "has no train file and no .txt files")],
)
def test_what_has_no_texts_is_refused(name, message, tmp_path):
    with pytest.raises(UserError, match=message):
        load_plain_texts(tmp_path / name)


def test_columns_stay_together():
    dataset = SentenceDataset("x", ["a", "b", "c"], vectors=np.eye(3))
    assert dataset.take([2, 0]).vectors.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert len(dataset.sample(2, seed=0)) == 2
    with pytest.raises(UserError, match="3 texts but 2 vectors"):
        SentenceDataset("x", ["a", "b", "c"], vectors=np.eye(2))
    with pytest.raises(UserError, match="too few to hold out"):
        dataset.split(0.1, seed=0)
