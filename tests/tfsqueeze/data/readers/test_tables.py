"""TSV, CSV and JSONL files of texts and labels."""

from __future__ import annotations

import csv
import gzip
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfsqueeze.data.readers.label_checks import check_present
from tfsqueeze.data.readers.tables import guess_columns, read_table
from tfsqueeze.utils.errors import UserError


def is_present(value: str) -> bool:
    try:
        check_present(value, "")
    except UserError:
        return False
    return True


# What a UTF-8 file can hold: no lone surrogates.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
label = (
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40)
    .map(str.strip)
    .filter(lambda value: value and is_present(value))
)
line_text = text.filter(lambda value: not set(value) & {"\t", "\n"} and value[-1:] != "\r")


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(text, label, text), min_size=1, max_size=5),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
@example([("line\u2028separator", "a label", "next\x85line\x1c")], csv.QUOTE_MINIMAL)
def test_csv_round_trip(rows, quoting):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, quoting=quoting)
            writer.writerows([("text", "label", "other"), *rows])
        dataset = read_table(path, text_pair_column="other")
    assert list(zip(dataset.texts, dataset.labels, dataset.text_pairs, strict=True)) == rows


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(line_text, label), min_size=1, max_size=5))
def test_tsv_round_trip(rows):
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"{text}\t{label}" for text, label in rows]
        path = write(Path(folder), "rows.tsv", "\n".join(["text\tlabel", *lines]) + "\n")
        dataset = read_table(path)
    assert list(zip(dataset.texts, dataset.labels, strict=True)) == rows


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.text(st.characters(), max_size=40), label), min_size=1, max_size=5),
    st.booleans(),
)
def test_jsonl_round_trip(rows, ensure_ascii):
    if not ensure_ascii:
        rows = [(text.encode("utf-8", "ignore").decode("utf-8"), label) for text, label in rows]
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            json.dumps({"label": label, "text": text}, ensure_ascii=ensure_ascii)
            for text, label in rows
        ]
        dataset = read_table(write(Path(folder), "rows.jsonl", "\n".join(lines)))
    assert list(zip(dataset.texts, dataset.labels, strict=True)) == rows


def test_quotes_blank_lines_byte_order_mark_and_windows_line_ends(tmp_path):
    path = write(tmp_path, "a.tsv", '\ufefftext\tlabel\r\n"hi" she said\tx\r\n\r\n\tempty\r\n')
    dataset = read_table(path)
    assert dataset.texts == ['"hi" she said', ""]
    assert dataset.labels == ["x", "empty"]
    path = write(tmp_path, "a.csv", '\ufefflabel,text\r\nx,"one, ""two""\nthree"\r\n\r\n')
    assert read_table(path).texts == ['one, "two"\nthree']


def test_a_megabyte_in_one_field(tmp_path):
    path = write(tmp_path, "a.csv", "text,label\n" + "word " * 200_000 + ",x\n")
    assert len(read_table(path).texts[0]) == 1_000_000


def test_named_and_header_less_columns(tmp_path):
    path = write(tmp_path, "a.csv", "sentence,stars\ngood,5\n")
    assert read_table(path, text_column="sentence", label_column="stars").labels == ["5"]
    assert read_table(path, text_column="sentence", label_column=None).labels is None
    path = write(tmp_path, "a.tsv", "greet\thello\nleave\tbye\n")
    dataset = read_table(path, columns=["label", "text"])
    assert (dataset.labels, dataset.texts) == (["greet", "leave"], ["hello", "bye"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", 'text\tother\tlabel\n"A"\tB, b\tyes\nC\t\tno\n'),
        ("a.csv", 'label,other,text\nyes,"B, b","""A"""\nno,,C\n'),
        (
            "a.jsonl",
            '{"text": "\\"A\\"", "other": "B, b", "label": "yes"}\n'
            '{"label": "no", "text": "C", "other": ""}\n',
        ),
    ],
)
def test_pairs_from_every_kind_of_file(tmp_path, name, content):
    dataset = read_table(write(tmp_path, name, content), text_pair_column="other")
    assert (dataset.texts, dataset.text_pairs) == (['"A"', "C"], ["B, b", ""])
    assert dataset.labels == ["yes", "no"]


def test_columns_of_pairs_that_are_not_there_or_asked_for_twice(tmp_path):
    path = write(tmp_path, "a.csv", "text,label\na,b\n")
    with pytest.raises(UserError, match=r"a\.csv:2: there is no column 'other'"):
        read_table(path, text_pair_column="other")
    for twice in ("text", "label"):
        with pytest.raises(UserError, match=f"a.csv: the column '{twice}' is asked for twice"):
            read_table(path, text_pair_column=twice)


def test_labels_that_json_has_as_numbers(tmp_path):
    rows = [{"text": "a", "label": value} for value in (1, True, 0.5, "x")]
    path = write(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)))
    assert read_table(path).labels == ["1", "true", "0.5", "x"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", "text\tkind\tid\nhi\tx\t1\n",
         "tsv:2: there is no column 'label'; columns: 'text'"),
        ("a.jsonl", '{"text": "a", "label": "b"}\n{"text": ""}', "jsonl:2: there is no column"),
        ("a.jsonl", '{"text": "a", "label": "b"}\n\n{"text": \n', r"a\.jsonl:3: not valid JSON"),
        ("a.jsonl", "[" * 100_000, r"a\.jsonl:1: not valid JSON"),
        ("a.jsonl", "[1, 2]\n", r"a\.jsonl:1: not a JSON object but \[1, 2\]"),
        ("a.jsonl", '{"text": 5, "label": "b"}', r"a\.jsonl:1: 'text' is 5, not a string"),
        ("a.jsonl", '{"text": "a", "label": null}', r"'label' is null, not a string"),
        ("a.csv", "text,label\na,\n", r"a\.csv:2: 'label' is empty"),
        ("a.csv", "text,label\na,b\na,b,c\n", r"a\.csv:3: 3 fields where there are 2 columns"),
        ("a.tsv", "text\tlabel\nonly\n", r"a\.tsv:2: 1 fields where there are 2 columns"),
        ("a.csv", 'text,label\n"a,b\n', r"a\.csv:2: not valid CSV"),
        ("a.csv", "text,text\na,b\n", r"the column 'text' is there more than once"),
        ("a.csv", "text,label\n", "no examples"),
        ("a.csv", " \n", "is empty"),
        ("a.jsonl", b"", "is empty"),
        ("a.tsv", b"text\tlabel\n\xff\tb\n", r"not UTF-8 text \(byte 11\)"),
        ("a.xlsx", "PK", r"no \.tsv, \.csv, \.jsonl, \.json, \.parquet, \.tfrecord file"),
    ],
)  # fmt: skip
def test_bad_files_are_named_with_the_place(tmp_path, name, content, message):
    with pytest.raises(UserError, match=message) as error:
        read_table(write(tmp_path, name, content))
    assert str(tmp_path / name) in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_files_and_needless_columns(tmp_path):
    with pytest.raises(UserError, match=r"cannot read .*: No such file"):
        read_table(tmp_path / "a.tsv")
    with pytest.raises(UserError, match="names its columns itself"):
        read_table(write(tmp_path, "a.jsonl", "{}"), columns=["text"])


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("greet\thi\ngreet\they\nleave\tbye\nleave\tciao\n", ["label", "text"]),
        ("nice film\t1\nawful film\t0\nwhat a film\t1\nno film\t0\n", ["text", "label"]),
        ("greet\thi\nleave\tbye\n", ["label", "text"]),
        ("label\ttext\ngreet\thi\n", None),
        ("text\tintent\nhi\tgreet\n", None),
        ("greet\thi\tyou\nleave\tbye\tall\n", None),
    ],
)
def test_columns_of_a_tsv_without_names(tmp_path, content, columns):
    assert guess_columns(write(tmp_path, "a.tsv", content)) == columns


def test_other_names_are_not_taken_for_an_example(tmp_path):
    path = write(tmp_path, "a.tsv", "kind\tphrase\ngreet\thi\ngreet\they\n")
    with pytest.raises(UserError, match="seem to be named 'kind' and 'phrase'"):
        guess_columns(path)
    same = "is it late,delivery\nmoney back,refund\nis it late,delivery\nmoney back,refund\n"
    assert guess_columns(write(tmp_path, "a.csv", same)) == ["text", "label"]
    # A .csv mostly has a line of names.
    for rows in ("x,y\n", "intent,utterance\ngreet,hi\ngreet,hey\n", "a,x\nb,y\n"):
        assert guess_columns(write(tmp_path, "a.csv", rows)) is None


def test_the_other_of_two_columns_holds_the_labels(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,category\nhello,greeting\nbye,parting\n", "utf-8")
    assert read_table(path).labels == ["greeting", "parting"]
    with pytest.raises(UserError, match="no column 'intent'"):
        read_table(path, label_column="intent")
    path.write_text("text,kind,source\nhello,greeting,me\n", "utf-8")
    with pytest.raises(UserError, match="no column 'label'"):
        read_table(path)
    path.write_text("phrase,kind\nhello,greeting\n", "utf-8")
    with pytest.raises(UserError, match="no column 'text'"):
        read_table(path)


@pytest.mark.parametrize(
    ("rows", "line", "column"),
    [
        ([{"id": "1", "text": "a", "label": "x"}, {"id": "2", "text": "b"}], 2, "label"),
        ([{"id": "1", "text": "a"}, {"id": "2", "text": "b", "label": "x"}], 1, "label"),
        ([{"text": "a", "label": "x"}, {"text": "b", "source": "web"}], 2, "label"),
        ([{"text": "a", "label": "x"}, {"text": "b", "class": "y"}], 2, "label"),
        ([{"text": "a", "kind": "x"}, {"text": "b"}], 2, "kind"),
        ([{"text": "a", "label": "x"}, {"sentence": "b", "label": "y"}], 2, "text"),
    ],
)
def test_all_rows_have_the_same_columns(rows, line, column, tmp_path):
    path = write(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)))
    message = f"a.jsonl:{line}: there is no column '{column}', which other rows have"
    with pytest.raises(UserError, match=message):
        read_table(path)


def test_spaces_around_labels_and_column_names_are_dropped(tmp_path):
    path = write(tmp_path, "a.csv", " text , label\na,account\nb,account \nc,\taccount\n")
    assert read_table(path).label_names() == ["account"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", 'text,label\na,"x\ny"\n', "000A"),
        ("a.csv", "text,label\na,x\x1b[31my\n", "001B"),
        ("a.jsonl", '{"text": "a", "label": "x\\udfff"}\n', "DFFF"),
        ("a.jsonl", '{"text": "a", "label": "x\\u2028y"}\n', "2028"),
    ],
)
def test_labels_that_no_file_can_hold_are_refused(name, content, code, tmp_path):
    with pytest.raises(UserError, match=rf"{name}:\d: the label .* holds the character U\+{code}"):
        read_table(write(tmp_path, name, content))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"text": "a", "label": "x", "label": "y"}', "the key 'label' is there more than once"),
        (f'{{"text": "a", "label": {"1" * 10_000}}}', "not valid JSON .*digits"),
    ],
)
def test_hostile_json_is_one_sentence(row, message, tmp_path):
    with pytest.raises(UserError, match=f"a.jsonl:1: .*{message}"):
        read_table(write(tmp_path, "a.jsonl", row + "\n"))


ROWS = [("the parcel is late", "delivery"), ("i forgot; please", "account"), ("café", "delivery")]


def packed(content: bytes) -> bytes:
    """Compress without a time: names of tests hold the content, the same in all workers."""
    return gzip.compress(content, mtime=0)


CSV = "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV.replace("text,label", "Text,LABEL")),
        ("a.csv", "text;label\n" + "".join(f'"{text}";{label}\n' for text, label in ROWS)),
        ("a.csv", CSV.replace(",", "\t")),
        ("a.csv", "".join(f'"{text}",{label}\n' for text, label in ROWS)),
        ("a.csv", "".join(f'{label};"{text}"\n' for text, label in ROWS)),
        ("a.csv", CSV.encode("utf-16")),
        ("a.csv", CSV.encode("utf-16-be").join([b"\xfe\xff", b""])),
        ("a.tsv", CSV.replace(",", "\t").encode("utf-32")),
        ("a.csv.gz", packed(CSV.encode())),
        ("a.tsv.gz", packed(CSV.replace(",", "\t").encode("utf-16"))),
        ("a.json", json.dumps([{"text": text, "label": label} for text, label in ROWS])),
        (
            "a.json",
            json.dumps([{"Label": label, "Text": text} for text, label in ROWS], indent=2),
        ),
        ("a.json", "\n".join(json.dumps({"text": text, "label": kind}) for text, kind in ROWS)),
        (
            "a.jsonl.gz",
            packed(
                "\n".join(json.dumps({"text": text, "label": kind}) for text, kind in ROWS).encode()
            ),
        ),
    ],
)
def test_what_spreadsheets_and_other_libraries_write_is_read(tmp_path, name, content):
    dataset = read_table(write(tmp_path, name, content))
    assert list(zip(dataset.texts, dataset.labels, strict=True)) == ROWS


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.csv",
            CSV.encode("latin-1"),
            r"a\.csv is not UTF-8 text \(byte \d+\); save it as UTF-8",
        ),
        ("a.csv", CSV.encode("utf-16")[:-1], r"a\.csv is not UTF-16 text"),
        ("a.csv", "phrase,kind\nhi,greet\n", r"no column 'text'; .* as with --text-column"),
        ("a.json", '{\n"text": ["a"],\n"label": ["b"]}', "holds one object over several lines"),
        ("a.json", '{"text": {"0": "a"}, "label": {"0": "b"}}', '\'text\' is {"0": "a"}, not a'),
        ("a.json", '[{"text": "a", "label": "b"}, 3]', r"a\.json: \[1\]: not a JSON object but 3"),
        ("a.json", '[{"text": "a", "label": "b"},', r"a\.json:1: not valid JSON"),
        ("a.json", "[" * 100_000, r"a\.json: not valid JSON \(nested too deeply\)"),
        ("a.csv.gz", packed(CSV.encode())[:-4], r"a\.csv\.gz is truncated or no gzip file"),
        ("a.csv.gz", CSV, "is truncated or no gzip file"),
        (
            "a.csv",
            ",".join(f"{'x' * 100}{i}" for i in range(30)) + "\na\n",
            r"a\.csv:2: 1 fields where there are 30 columns",
        ),
    ],
)
def test_what_is_ambiguous_or_damaged_is_one_sentence(tmp_path, name, content, message):
    with pytest.raises(UserError, match=message) as error:
        read_table(write(tmp_path, name, content))
    assert "\n" not in str(error.value) and len(str(error.value)) < 1_500


@pytest.mark.parametrize("word", ["nan", "NaN", "NA", "n/a", "null", "NULL", "None", "<NA>"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.json"])
def test_a_missing_label_is_a_label_only_when_asked_for(tmp_path, name, word):
    mark = "," if name == "a.csv" else "\t"
    content = f"text{mark}label\na{mark}x\nb{mark} {word} \n"
    if ".json" in name:
        content = f'{{"text": "a", "label": "x"}}\n{{"text": "b", "label": "{word}"}}\n'
    path = write(tmp_path, name, content)
    with pytest.raises(UserError, match=rf":\d: the label '{word}' .* with --keep-nan-labels"):
        read_table(path)
    assert read_table(path, keep_nan_labels=True).labels == ["x", word]
    # A text may be any word.
    assert read_table(path, label_column=None).texts == ["a", "b"]


def test_a_number_that_is_none_is_a_missing_label(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"text": "a", "label": NaN}\n')
    with pytest.raises(UserError, match="the label 'NaN' stands for a missing one"):
        read_table(path)
