"""JSON files that users bring."""

from __future__ import annotations

import json

import pytest

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import JsonValue, read_json, shown


def refuse(tmp_path, content: str) -> str:
    path = tmp_path / "a.json"
    path.write_text(content, "utf-8")
    with pytest.raises(UserError) as error:
        read_json(path)
    assert str(error.value).startswith(str(path)) and str(error.value).isprintable()
    return str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1,\n"b": }', "a.json:2: not valid JSON (Expecting value, column 6)"),
        ("[" * 100_000, "a.json: not valid JSON (nested too deeply)"),
        ('{"a":' * 100_000, "a.json: not valid JSON (nested too deeply)"),
        ('{"a": %s}' % ("9" * 10_000), "a.json: not valid JSON (an integer of 10,000 digits)"),
        (
            '{"a": 1, "b": 2, "a": 1}',
            "not valid JSON (the key 'a' is there more than once)",
        ),
        (
            '[{"%s": 1, "%s": 2}]' % (("k" * 1_000,) * 2),
            f"(the key '{'k' * 40}' is",
        ),
        (" ", "a.json is empty"),
    ],
)
def test_hostile_files_are_one_sentence(tmp_path, content, message):
    assert message in refuse(tmp_path, content)


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda root: root.get("a").string(), "a.json: a: it is 3, not a string"),
        (lambda root: root.get("a").boolean(), "a.json: a: it is 3, not true or false"),
        (lambda root: root.get("yes").integer(), "a.json: yes: it is true, not an integer"),
        (lambda root: root.get("yes").number(), "a.json: yes: it is true, not a number"),
        (lambda root: root.items(), "a.json: the file: it is {"),
        (lambda root: root.get("list").items()[1].object(), "a.json: list[1]: it is null, not an"),
        (lambda root: root.get("nothing"), "a.json: the file: there is no 'nothing'; keys: 'a',"),
        (lambda root: root.get("line\nbreak").string(), 'a.json: "line\\nbreak": it is 1, not a'),
    ],
)
def test_other_types_name_the_field(tmp_path, read, message):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"a": 3, "yes": True, "list": [0, None], "line\nbreak": 1}))
    with pytest.raises(UserError) as error:
        read(read_json(path))
    assert message in str(error.value) and str(error.value).isprintable()


def test_numbers_and_nesting(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": [0, 0.5, -1e3]}')
    assert [item.number() for item in read_json(path).get("a").items()] == [0, 0.5, -1000.0]


def test_long_and_deep_values_are_shown_in_short(tmp_path):
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert shown(deep) == "a nested list"
    assert shown("a" * 1_000) == '"' + "a" * 39 + "..."
    with pytest.raises(UserError, match="a: it is a nested list, not a string$"):
        JsonValue({"a": deep}, tmp_path / "a.json").get("a").string()
