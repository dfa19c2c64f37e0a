"""Datasets by name and by folder."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from tfsqueeze.data.sources.evaluation_set import load_evaluation_set
from tfsqueeze.data.sources.named_datasets import DATASETS, load_dataset
from tfsqueeze.utils.errors import UserError

SIZES = {
    # train with validation, test, classes
    "reuters-r8": (5_485, 2_189, 8),
    "20newsgroups": (11_293, 7_528, 20),
    "vader-movies": (8_454, 2_114, 2),
    "vader-tweets": (3_357, 839, 2),
    "vader-products": (2_888, 722, 2),
    "vader-editorials": (3_957, 989, 2),
}


@pytest.mark.parametrize("name", DATASETS)
def test_named_datasets_have_their_published_sizes(name):
    splits = load_dataset(name)
    train, validation, test = splits.train, splits.validation, splits.test

    assert (len(train) + len(validation), len(test), len(splits.label_names)) == SIZES[name]
    assert len(validation) == round(0.1 * (len(train) + len(validation)))
    assert all(text.strip() for part in (train, validation, test) for text in part.texts)
    # Stratified: within one example of a tenth of every label.
    whole = Counter(train.labels + validation.labels)
    for label, count in Counter(validation.labels).items():
        assert abs(count - 0.1 * whole[label]) <= 1


def test_reuters_r8_is_the_known_one():
    splits = load_dataset("reuters-r8")
    assert Counter(splits.test.labels) == {
        "earn": 1083, "acq": 696, "crude": 121, "money-fx": 87,
        "interest": 81, "trade": 75, "ship": 36, "grain": 10,
    }  # fmt: skip
    assert splits.test.labels[0] in splits.label_names
    assert load_dataset("reuters-r8") == splits


def test_the_seed_moves_validation_but_not_test():
    first, second = (load_dataset("vader-tweets", seed=seed) for seed in (0, 1))
    assert first.test == second.test
    assert first.validation != second.validation
    # Rated 1.4 and -1.4 of 4 by people.
    parts = (first.train, first.validation, first.test)
    labels = {t: k for part in parts for t, k in zip(part.texts, part.labels, strict=True)}
    assert labels["Yay. Another good phone interview."] == "positive"
    assert labels["Damn, running late sucks."] == "negative"


def test_a_local_folder_without_column_names(shared_dir):
    splits = load_dataset(shared_dir / "data" / "clinc150")
    assert (len(splits.train), len(splits.validation), splits.test) == (15_000, 3_000, None)
    assert len(splits.label_names) == 150
    assert splits.train.labels[0] == "translate"
    assert splits.train.texts[0].startswith("what expression would i use")


def test_text_before_label_without_column_names(shared_dir):
    splits = load_dataset(shared_dir / "data" / "sst2")
    assert splits.label_names == ["0", "1"]
    assert (len(splits.train), len(splits.validation)) == (6_920, 872)


def test_small_files_have_the_columns_of_train(tmp_path):
    (tmp_path / "train.tsv").write_text("good one\t1\nbad one\t0\ngood two\t1\nbad two\t0\n")
    (tmp_path / "dev.tsv").write_text("good three\t1\n")
    splits = load_dataset(tmp_path)
    assert splits.label_names == ["0", "1"]
    assert (splits.validation.texts, splits.validation.labels) == (["good three"], ["1"])


def test_folders_of_any_kind_of_file(tmp_path):
    rows = [(f"text {i}", "ab"[i % 2]) for i in range(40)]
    (tmp_path / "train.csv").write_text("said,kind\n" + "".join(f"{t},{k}\n" for t, k in rows))
    (tmp_path / "test.jsonl").write_text('{"said": "x", "kind": "a"}\n')
    columns = {"text_column": "said", "label_column": "kind"}

    splits = load_dataset(tmp_path, **columns)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (36, 4, 1)
    assert Counter(splits.validation.labels) == {"a": 2, "b": 2}

    (tmp_path / "dev.tsv").write_text("said\tkind\ny\tb\n")
    splits = load_dataset(tmp_path, **columns)
    assert (len(splits.train), splits.validation.texts) == (40, ["y"])


def test_pairs_of_texts(tmp_path):
    (tmp_path / "train.tsv").write_text("text\tpair\tlabel\n" + "a\tb\tyes\nc\td\tno\n" * 10)
    splits = load_dataset(tmp_path, text_pair_column="pair")
    assert set(zip(splits.train.texts, splits.train.text_pairs, strict=True)) == {
        ("a", "b"),
        ("c", "d"),
    }


def test_pairs_without_column_names_and_for_evaluation(tmp_path):
    (tmp_path / "train.tsv").write_text("yes\ta\tb\nno\tc\td\n" * 10)
    (tmp_path / "test.tsv").write_text("no\te\tf\n")
    splits = load_dataset(tmp_path, text_pair_column="pair", columns=["label", "text", "pair"])
    assert (len(splits.train), len(splits.validation)) == (18, 2)
    assert (splits.test.texts, splits.test.text_pairs) == (["e"], ["f"])

    named = tmp_path / "named.csv"
    named.write_text("text,pair,label\ng,h,yes\n")
    assert load_evaluation_set(str(named), text_pair_column="pair").text_pairs == ["h"]
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "train.csv").write_text("text,pair,label\n" + "a,b,yes\nc,d,no\n" * 10)
    (folder / "test.csv").write_text("text,pair,label\ne,f,no\n")
    assert load_evaluation_set(str(folder), text_pair_column="pair").text_pairs == ["f"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {},
            r"has no train\.tsv, .*, train\.parquet or train\.tfrecord",
        ),
        ({"train.tsv": "text\tlabel\na\tb\n", "train.csv": "text,label\na,b\n"}, "has both"),
        (
            {"train.tsv": "a\tx\na\ty\nb\tz\nb\tw\n", "val.tsv": "a\tx\nnew\ty\n"},
            r"1 of the 2 examples of val\.tsv have the labels new, which no",
        ),
        (
            {"train.csv": "text,kind,id\na,b,1\n"},
            "no column 'label'; columns: 'text', 'kind'",
        ),
        ({"train.csv": "text,label\na,b\n"}, "too few to hold out 10%"),
    ],
)
def test_unusable_folders(tmp_path, files, message):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=message):
        load_dataset(tmp_path)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(UserError, match=r"reuters-r9 is neither a file nor .*reuters-r8"):
        load_dataset("reuters-r9")


def write_table(path, rows, write=Path.write_text):
    write(path, "text,label\n" + "".join(f"text {i},{'abc'[i % 3]}\n" for i in range(rows)))


def test_a_single_file_is_divided_into_parts(tmp_path):
    path = tmp_path / "tickets.csv"
    write_table(path, 60)
    first, second = load_dataset(path, seed=0), load_dataset(path, seed=1)
    assert [len(part) for part in (first.train, first.validation, first.test)] == [43, 5, 12]
    assert Counter(first.test.labels) == {"a": 4, "b": 4, "c": 4}
    assert first.test == second.test and first.validation != second.validation
    parts = (first.train, first.validation, first.test)
    assert sorted(text for part in parts for text in part.texts) == sorted(
        f"text {i}" for i in range(60)
    )
    # As it is, it is what a model is evaluated on.
    assert len(load_evaluation_set(str(path))) == 60


def test_a_folder_may_hold_packed_files(tmp_path):
    def pack(path, text):
        path.write_bytes(gzip.compress(text.encode()))

    write_table(tmp_path / "train.csv.gz", 30, pack)
    write_table(tmp_path / "dev.csv", 3)
    splits = load_dataset(tmp_path)
    assert (len(splits.train), len(splits.validation), splits.test) == (30, 3, None)
    # A file that was packed and kept counts once, as it is.
    write_table(tmp_path / "train.csv", 33)
    assert len(load_dataset(tmp_path).train) == 33


def test_a_folder_of_csv_without_column_names(tmp_path):
    (tmp_path / "train.csv").write_text("".join(f"text {i},{'ab'[i % 2]}\n" for i in range(20)))
    (tmp_path / "test.csv").write_text("one,b\n")
    splits = load_dataset(tmp_path)
    assert (len(splits.train) + len(splits.validation), splits.test.texts) == (20, ["one"])


def test_missing_labels_are_refused_or_kept(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("text,label\n" + "".join(f"t{i},{('x', 'nan')[i % 2]}\n" for i in range(20)))
    for source in (tmp_path, path):
        with pytest.raises(UserError, match=r"train\.csv:3: the label 'nan' stands for a missing"):
            load_dataset(source)
        assert load_dataset(source, keep_nan_labels=True).label_names == ["nan", "x"]
    with pytest.raises(UserError, match="stands for a missing"):
        load_evaluation_set(str(path))
    assert len(load_evaluation_set(str(path), keep_nan_labels=True)) == 20
