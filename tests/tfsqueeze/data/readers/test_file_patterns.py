"""Patterns of files, which every reader takes where it takes a file."""

from __future__ import annotations

import gzip
import json

import pytest

from tfsqueeze.data.readers.conll import load_conll_folder, read_conll
from tfsqueeze.data.readers.file_patterns import is_pattern, matching_files
from tfsqueeze.data.readers.snips import load_snips
from tfsqueeze.data.readers.squad import load_squad, read_squad
from tfsqueeze.data.readers.text_lines import load_plain_texts, read_plain_texts
from tfsqueeze.data.sources.evaluation_set import load_evaluation_set, load_texts
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.data.sources.text_files import text_files
from tfsqueeze.recipes.task_of_data import TextColumns, find_task_of_data
from tfsqueeze.utils.errors import UserError

COLUMNS = TextColumns("text", "label", None)


def squad_file(path, articles):
    data = []
    for article in articles:
        qas = [
            {
                "id": f"question {article}",
                "question": f"Which number is {article}?",
                "answers": [{"text": str(article), "answer_start": 10}],
            }
        ]
        data.append({"paragraphs": [{"context": f"Number is {article}.", "qas": qas}]})
    path.write_text(json.dumps({"data": data}), "utf-8")


def test_conll_files_of_a_pattern_are_one_dataset(tmp_path):
    for number, tag in enumerate(("B-city", "B-river")):
        (tmp_path / f"part-{number}.conll").write_text(f"to\tO\nParis\t{tag}\n", "utf-8")
    found = read_conll(tmp_path / "part-*.conll")
    assert found.name == "part-*.conll"
    assert found.tags == [["O", "B-city"], ["O", "B-river"]]
    pattern = str(tmp_path / "part-*")
    assert find_task_of_data(pattern, COLUMNS, "|").name == "token-classification"
    (tmp_path / "part-2.conll").write_text("to\tO\nParis\n", "utf-8")
    with pytest.raises(UserError, match=r"part-2.conll:2: 1 columns where the lines before have 2"):
        read_conll(tmp_path / "part-*.conll")


def test_a_folder_of_conll_has_parts_in_several_files(tmp_path):
    for number in range(2):
        content = f"word{number}\tO\n\n" * 5
        (tmp_path / f"train-{number:05}-of-00002.conll").write_text(content, "utf-8")
    (tmp_path / "dev.conll").write_text("word\tO\n", "utf-8")
    assert len(load_conll_folder(tmp_path).train) == 10


def test_articles_of_several_squad_files_stay_apart(tmp_path):
    squad_file(tmp_path / "part-0.json", range(0, 10))
    squad_file(tmp_path / "part-1.json", range(10, 20))
    pattern = tmp_path / "part-*.json"
    found = read_squad(pattern)
    assert found.articles == list(range(20))
    splits = load_squad(pattern)
    assert len(splits.train) + len(splits.validation) + len(splits.test) == 20
    assert find_task_of_data(str(pattern), COLUMNS, "|").name == "question-answering"
    squad_file(tmp_path / "part-2.json", [3])
    with pytest.raises(UserError, match=r"part-2.json.*there is a question 'question 3' before"):
        read_squad(pattern)


def test_snips_files_of_a_pattern_are_one_dataset(tmp_path):
    for intent in ("play", "rate"):
        commands = [{"data": [{"text": f"{intent} it {i}"}]} for i in range(20)]
        (tmp_path / f"{intent}.part.json").write_text(json.dumps({intent: commands}), "utf-8")
    splits = load_snips(tmp_path / "*.part.json")
    assert splits.label_names == ["play", "rate"]
    assert len(splits.train) + len(splits.validation) + len(splits.test) == 40


def test_plain_texts_of_a_pattern_are_read(tmp_path):
    (tmp_path / "a.txt").write_text("one\n\ntwo\n", "utf-8")
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress("\n".join(map(str, range(8))).encode()))
    pattern = tmp_path / "*.txt*"
    texts = ["one", "two", *map(str, range(8))]
    assert read_plain_texts(pattern).texts == texts
    assert load_texts(str(pattern)).texts == texts
    splits = load_plain_texts(pattern)
    assert sorted([*splits.train.texts, *splits.validation.texts]) == sorted(texts)
    files = text_files([str(pattern)], tmp_path / "plain")
    assert [file.read_text() for file in files] == ["one\n\ntwo\n", "\n".join(texts[2:])]


def test_labelled_files_of_a_pattern_are_evaluated_as_one(tmp_path):
    for number in range(2):
        content = f"text\tlabel\ntext {number}\tlabel {number}\n"
        (tmp_path / f"part-{number}.tsv").write_text(content, "utf-8")
    assert load_evaluation_set(str(tmp_path / "part-*.tsv")).texts == ["text 0", "text 1"]


def test_packed_parts_of_a_split_are_found(tmp_path):
    for number in range(2):
        content = "text\tlabel\n" + "".join(f"text {i}\tlabel {i % 2}\n" for i in range(20))
        (tmp_path / f"train-{number}.tsv.gz").write_bytes(gzip.compress(content.encode()))
    splits = load_dataset(tmp_path)
    assert len(splits.train) + len(splits.validation) == 40


def test_brackets_in_the_name_of_a_folder_are_no_pattern(tmp_path):
    folder = tmp_path / "data[1]*"
    folder.mkdir()
    rows = "".join(f"text {i}\tlabel {i % 2}\n" for i in range(20))
    (folder / "train-0.tsv").write_text(f"text\tlabel\n{rows}", "utf-8")
    assert not is_pattern(folder) and matching_files(folder / "train-0.tsv")
    splits = load_dataset(folder)
    assert len(splits.train) + len(splits.validation) == 20
    with pytest.raises(UserError, match="no file matches"):
        matching_files(tmp_path / "*.csv")
