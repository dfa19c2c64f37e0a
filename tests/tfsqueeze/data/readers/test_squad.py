"""Questions in SQuAD's JSON."""

from __future__ import annotations

import copy
import json
import re

import pytest

from tfsqueeze.data.datasets.question_dataset import AnnotatedAnswer
from tfsqueeze.data.readers.squad import load_squad, read_squad
from tfsqueeze.utils.errors import UserError

FILE = {
    "version": "v2.0",
    "data": [
        {"title": "Normans", "paragraphs": [{
            "context": "\U0001f355 The Normans were in Normandy.",
            "qas": [
                {"id": "1", "question": "Where?", "is_impossible": False,
                 "answers": [{"text": "Normandy", "answer_start": 22},
                             {"text": "in Normandy", "answer_start": 19}]},
                {"id": "2", "question": "Why?", "is_impossible": True, "answers": [],
                 "plausible_answers": [{"text": "were", "answer_start": 14}]},
            ],
        }]},
        # Version 1.1 has no is_impossible.
        {"title": "Normans", "paragraphs": [{"context": "I say hi.", "qas": [
            {"id": "3", "question": "What?", "answers": [{"text": "hi", "answer_start": 6}]},
        ]}]},
    ],
}  # fmt: skip


def write(folder, content):
    path = folder / "dev.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def changed(path: list, value) -> dict:
    """FILE with the value at `path` replaced, or deleted with None."""
    content = copy.deepcopy(FILE)
    parent = content
    for key in path[:-1]:
        parent = parent[key]
    if value is None:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return content


def test_both_versions(tmp_path):
    dataset = read_squad(write(tmp_path, FILE))
    assert dataset.questions == ["Where?", "Why?", "What?"]
    assert dataset.ids == ["1", "2", "3"]
    # Places count characters: the pizza is one.
    assert dataset.answers == [
        [AnnotatedAnswer("Normandy", 22), AnnotatedAnswer("in Normandy", 19)],
        [],
        [AnnotatedAnswer("hi", 6)],
    ]
    assert dataset.contexts[2] == "I say hi."
    # Articles of the same title are two.
    assert dataset.articles == [0, 0, 1]


FIRST = ["data", 0, "paragraphs", 0, "qas", 0]
PLACE = r"dev\.json: data\[0\]\.paragraphs\[0\]\.qas\[0\]"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            changed([*FIRST, "answers", 0, "answer_start"], 23),
            PLACE + r"\.answers\[0\]: the context does not have 'Normandy' at 23, but at 22",
        ),
        (changed([*FIRST, "answers", 0, "answer_start"], -9), "'Normandy' at -9, but at 22"),
        (
            changed([*FIRST, "answers", 1, "text"], "Rome"),
            PLACE + r"\.answers\[1\]: the context does not have 'Rome' at 19$",
        ),
        (changed([*FIRST, "answers", 1, "text"], ""), "does not have '' at 19"),
        (
            changed([*FIRST, "answers", 1, "answer_start"], True),
            PLACE + r"\.answers\[1\]\.answer_start: it is true, not an integer",
        ),
        (changed([*FIRST, "is_impossible"], True), PLACE + ": is_impossible is true, yet there"),
        (changed([*FIRST, "is_impossible"], "no"), 'it is "no", not true or false'),
        (changed([*FIRST, "answers"], []), PLACE + ": there is no answer, yet is_impossible is"),
        (changed([*FIRST, "answers"], None), PLACE + ": there is no 'answers'; keys: 'id',"),
        (changed([*FIRST, "id"], 7), PLACE + r"\.id: it is 7, not a string"),
        (changed([*FIRST[:-1], 1, "id"], "1"), r"qas\[1\]: there is a question '1' before"),
        (changed(["data", 1, "paragraphs"], {}), r"data\[1\]\.paragraphs: it is \{\}, not a list"),
        (changed(["data"], []), "holds no questions"),
        ([FILE], "the file: it is .* not an object"),
        (b'{"data":\n [}', r"dev\.json:2: not valid JSON"),
        (b"", "is empty"),
        (b"[" * 100_000, r"dev\.json: not valid JSON \(nested too deeply\)"),
        (b'{"data": ' + b"9" * 10_000 + b"}", r"not valid JSON \(an integer of 10,000 digits\)"),
        (b'{"data": [], "data": []}', "the key 'data' is there more than once"),
        (
            changed([*FIRST, "answers", 0, "answer_start"], 10**40),
            "not have 'Normandy' at 1000",
        ),
        (changed([*FIRST, "answers", 0, "answer_start"], 22.0), "it is 22.0, not an integer"),
        (changed(["data", 0], ["x"]), r"data\[0\]: it is \[\"x\"\], not an object"),
        (b'{"data": "\xff"}', r"not UTF-8 text \(byte 10\)"),
    ],
)
def test_bad_files_are_named_with_the_place(tmp_path, content, message):
    with pytest.raises(UserError, match=message) as error:
        read_squad(write(tmp_path, content))
    assert str(tmp_path / "dev.json") in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        ("en", "How many points did the Panthers defense surrender?", AnnotatedAnswer("308", 34)),
        (
            "de",
            "Wie viele Punkte gab die Verteidigung der Panthers ab?",
            AnnotatedAnswer("308", 38),
        ),
    ],
)
def test_xquad(shared_dir, language, question, answer):
    dataset = read_squad(shared_dir / "data" / "xquad" / f"{language}.json")
    assert (len(dataset), len(set(dataset.contexts)), len(set(dataset.articles))) == (
        1_190, 240, 48)  # fmt: skip
    assert (dataset.questions[0], dataset.answers[0]) == (question, [answer])
    rest, held_out = dataset.split(0.25, seed=0)
    assert len(set(held_out.articles)) == 12
    assert not set(rest.contexts) & set(held_out.contexts)


def articles(count):
    return {
        "data": [
            {
                "paragraphs": [
                    {
                        "context": f"It is {name}.",
                        "qas": [
                            {
                                "id": f"{name}",
                                "question": "What?",
                                "answers": [{"text": str(name), "answer_start": 6}],
                            }
                        ],
                    }
                ]
            }
            for name in range(count)
        ]
    }


def test_a_single_file_is_divided_by_articles(tmp_path):
    path = write(tmp_path, articles(40))
    first, second = load_squad(path, seed=0), load_squad(path, seed=1)
    assert [len(part) for part in (first.train, first.validation, first.test)] == [29, 3, 8]
    assert first.test == second.test and first.validation != second.validation
    parts = [set(part.ids) for part in (first.train, first.validation, first.test)]
    assert sorted(set.union(*parts), key=int) == [str(name) for name in range(40)]
    assert first.label_names == ["answer"]
    with pytest.raises(UserError, match="too few to hold out"):
        load_squad(write(tmp_path, FILE))


def test_a_folder_has_its_parts_by_name(tmp_path):
    for name in ("train-v1.1", "dev-v1.1"):
        (tmp_path / f"{name}.json").write_text(json.dumps(articles(len(name))))
    splits = load_squad(tmp_path)
    assert (len(splits.train), len(splits.validation), splits.test) == (10, 8, None)
    (tmp_path / "train.json").write_text(json.dumps(FILE))
    with pytest.raises(UserError, match=r"has both train\.json and train-v1\.1\.json"):
        load_squad(tmp_path)
    (tmp_path / "train-v1.1.json").unlink()
    assert load_squad(tmp_path).label_names == ["answer", "no answer"]
    with pytest.raises(UserError, match=r"is no file and has no train\.json"):
        load_squad(tmp_path / "nowhere")


def test_subfolders_are_one_dataset_in_balance(tmp_path):
    def source(name, count):
        folder = tmp_path / name
        folder.mkdir()
        for split in ("train", "dev"):
            articles = [
                {"paragraphs": [{"context": f"It is {i}.", "qas": [
                    {"id": str(i), "question": "What?",
                     "answers": [{"text": str(i), "answer_start": 6}]}]}]}
                for i in range(count)
            ]  # fmt: skip
            (folder / f"{split}.json").write_text(json.dumps({"data": articles}))

    source("large", 9)
    source("small", 2)
    (tmp_path / "empty").mkdir()
    splits = load_squad(tmp_path, max_per_source=3)
    assert [name.partition("/")[0] for name in splits.train.ids] == ["large"] * 3 + ["small"] * 2
    assert len(splits.validation) == 11 and splits.test is None
    parts = (splits.train, splits.validation)
    for part in parts:
        assert len(set(part.ids)) == len(part) and len(set(part.articles)) == len(part)
    assert load_squad(tmp_path, max_per_source=3).train == splits.train
    assert load_squad(tmp_path, max_per_source=3, seed=1).train != splits.train
    assert len(load_squad(tmp_path).train) == 11
    for single in (tmp_path / "large", tmp_path / "large" / "train.json", tmp_path / "large/tr*"):
        with pytest.raises(UserError, match=f"max_per_source is .*, and {re.escape(str(single))} "):
            load_squad(single, max_per_source=3)
    (tmp_path / "small" / "test.json").write_text((tmp_path / "small" / "dev.json").read_text())
    with pytest.raises(UserError, match="some of the folders in .* have a test file"):
        load_squad(tmp_path)
