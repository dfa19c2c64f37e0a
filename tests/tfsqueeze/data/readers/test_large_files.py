"""Files that are read as a stream give what the same files give in memory."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.disk_columns import TextsOnDisk, ValuesOnDisk
from tfsqueeze.data.datasets.numbered_columns import NumberedLabels, NumberedTags
from tfsqueeze.data.readers.conll import load_conll_folder, read_conll
from tfsqueeze.data.readers.snips import load_snips, read_snips
from tfsqueeze.data.readers.squad import load_squad, read_squad
from tfsqueeze.data.readers.text_lines import load_plain_texts, read_plain_texts
from tfsqueeze.utils.errors import UserError

TAGGED = "to\tO\nParis\tB-city\n\n#\tO\r\nnaïve\tO\n-DOCSTART-\tO\nNew\tB-city\nYork\tI-city\n"
LANGUAGES = "en:to O\nen:Paris B-city\n\nfr:à O\nfr:Paris B-city\n"


def assert_same(found, expected):
    assert found.is_on_disk and not expected.is_on_disk
    assert found.name == expected.name
    for (name, column), other in zip(
        found.columns().items(), expected.columns().values(), strict=True
    ):
        assert (column is None) == (other is None), name
        assert column is None or list(column) == list(other), name


def assert_same_splits(found, expected):
    assert_same(found.train, expected.train)
    assert_same(found.validation, expected.validation)
    assert (found.test is None) == (expected.test is None)
    if found.test is not None:
        assert_same(found.test, expected.test)


@pytest.mark.parametrize("text", [TAGGED, TAGGED.replace("\t", " "), LANGUAGES, "a\nb\n\nc"])
def test_conll(tmp_path, streamed, text):
    (tmp_path / "one.conll").write_text(text, "utf-8", newline="")
    (tmp_path / "two.conll").write_text(text.replace("Paris", "Rome"), "utf-8", newline="")
    assert_same(streamed(read_conll, tmp_path / "one.conll"), read_conll(tmp_path / "one.conll"))
    found = streamed(read_conll, tmp_path / "*.conll")
    assert_same(found, read_conll(tmp_path / "*.conll"))
    if found.tags is not None:
        assert found.tag_names() == read_conll(tmp_path / "*.conll").tag_names()


def test_files_of_two_forms_are_refused(tmp_path, streamed):
    (tmp_path / "a.conll").write_text(TAGGED, "utf-8")
    (tmp_path / "b.conll").write_text("only\nwords\n", "utf-8")
    for read in (streamed, lambda function, path: function(path)):
        with pytest.raises(UserError, match=r"b\.conll and .*a\.conll differ"):
            read(read_conll, tmp_path / "*.conll")


def test_an_error_names_the_line_of_a_stream(tmp_path, streamed):
    (tmp_path / "a.conll").write_text("to\tO\nParis\n", "utf-8")
    with pytest.raises(UserError, match=r"a\.conll:2: 1 columns"):
        streamed(read_conll, tmp_path / "a.conll")


def test_folders_of_languages(tmp_path, streamed):
    for language in ("de", "fr"):
        (tmp_path / language).mkdir()
        text = "".join(f"{language}:w{number} B-x\n\n" for number in range(30))
        (tmp_path / language / "train.bio").write_text(text, "utf-8")
    found, expected = streamed(load_conll_folder, tmp_path), load_conll_folder(tmp_path)
    assert_same_splits(found, expected)
    assert found.tag_names == expected.tag_names == ["B-x", "I-x"]


def write_commands(folder):
    for intent, slot in (("Play", "genre"), ("Book", "place")):
        commands = [
            {"data": [{"text": f"do {number} "}, {"text": "some jazz", "entity": slot}]}
            for number in range(20)
        ]
        (folder / f"{intent}.json").write_text(json.dumps({intent: commands}), "utf-8")


def test_snips(tmp_path, streamed):
    write_commands(tmp_path)
    assert_same(streamed(read_snips, tmp_path / "*.json"), read_snips(tmp_path / "*.json"))
    found, expected = streamed(load_snips, tmp_path), load_snips(tmp_path)
    assert_same_splits(found, expected)
    assert found.label_names == expected.label_names == ["Book", "Play"]


def squad(number, impossible=False):
    context = f"The tower of {number} is in Paris. It is {number} metres high."
    questions = [
        {
            "id": f"{number}-{index}",
            "question": f"Where is {number}?",
            "answers": []
            if impossible
            else [{"text": "Paris", "answer_start": context.index("P")}],
            "is_impossible": impossible,
        }
        for index in range(2)
    ]
    return {"title": "é", "paragraphs": [{"context": context, "qas": questions}]}


@pytest.mark.parametrize("pack", [False, True])
def test_squad(tmp_path, streamed, pack):
    data = {"version": "v2.0", "data": [squad(number, number % 3 == 0) for number in range(12)]}
    content = json.dumps(data).encode()
    path = tmp_path / ("train.json.gz" if pack else "train.json")
    path.write_bytes(gzip.compress(content) if pack else content)
    assert_same(streamed(read_squad, path), read_squad(path))
    assert_same_splits(streamed(load_squad, path), load_squad(path))
    found, expected = streamed(load_squad, tmp_path), load_squad(tmp_path)
    assert found.label_names == expected.label_names
    # Of several sources, questions of one text have one text on disk.
    for name in ("a", "b"):
        (tmp_path / "sources" / name).mkdir(parents=True)
        (tmp_path / "sources" / name / path.name).write_bytes(path.read_bytes())
    found, expected = (
        read(load_squad, tmp_path / "sources", max_per_source=5)
        for read in (streamed, lambda function, *args, **options: function(*args, **options))
    )
    assert_same_splits(found, expected)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"data": [{"paragraphs": 1}]}', r"data\[0\].paragraphs: it is 1, not a list"),
        ('{"data": [{"paragraphs": [}]}', "train.json: not valid JSON"),
        ('{"data": [', "train.json: not valid JSON"),
        ('{"other": []}', "holds no questions"),
        ('{"data": [' + "日" * 41 + "é" * 50, r"not valid JSON \(lexical error: .* json text.\)$"),
        (json.dumps({"data": [squad(1), squad(1)]}), "2 questions of the id '1-0'"),
        ('{"data": [' + "[" * 30_000, "train.json nests lists and objects more than 100 deep"),
        ('{"other": ' + '{"a": ' * 30_000, "train.json nests lists and objects more than 100 deep"),
    ],
)
def test_damaged_squad(tmp_path, streamed, content, message):
    (tmp_path / "train.json").write_text(content, "utf-8")
    with pytest.raises(UserError, match=message) as error:
        streamed(read_squad, tmp_path / "train.json")
    assert "\n" not in str(error.value)


def test_squad_of_every_encoding(tmp_path, streamed):
    content = json.dumps({"data": [squad(number) for number in range(400)]}, ensure_ascii=False)
    path = tmp_path / "train.json"
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        path.write_bytes(content.encode(encoding))
        assert_same(streamed(read_squad, path), read_squad(path))
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError, match="train.json is not UTF-8 text; save it as UTF-8"):
        streamed(read_squad, path)
    packed = gzip.compress(content.encode())
    path = tmp_path / "train.json.gz"
    for damaged in (packed[:-100], packed[:100], packed[:-8] + bytes(8), content.encode()):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match="truncated or no gzip file"):
            streamed(read_squad, path)


def test_plain_texts(tmp_path, streamed):
    lines = [f"text {number % 40} é" for number in range(60)]
    (tmp_path / "a.txt").write_text("\n\n".join(lines), "utf-8")
    (tmp_path / "b.txt").write_text("\n".join(lines[:3]) + "\n", "utf-8")
    for path in (tmp_path / "a.txt", tmp_path / "*.txt"):
        assert_same(streamed(read_plain_texts, path), read_plain_texts(path))
    assert_same_splits(streamed(load_plain_texts, tmp_path), load_plain_texts(tmp_path))
    assert len(load_plain_texts(tmp_path).train) == 36


rows = st.lists(st.lists(st.text(max_size=4), max_size=4), min_size=1, max_size=8)


@given(rows, st.data())
def test_columns_read_like_lists(values, data):
    chosen = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=9))
    kinds = [
        (ValuesOnDisk.of(values), values),
        (NumberedTags.of(values), values),
        (TextsOnDisk.write("".join(row) for row in values), ["".join(row) for row in values]),
        (NumberedLabels.of("".join(row) for row in values), ["".join(row) for row in values]),
    ]
    for column, expected in kinds:
        assert list(column) == expected and len(column) == len(values)
        assert column[-1:] == expected[-1:] and column[0] == expected[0]
        assert column.take(chosen)[:] == [expected[row] for row in chosen]
        assert list(column.of_same_kind(expected * 2)) == expected * 2
    tags = NumberedTags.of(values)
    assert set(tags.take(chosen).present_names()) == {
        name for row in chosen for name in values[row]
    }
    assert list(tags.renamed({"": "empty"})) == [
        [name or "empty" for name in row] for row in values
    ]


def test_parts_on_disk_are_concatenated_there(tmp_path, streamed):
    (tmp_path / "a.conll").write_text(TAGGED, "utf-8")
    (tmp_path / "b.conll").write_text(TAGGED.replace("city", "town"), "utf-8")
    files = [tmp_path / "a.conll", tmp_path / "b.conll"]
    found = concatenate([streamed(read_conll, file) for file in files], "both")
    assert_same(found, concatenate([read_conll(file) for file in files], "both"))
    assert found.take(np.array([3, 0])).tags[:] == [["O", "B-town"], ["O", "B-city"]]
