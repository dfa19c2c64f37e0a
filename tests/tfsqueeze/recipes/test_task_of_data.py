"""The task that a dataset is for, by its files and labels."""

from __future__ import annotations

import gzip
import json

import pytest

from tfsqueeze.recipes.task_of_data import TextColumns, find_task_of_data

SINGLE = TextColumns("text", "label", None)
SNIPS = {"PlayMusic": [{"data": [{"text": "play "}, {"text": "jazz", "entity": "genre"}]}]}
SQUAD = {"data": [{"paragraphs": []}]}


def task_of(path, columns=SINGLE):
    return find_task_of_data(str(path), columns, "|").name.value


@pytest.mark.parametrize(
    ("name", "content", "task"),
    [
        ("a.csv", "text,label\ngood,pos\nbad,neg\n", "text-classification"),
        ("a.csv", "text,label\ngood,1\nbad,0\n", "text-classification"),
        ("a.csv", "text,score\ngood,0.5\nbad,0.25\n", "regression"),
        ("a.tsv", "text\tlabel\na\tx|y\nb\tx\nc\ty|x\nd\ty\n", "multi-label-classification"),
        ("a.csv", "text,food,rain\nsoup,1,0\nwet,0,1\n", "multi-label-classification"),
        ("a.jsonl", '{"text": "a", "label": ["x"]}\n', "multi-label-classification"),
        ("a.jsonl", '{"text": "a", "label": 0.5}\n{"text": "b", "label": 2}\n', "regression"),
        ("a.json", '[{"text": "a", "label": "x"}]', "text-classification"),
        ("a.txt", "one text\nanother\n", "sentence-embeddings"),
        ("a.conll", "Rome\tB-LOC\n", "token-classification"),
        ("a.json", json.dumps(SNIPS), "intent-and-slots"),
        ("a.json", json.dumps(SQUAD), "question-answering"),
        # What reads them says what is wrong.
        ("a.csv", "", "text-classification"),
        ("a.csv", 'text,label\n"open', "text-classification"),
        ("a.json", "{", "text-classification"),
        ("a.json", "[]", "text-classification"),
        ("a.bin", "?", "text-classification"),
    ],
)
def test_one_file(tmp_path, name, content, task):
    path = tmp_path / name
    path.write_text(content)
    assert task_of(path) == task
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(content.encode()))
    assert task_of(packed) == task


def test_pairs(tmp_path):
    path = tmp_path / "pairs.csv"
    columns = TextColumns("text", "label", "other")
    path.write_text("text,other\na,b\n")
    assert task_of(path, columns) == "sentence-embeddings"
    path.write_text("text,other,label\na,b,same\n")
    assert task_of(path, columns) == "text-classification"
    path.write_text("text,other,label\na,b,0.2\nc,d,0.5\n")
    assert task_of(path, columns) == "regression"


@pytest.mark.parametrize(
    ("names", "content", "task"),
    [
        (("train.csv", "README.md"), "text,label\ngood,0.5\nbad,2\n", "regression"),
        (("PlayMusic.json", "GetWeather.json"), json.dumps(SNIPS), "intent-and-slots"),
        (
            ("news/train.json", "wiki/train.json", "README.md"),
            json.dumps(SQUAD),
            "question-answering",
        ),
        (("en/train.conll", "de/train.conll"), "Rome\tB-LOC\n", "token-classification"),
        (("train.en.txt", "train.de.txt"), "a text\n", "sentence-embeddings"),
        # Names that the readers do not look for.
        (("DATA.JSON",), json.dumps(SQUAD), "question-answering"),
        (("sub/part.json",), json.dumps(SQUAD), "text-classification"),
        (("rte1_dev.xml",), "<entailment-corpus/>", "text-classification"),
        ((), "", "text-classification"),
    ],
)
def test_folders(tmp_path, names, content, task):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert task_of(tmp_path) == task


def test_a_name_is_that_of_labelled_texts():
    assert task_of("reuters-r8") == "text-classification"


@pytest.mark.parametrize(
    ("data", "columns", "task"),
    [
        ("clinc150", SINGLE, "text-classification"),
        ("snips", SINGLE, "intent-and-slots"),
        ("atis", SINGLE, "intent-and-slots"),
        ("wnut17", SINGLE, "token-classification"),
        ("wikiann", SINGLE, "token-classification"),
        ("rte", SINGLE, "text-classification"),
        ("pairs/mrpc", TextColumns("text", "label", "other"), "text-classification"),
        ("stsb/en", TextColumns("text", "label", "other"), "regression"),
        ("qa", SINGLE, "question-answering"),
        ("xquad/en.json", SINGLE, "question-answering"),
        ("multi30k", SINGLE, "sentence-embeddings"),
    ],
)
def test_real_data(shared_dir, data, columns, task):
    assert task_of(shared_dir / "data" / data, columns) == task
