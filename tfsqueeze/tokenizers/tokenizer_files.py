"""The files of a tokenizer's folder: the vocabulary, the settings and the added tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfsqueeze.tokenizers.tokenizer_json import read_tokenizer_json
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS, read_settings, token_content
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import read_json, shown

VOCABULARY_FILE = "vocab.txt"
SETTINGS_FILE = "tokenizer_config.json"
TOKENIZER_FILE = "tokenizer.json"
SPECIAL_TOKENS_FILE = "special_tokens_map.json"
_ADDED_TOKENS_FILE = "added_tokens.json"


def vocabulary_path(folder: Path) -> Path:
    """Returns the file that has the vocabulary of a folder.

    Args:
        folder: a folder with `vocab.txt` or `tokenizer.json`; the former takes precedence.

    Raises:
        UserError: the folder has neither.
    """
    for name in (VOCABULARY_FILE, TOKENIZER_FILE):
        if (folder / name).is_file():
            return folder / name
    raise UserError(
        f"{folder} has no {VOCABULARY_FILE} and no {TOKENIZER_FILE}; name a folder with a "
        "WordPiece tokenizer"
    )


def read_tokenizer_files(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """Reads what Hugging Face's BertTokenizer, of any version, wrote.

    Args:
        folder: a folder with `vocab.txt` or `tokenizer.json`. All other files may be missing.

    Returns:
        The tokens in order of their ids, and the settings as `read_settings` takes them.

    Raises:
        UserError: a file cannot be used, two of them contradict each other, or there are added
            tokens.
    """
    path = vocabulary_path(folder)
    vocabulary = _read_vocabulary(path) if path.name == VOCABULARY_FILE else None
    settings_path = folder / SETTINGS_FILE
    settings = read_json(settings_path).object() if settings_path.is_file() else {}
    added = [(settings_path, *token) for token in _tokens_of_settings(settings, settings_path)]
    path = folder / TOKENIZER_FILE
    if path.is_file():
        found = read_tokenizer_json(path)
        added += [(path, *token) for token in found.added_tokens]
        if vocabulary not in (None, found.vocabulary):
            raise UserError(
                f"{path} has another vocabulary than {VOCABULARY_FILE}; remove the file that the "
                "model was not trained with"
            )
        vocabulary = found.vocabulary
        settings = _merge(settings, found.settings, settings_path, path)
    path = folder / SPECIAL_TOKENS_FILE
    if path.is_file():
        special = read_json(path).object()
        read_settings(special, str(path))
        added += [(path, *token) for token in _tokens_of_settings(special, path)]
    path = folder / _ADDED_TOKENS_FILE
    if path.is_file():
        tokens = read_json(path)
        added += [(path, token, tokens.get(token).integer()) for token in tokens.object()]
    vocabulary = vocabulary or []
    for each in added:
        _check_added_token(*each, vocabulary)
    return vocabulary, settings


def _read_vocabulary(path: Path) -> list[str]:
    try:
        # Only "\n" ends a token: str.splitlines would also split at exotic characters that
        # vocabularies hold as tokens.
        lines = path.read_bytes().decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: {error}") from error
    if lines[-1] == "":
        lines.pop()
    return [line.rstrip("\r") for line in lines]


def _merge(
    settings: dict[str, Any], found: dict[str, Any], settings_path: Path, path: Path
) -> dict[str, Any]:
    """Returns the settings with those that a tokenizer.json found as well."""
    read_settings(found, f"{path}: normalizer")
    merged = {**found, **settings}
    lowercase, _ = read_settings(merged, str(settings_path))
    for name, value in found.items():
        # Without a value of its own, accents follow the case.
        stated, expected = (
            lowercase if name == "strip_accents" and each is None else each
            for each in (merged[name], value)
        )
        if stated != expected:
            raise UserError(
                f"{settings_path}: {name} is {shown(stated)}, and {path.name} has "
                f"{shown(expected)}; give both the value that the model was trained with"
            )
    return merged


def _tokens_of_settings(settings: dict[str, Any], path: Path) -> Iterator[tuple[str, int | None]]:
    """Yields the tokens that settings add to the vocabulary, and their ids where they are known."""
    decoder = settings.get("added_tokens_decoder") or {}
    extra = [settings.get(f"{kind}_special_tokens") or [] for kind in ("additional", "extra")]
    if not isinstance(decoder, dict) or not all(isinstance(each, list) for each in extra):
        raise UserError(
            f"{path}: added_tokens_decoder must be an object of tokens by their ids, and "
            "additional_special_tokens and extra_special_tokens lists"
        )
    for number, token in decoder.items():
        if not number.isdecimal() or len(number) > 9:
            raise UserError(f"{path}: added_tokens_decoder: {shown(number)} is not an id")
        yield token_content(token), int(number)
    for token in (token for each in extra for token in each):
        yield token_content(token), None


def _check_added_token(path: Path, token: Any, number: int | None, vocabulary: list[str]) -> None:
    """Raises UserError unless a token is one of BERT's special ones, where it should be.

    Hugging Face's tokenizers find an added token anywhere in a text, even within a word. WordPiece
    would divide it.
    """
    if token in SPECIAL_TOKENS and number in (None, _index(vocabulary, token)):
        return
    named = f"the token {shown(token)}" + ("" if number is None else f" with id {number}")
    known = number is None or 0 <= number < len(vocabulary)
    problem = (
        "which WordPiece would divide or give another id"
        if known
        else f"for which the vocabulary of {len(vocabulary):,} tokens has no row"
    )
    raise UserError(
        f"{path} adds {named}, {problem}; added tokens are not supported: remove it from the "
        "tokenizer's files if no text holds it"
    )


def _index(vocabulary: Sequence[str], token: str) -> int | None:
    return vocabulary.index(token) if token in vocabulary else None
