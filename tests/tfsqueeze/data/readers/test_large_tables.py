"""Large tables, which are read as a stream, give what the same tables give in memory."""

from __future__ import annotations

import csv
import gzip
import json
import sys

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfsqueeze.data.datasets.disk_columns import TextsOnDisk
from tfsqueeze.data.datasets.numbered_columns import NumberedLabels
from tfsqueeze.data.readers import tables
from tfsqueeze.data.readers.multi_label_tables import read_multi_label_table
from tfsqueeze.data.readers.number_tables import read_number_table
from tfsqueeze.data.readers.tables import read_table
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.recipes.preparation import prepare_training
from tfsqueeze.utils.errors import UserError

TEXTS = ["good film", "bad", "naïve ﬁlm", "so so", "東京", "bad again", "fine", "no"]
LABELS = ["pos", "neg", "pos", "neg", "pos", "neg", "pos", "neg"]


def write(path, columns=("text", "label"), rows=None, pack=False):
    rows = list(zip(TEXTS, LABELS, strict=True)) if rows is None else rows
    opened = gzip.open if pack else open
    suffix = path.with_suffix("").suffix if pack else path.suffix
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        if suffix == ".jsonl":
            file.writelines(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows)
        elif suffix == ".json":
            json.dump([dict(zip(columns, row, strict=True)) for row in rows], file)
        else:
            separator = "\t" if suffix == ".tsv" else ","
            quoting = csv.QUOTE_NONE if suffix == ".tsv" else csv.QUOTE_MINIMAL
            csv.writer(
                file, delimiter=separator, quoting=quoting, lineterminator="\n", quotechar='"'
            ).writerows([columns, *rows])
    return path


def assert_same(found, expected):
    assert found.is_on_disk and not expected.is_on_disk
    assert type(found) is type(expected) and found.name == expected.name
    for name, column in expected.columns().items():
        other = getattr(found, name)
        assert (other is None) == (column is None)
        assert column is None or list(other) == list(column)


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl", "a.json", "a.tsv.gz", "a.csv.gz"])
def test_a_stream_gives_the_rows_of_the_file(name, tmp_path, streamed):
    path = write(tmp_path / name, pack=name.endswith(".gz"))
    assert_same(streamed(read_table, path), read_table(path))


def test_columns_are_guessed_and_pairs_are_read(tmp_path, streamed):
    bare = tmp_path / "bare.tsv"
    bare.write_text(
        "".join(f"{label}\t{text}\n" for text, label in zip(TEXTS, LABELS, strict=True)), "utf-8"
    )
    assert_same(streamed(read_table, bare), read_table(bare))
    pairs = write(
        tmp_path / "pairs.csv",
        ("text", "other", "label"),
        [(text, f'a, "b"\n{text}', label) for text, label in zip(TEXTS, LABELS, strict=True)],
    )
    options = {"text_pair_column": "other"}
    assert_same(streamed(read_table, pairs, **options), read_table(pairs, **options))


def test_numbers_and_several_labels_are_read(tmp_path, streamed):
    numbers = write(tmp_path / "n.csv", rows=[(text, i / 2) for i, text in enumerate(TEXTS)])
    assert_same(streamed(read_number_table, numbers), read_number_table(numbers))
    several = write(tmp_path / "s.csv", rows=[(text, "a|b") for text in TEXTS])
    assert_same(streamed(read_multi_label_table, several), read_multi_label_table(several))
    bits = write(tmp_path / "b.csv", ("text", "x", "y"), [(text, 1, 0) for text in TEXTS])
    assert_same(streamed(read_multi_label_table, bits), read_multi_label_table(bits))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("text\tlabel\n", "no examples"),
        ("text\tlabel\na\tpos\nb\n", ":3: 1 fields where there are 2"),
        ("text\tlabel\na\t\n", ":2: 'label' is empty"),
        ("text\tkind\tmore\na\tb\tc\n", "there is no column 'label'"),
    ],
)
def test_errors_are_those_of_small_files(content, message, tmp_path, streamed):
    path = tmp_path / "a.tsv"
    path.write_text(content, "utf-8")
    with pytest.raises(UserError, match=message):
        streamed(read_table, path)
    with pytest.raises(UserError, match=message):
        read_table(path)


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path, streamed):
    path = tmp_path / "a.tsv"
    path.write_bytes(b"text\tlabel\n" + b"fine\tpos\n" * 5 + b"caf\xe9\tpos\n")
    with pytest.raises(UserError, match="a.tsv:.*is not UTF-8 text"):
        streamed(read_table, path)
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(b"text,label\n" + b"fine,pos\n" * 50)[:-9])
    with pytest.raises(UserError, match="truncated or no gzip file"):
        streamed(read_table, packed)


def test_a_line_that_fills_the_memory_is_refused(tmp_path, streamed, monkeypatch):
    monkeypatch.setattr("tfsqueeze.utils.user_files._MAX_LINE", 1000)
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(gzip.compress(b"text\tlabel\n" + b"a" * 5000))
    with pytest.raises(UserError, match="a.tsv.gz:2: this line has more than 1,000 characters"):
        streamed(read_table, path)


def test_a_pattern_stands_for_all_its_files(tmp_path, streamed):
    whole = read_table(write(tmp_path / "whole.csv"))
    rows = list(zip(TEXTS, LABELS, strict=True))
    write(tmp_path / "part-0.csv", rows=rows[:5])
    write(tmp_path / "part-1.csv.gz", rows=rows[5:], pack=True)
    pattern = str(tmp_path / "part-*")
    for found in (read_table(pattern), streamed(read_table, pattern)):
        assert (list(found.texts), list(found.labels)) == (whole.texts, whole.labels)
    assert load_dataset(pattern).label_names == ["neg", "pos"]
    prepared = prepare_training(pattern, given={"preset": "squeezebert-micro"})
    assert prepared.task.name == "text-classification"
    (tmp_path / "part-2.tsv").write_text("x")
    with pytest.raises(UserError, match="files of several formats: .csv, .tsv"):
        read_table(pattern)
    with pytest.raises(UserError, match="no file matches"):
        read_table(tmp_path / "none-*.csv")


def test_a_folder_may_hold_parts_in_several_files(tmp_path):
    rows = list(zip(TEXTS, LABELS, strict=True))
    write(tmp_path / "train-00000-of-00002.jsonl", rows=rows[:4])
    write(tmp_path / "train-00001-of-00002.jsonl", rows=rows[4:])
    write(tmp_path / "validation-00000-of-00001.jsonl", rows=rows[:2])
    splits = load_dataset(tmp_path)
    assert splits.train.texts == TEXTS and splits.validation.texts == TEXTS[:2]


def test_what_predict_files_writes_is_training_data(tmp_path):
    for part in range(2):
        (tmp_path / f"part-0000{part}-of-00002.jsonl").write_text(
            "".join(
                json.dumps(
                    {
                        "text": text,
                        "label": label,
                        "probability": 0.9,
                        "probabilities": {label: 0.9, "other": 0.1},
                    }
                )
                + "\n"
                for text, label in zip(TEXTS, LABELS, strict=True)
            )
        )
    prepared = prepare_training(str(tmp_path / "part-*.jsonl"), given={})
    assert prepared.task.name == "text-classification"
    assert prepared.splits.label_names == ["neg", "pos"]
    parts = (prepared.splits.train, prepared.splits.validation, prepared.splits.test)
    assert sum(map(len, parts)) == 2 * len(TEXTS)


def test_parquet_files_are_read(tmp_path, streamed):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"text": TEXTS, "label": [0, 1] * 4}), path)
    found = read_table(path)
    assert found.texts == TEXTS and found.labels == ["0", "1"] * 4
    assert_same(streamed(read_table, path), found)
    content = path.read_bytes()
    for damaged in (b"", b"PAR1", content[:-20], content[:40] + b"\xff" * 60 + content[100:]):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match="a.parquet"):
            read_table(path)


def test_parquet_files_that_no_row_can_be_made_of(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    texts = pyarrow.array(["a", "b"])
    columns = [texts, texts, texts]
    parquet.write_table(pyarrow.Table.from_arrays(columns, ["text", "text", "label"]), path)
    with pytest.raises(UserError, match=r"a\.parquet: the column 'text' is there more than once"):
        read_table(path)
    ends = pyarrow.py_buffer(np.array([0, 1, 2], np.int32).tobytes())
    unreadable = [
        pyarrow.array([1, 2], pyarrow.timestamp("ns")),
        pyarrow.array([10**15, 2], pyarrow.timestamp("ms")),
        pyarrow.Array.from_buffers(
            pyarrow.string(), 2, [None, ends, pyarrow.py_buffer(b"\xff\xfe")]
        ),
    ]
    for column in unreadable:
        parquet.write_table(pyarrow.table({"text": texts, "label": texts, "at": column}), path)
        with pytest.raises(UserError, match="the column 'at' has a value that Python cannot hold"):
            read_table(path)
    path.write_bytes(path.read_bytes().replace(b"label", b"lab\xff\xff"))
    with pytest.raises(UserError, match="a.parquet"):
        read_table(path)


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"not installed: pip install 'tfsqueeze\[parquet\]'"):
        read_table(tmp_path / "a.parquet")


def test_tfrecord_files_are_read(tmp_path, streamed):
    def example(text, label):
        features = {
            "text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[text])),
            "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
        }
        return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()

    paths = [tmp_path / "a-0.tfrecord", tmp_path / "a-1.tfrecord"]
    for number, path in enumerate(paths):
        with tf.io.TFRecordWriter(str(path)) as writer:
            for text in TEXTS[4 * number : 4 * number + 4]:
                writer.write(example(text.encode(), number))
    found = read_table(tmp_path / "a-*.tfrecord")
    assert found.texts == TEXTS and found.labels == ["0"] * 4 + ["1"] * 4
    assert_same(streamed(read_table, tmp_path / "a-*.tfrecord"), found)
    damaged = paths[0].read_bytes()
    paths[0].write_bytes(damaged[:-5])
    with pytest.raises(UserError, match="record 4 is damaged"):
        read_table(paths[0])
    with tf.io.TFRecordWriter(str(paths[0])) as writer:
        writer.write(example(b"caf\xe9", 0))
    with pytest.raises(UserError, match="record 1 is no tf.train.Example"):
        read_table(paths[0])


def test_a_stream_is_divided_as_the_same_rows_in_memory(tmp_path, streamed):
    draw = np.random.default_rng(0)
    rows = [(f"text {i}", f"label {draw.integers(4)}") for i in range(200)]
    path = write(tmp_path / "a.tsv", rows=rows)
    found, expected = streamed(load_dataset, path, seed=1), load_dataset(path, seed=1)
    for part in ("train", "validation", "test"):
        assert_same(getattr(found, part), getattr(expected, part))
    assert found.label_names == expected.label_names


@given(
    texts=st.lists(st.text(alphabet=st.characters(codec=None)), max_size=20),
    numbers=st.lists(st.integers(0, 19), max_size=30),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_texts_on_disk_read_like_a_list(texts, numbers):
    column = TextsOnDisk.write(texts)
    assert list(column) == texts and column[3:9] == texts[3:9] and len(column) == len(texts)
    numbers = [number for number in numbers if number < len(texts)]
    assert list(column.take(numbers)) == [texts[number] for number in numbers]
    assert [column[number] for number in numbers] == [texts[number] for number in numbers]


@given(labels=st.lists(st.sampled_from(["b", "a", "10", "9"]), min_size=1))
@settings(deadline=None)
def test_numbered_labels_read_like_a_list(labels):
    column = NumberedLabels.of(labels)
    assert list(column) == labels and column.names == sorted(set(labels))
    assert column[0] == labels[0] and column[-1] == labels[-1]
    half = column.take(range(len(labels) // 2))
    assert sorted(half.present_names()) == sorted(set(labels[: len(labels) // 2]))


def test_the_columns_of_a_small_table_follow_from_all_its_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_SAMPLE", 2)
    path = tmp_path / "bare.csv"
    path.write_text("one,first text\nlabel,another text\none,last text\n")
    assert tables.guess_columns(path) == ["label", "text"]
    assert read_table(path).labels == ["one", "label", "one"]
