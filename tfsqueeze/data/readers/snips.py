"""Commands with an intent and slots, in the JSON files of SNIPS.

Coucke et al., "Snips Voice Platform: an embedded Spoken Language Understanding system for
private-by-design voice interfaces", 2018, arXiv 1805.10190.
"""

from __future__ import annotations

import os
from pathlib import Path

from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.data.readers.folders import VALIDATION_FRACTION
from tfsqueeze.data.readers.user_files import JsonValue, decode_utf8, parse_json, read_bytes
from tfsqueeze.tokenizers.words import split_words
from tfsqueeze.utils.errors import UserError


def read_snips(path: str | os.PathLike) -> TokenDataset:
    """Reads one file: `{"PlayMusic": [{"data": [{"text": "play "}, {"text": "jazz", "entity":
    "genre"}]}]}`.

    A command's label is its intent; its words are those of `split_words`, which also end where a
    slot does; a slot's words are tagged B- and I- with the slot's name, others O.

    Raises:
        UserError: the file is missing, no JSON of that form, or a command has no words: the
            message names the file and the place in it.
    """
    path = Path(path)
    content = parse_json(_decode(read_bytes(path), path), path)
    sentences, tags, labels = [], [], []
    root = JsonValue(content, path)
    for intent in root.keys():
        for command in root.get(intent).items():
            words, command_tags = _words_and_tags(command.get("data"))
            if not words:
                raise command.error("the command has no words")
            sentences.append(words)
            tags.append(command_tags)
            labels.append(intent)
    if not sentences:
        raise UserError(f"{path} holds no commands")
    return TokenDataset(path.name, sentences, tags=tags, labels=labels)


def load_snips(folder: str | os.PathLike, *, seed: int = 0) -> TokenDatasetSplits:
    """Loads the .json files of a folder, by name; validation is a tenth of each intent, by `seed`.

    Raises:
        UserError: there is no such file, or one cannot be used.
    """
    folder = Path(folder)
    parts = [read_snips(path) for path in sorted(folder.glob("*.json"))]
    if not parts:
        raise UserError(f"{folder} has no .json files; each holds the commands of an intent")
    whole = TokenDataset(
        folder.name,
        [words for part in parts for words in part.sentences],
        tags=[tags for part in parts for tags in part.tags],
        labels=[label for part in parts for label in part.labels],
    )
    return TokenDatasetSplits(*whole.split(VALIDATION_FRACTION, seed))


def _words_and_tags(chunks: JsonValue) -> tuple[list[str], list[str]]:
    words, tags = [], []
    for chunk in chunks.items():
        chunk_words = split_words(chunk.get("text").string())
        words += chunk_words
        if not chunk.has("entity"):
            tags += ["O"] * len(chunk_words)
            continue
        slot = chunk.get("entity").string()
        tags += [f"{'I' if place else 'B'}-{slot}" for place in range(len(chunk_words))]
    return words, tags


def _decode(content: bytes, path: Path) -> str:
    # PlayMusic.json has one character ("Slice of pizza", U+1F355) written as CESU-8: the two
    # halves of its UTF-16 surrogate pair, each encoded by itself. All else in it is UTF-8.
    try:
        pairs = content.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
        return pairs.decode("utf-16").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return decode_utf8(content, path)
