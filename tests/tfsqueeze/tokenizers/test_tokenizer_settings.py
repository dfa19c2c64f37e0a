"""The settings of a tokenizer, which a file may hold in any form."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tfsqueeze.json_values import json_values, write_changed
from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS, read_settings
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

VOCABULARY = [*SPECIAL_TOKENS, "play", "##ing"]
SETTINGS = DeviceTokenizer(VOCABULARY).settings()


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SETTINGS)), json_values)
def test_any_value_in_any_setting(name, value):
    try:
        lowercase, length = read_settings({**SETTINGS, name: value}, "tokenizer_config.json")
    except UserError as error:
        assert str(error).startswith("tokenizer_config.json: ") and str(error).isprintable()
        assert name in str(error) or name == "do_lower_case"
        return
    assert isinstance(lowercase, bool) and isinstance(length, int) and 0 < length < 1e6


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("do_lower_case", "yes", 'do_lower_case is "yes", not true or false'),
        ("do_lower_case", None, "do_lower_case is null, not true or false"),
        ("strip_accents", [1], r"strip_accents is \[1\] and do_lower_case true; only the two"),
        ("model_max_length", "128", 'model_max_length is "128", not a number of tokens'),
        ("model_max_length", -5, "model_max_length is -5, not a number of tokens"),
        ("model_max_length", True, "model_max_length is true, not a number of tokens"),
        ("pad_token", {"content": 3}, r"pad_token is 3; only '\[PAD\]' is supported"),
        ("unk_token", {"content": "[UNK]" * 1_000}, "unk_token is "),
    ],
)
def test_wrong_types_name_the_file_and_the_field(tmp_path, name, value, message):
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY))
    path = write_changed(tmp_path / "tokenizer_config.json", SETTINGS, name, value)
    with pytest.raises(UserError, match=f"^{path}: {message}") as error:
        WordPieceTokenizer.from_pretrained(tmp_path)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("value", [None, 0, 1e30, 10**300, float("inf")])
def test_no_limit_is_the_usual_length(value):
    assert read_settings({"model_max_length": value}) == (True, 512)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tokenizer_config.json", "[" * 100_000, r"not valid JSON \(nested too deeply\)"),
        ("tokenizer_config.json", "3", "the file: it is 3, not an object"),
        ("tokenizer_config.json", '{"a": 1, "a": 2}', "the key 'a' is there more than once"),
        ("vocab.txt", "[PAD]\n[UNK]\n", "the vocabulary of 2 tokens lacks"),
        (
            "vocab.txt",
            "\n".join([*VOCABULARY, "a" * 1_000]),
            "the vocabulary of 8 tokens cannot",
        ),
        ("vocab.txt", "\n".join([*VOCABULARY, "play"]), "empty or repeated token 'play' at id"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, name, content, message):
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(SETTINGS))
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=f"^{tmp_path}.*{message}") as error:
        WordPieceTokenizer.from_pretrained(tmp_path)
    assert str(error.value).isprintable() and len(str(error.value)) < 500
