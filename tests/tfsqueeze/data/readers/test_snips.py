"""Commands with intents and slots."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tfsqueeze.data.readers.snips import load_snips, read_snips
from tfsqueeze.utils.errors import UserError


def write(folder, content, name="Play.json"):
    path = folder / name
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    path.write_bytes(content)
    return path


def command(*chunks) -> dict:
    """A chunk is a text, or a text and its slot."""
    return {
        "data": [
            {"text": c} if isinstance(c, str) else dict(zip(("text", "entity"), c, strict=True))
            for c in chunks
        ]
    }


def test_words_slots_and_intents(tmp_path):
    content = {
        "Play": [
            command("play ", ("Don't Stop", "track"), " by", ("Queen", "artist"), "'s\n"),
            command(("The Who", "artist"), ("Go", "track")),
        ],
        "Stop": [command("stop!")],
    }
    dataset = read_snips(write(tmp_path, content))
    assert dataset.labels == ["Play", "Play", "Stop"]
    assert dataset.sentences[0] == ["play", "Don", "'", "t", "Stop", "by", "Queen", "'", "s"]
    assert dataset.tags[0] == [
        "O",
        "B-track",
        "I-track",
        "I-track",
        "I-track",
        "O",
        "B-artist",
        "O",
        "O",
    ]
    assert dataset.tags[1] == ["B-artist", "I-artist", "B-track"]
    assert (dataset.sentences[2], dataset.tags[2]) == (["stop", "!"], ["O", "O"])


def test_characters_as_surrogates(tmp_path):
    # The pizza of the real PlayMusic.json, as UTF-8, as two encoded surrogates, and as an escape.
    for pizza in (b"\xf0\x9f\x8d\x95", b"\xed\xa0\xbc\xed\xbd\x95", b"\\ud83c\\udf55"):
        content = b'\xef\xbb\xbf{"Play": [{"data": [{"text": "a ' + pizza + b' \xc3\xa9"}]}]}'
        assert read_snips(write(tmp_path, content)).sentences == [["a", "\U0001f355", "é"]]
    with pytest.raises(UserError, match=r"Play\.json is not UTF-8 text \(byte 10\)"):
        read_snips(write(tmp_path, b'{"Play": "\xed\xa0\xbc"}'))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"Play": [command("a"), {"text": "b"}]},
         r"Play\[1\]: there is no 'data'; keys: 'text'"),
        ({"Play": ["a"]}, r"Play\[0\]: it is \"a\", not an object"),
        ({"Play": [{"data": [{"text": 5}]}]}, r"Play\[0\]\.data\[0\]\.text: it is 5, not a string"),
        ({"Play": [{"data": [{"text": "x", "entity": None}]}]},
         r"Play\[0\]\.data\[0\]\.entity: it is null, not a string"),
        ({"Play": {"data": []}}, r"Play: it is \{\"data\": \[\]\}, not a list"),
        ({"Play": [command("  ")]}, r"Play\[0\]: the command has no words"),
        ([], r"the file: it is \[\], not an object"),
        ({}, "holds no commands"),
        (b'{"Play": [\n{"data": }', r"Play\.json:2: not valid JSON \(Expecting value, column 10\)"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"A": [{"data": [{"text": "a"}]}], "A": []}', "the key 'A' is there more than once"),
        (b'{"A": ' + b"9" * 10_000 + b"}", r"not valid JSON \(an integer of 10,000 digits\)"),
        ({"Play\n": [command("a")], "a\x1bb": []}, "the label .* holds the character U\\+001B"),
        ({" ": [command("a")]}, r"Play\.json: the label is empty"),
        ({"Play": [command(("x", "track\ud800"))]},
         r"Play\[0\]\.data\[0\]\.entity: the slot .* holds the character U\+D800"),
        ({"Play": [command(("x", " "))]}, r"data\[0\]\.entity: the slot is empty"),
        ({"Play": [command(("x", ["track"]))]}, r'entity: it is \["track"\], not a string'),
    ],
)  # fmt: skip
def test_bad_files_are_named_with_the_place(tmp_path, content, message):
    with pytest.raises(UserError, match=message) as error:
        read_snips(write(tmp_path, content))
    assert str(tmp_path / "Play.json") in str(error.value)
    assert "\n" not in str(error.value)


def test_folders(tmp_path):
    with pytest.raises(UserError, match=r"has no \.json files"):
        load_snips(tmp_path)
    for intent, slot in (("Play", "track"), ("Rate", "book")):
        write(
            tmp_path, {intent: [command(f"{i} ", ("x", slot)) for i in range(20)]}, f"{intent}.json"
        )
    splits = load_snips(tmp_path, seed=1)
    assert Counter(splits.train.labels) == {"Play": 18, "Rate": 18}
    assert Counter(splits.validation.labels) == {"Play": 2, "Rate": 2}
    assert splits == load_snips(tmp_path, seed=1)
    assert splits != load_snips(tmp_path, seed=2)


def test_a_single_file_is_divided_into_parts(tmp_path):
    content = {intent: [command(f"{intent} {i}") for i in range(20)] for intent in ("Play", "Rate")}
    path = write(tmp_path, content)
    splits = load_snips(path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [29, 3, 8]
    assert Counter(splits.test.labels) == {"Play": 4, "Rate": 4}
    assert len(load_snips(tmp_path).train) == 36


def test_snips(shared_dir):
    splits = load_snips(shared_dir / "data" / "snips")
    assert (len(splits.train), len(splits.validation), splits.test) == (12_406, 1_378, None)
    whole = Counter(splits.train.labels + splits.validation.labels)
    assert whole == {
        "AddToPlaylist": 1942, "BookRestaurant": 1973, "GetWeather": 2000, "PlayMusic": 2000,
        "RateBook": 1956, "SearchCreativeWork": 1954, "SearchScreeningEvent": 1959,
    }  # fmt: skip
    for label, count in Counter(splits.validation.labels).items():
        assert abs(count - 0.1 * whole[label]) <= 1
    # 39 slots; 72 of their tags occur, the published number.
    assert len(splits.tag_names) == 2 * 39 + 1
    both = splits.train.tags + splits.validation.tags
    assert len({tag for tags in both for tag in tags}) == 72
    assert sum(tag[0] == "B" for tags in both for tag in tags) == 35_748


def test_a_folder_with_parts(tmp_path):
    content = {"Play": [command("play ", ("jazz", "genre"))] * 20}
    write(tmp_path, content, "train.json")
    write(tmp_path, {"Play": content["Play"][:3]}, "dev.json")
    splits = load_snips(tmp_path)
    assert [len(splits.train), len(splits.validation), splits.test] == [20, 3, None]
    write(tmp_path, {"Play": content["Play"][:5]}, "test.json")
    assert len(load_snips(tmp_path).test) == 5
    (tmp_path / "dev.json").unlink()
    splits = load_snips(tmp_path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [18, 2, 5]
    write(tmp_path, {"Stop": [command("stop")]}, "dev.json")
    with pytest.raises(UserError, match="of dev.json have the labels Stop, which no"):
        load_snips(tmp_path)
