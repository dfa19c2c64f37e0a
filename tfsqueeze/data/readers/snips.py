"""The JSON files of SNIPS: commands with an intent and slots.

Coucke et al., "Snips Voice Platform: an embedded Spoken Language Understanding system for
private-by-design voice interfaces", 2018, arXiv 1805.10190.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfsqueeze.data.datasets.column import finished
from tfsqueeze.data.datasets.disk_columns import ValuesWriter
from tfsqueeze.data.datasets.numbered_columns import LabelsWriter, TagsWriter
from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.data.readers.file_patterns import (
    files_of_format,
    is_file_or_pattern,
    matching_files,
)
from tfsqueeze.data.readers.folders import divide, find_split_file, split_validation
from tfsqueeze.data.readers.label_checks import check_label
from tfsqueeze.data.readers.large_files import are_large
from tfsqueeze.tokenizers.words import split_words
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import JsonValue, parse_json
from tfsqueeze.utils.user_files import decode_text, read_bytes


def read_snips(path: str | os.PathLike) -> TokenDataset:
    """Reads one file of commands.

    Its form is `{"PlayMusic": [{"data": [{"text": "play "}, {"text": "jazz", "entity":
    "genre"}]}]}`.

    Args:
        path: the file, or a pattern of several files.

    Returns:
        The words of each command by `split_words`, which here also end at the ends of slots. The
        label of a command is its intent. The words of a slot have the tags B- and I- with the
        slot's name; other words have O.

    Raises:
        UserError: the file is missing or is not JSON of that form, or a command has no words. The
            message names the file and the JSON path.
    """
    path = Path(path)
    return _read_files(matching_files(path), path.name)


def _read_files(files: Sequence[Path], name: str) -> TokenDataset:
    """Reads files of commands, one at a time, and so the files of more than 200 MB too."""
    large = are_large(files)
    sentences: Any = ValuesWriter() if large else []
    tags: Any = TagsWriter() if large else []
    labels: Any = LabelsWriter() if large else []
    for file in files:
        is_empty = True
        root = JsonValue(parse_json(_decode(read_bytes(file), file), file), file)
        for intent in root.object():
            label = check_label(intent, str(file))
            for command in root.get(intent).items():
                words, command_tags = _words_and_tags(command.get("data"))
                if not words:
                    raise command.error("the command has no words")
                sentences.append(words)
                tags.append(command_tags)
                labels.append(label)
                is_empty = False
        if is_empty:
            raise UserError(f"{file} holds no commands")
    return TokenDataset(name, finished(sentences), tags=finished(tags), labels=finished(labels))


def load_snips(folder: str | os.PathLike, *, seed: int = 0) -> TokenDatasetSplits:
    """Loads the splits of a folder, or divides a single file with `divide`.

    A folder has train, val (or dev, validation) and test .json files, or else any .json files, such
    as one for each intent, which are all training commands. Without a validation file, a tenth of
    each intent, drawn at random, becomes the validation split.

    Args:
        folder: the folder, a file, or a pattern of files that are one whole.
        seed: fixes the commands of a validation split that is drawn.

    Raises:
        UserError: there is no such file, or one cannot be used.
    """
    folder = Path(folder)
    if is_file_or_pattern(folder):
        return TokenDatasetSplits(*divide(read_snips(folder), seed))
    train_path, validation_path, test_path = (
        find_split_file(folder, stems, (".json",))
        for stems in (("train",), ("val", "dev", "validation"), ("test",))
    )
    if train_path is None:
        paths = files_of_format(folder, ".json")
        if not paths:
            raise UserError(f"{folder} has no .json files; each holds the commands of an intent")
        return TokenDatasetSplits(*split_validation(_read_files(paths, folder.name), seed))
    train = read_snips(train_path)
    if validation_path is None:
        train, validation = split_validation(train, seed)
    else:
        validation = read_snips(validation_path)
    return TokenDatasetSplits(
        train, validation, None if test_path is None else read_snips(test_path)
    )


def _words_and_tags(chunks: JsonValue) -> tuple[list[str], list[str]]:
    words, tags = [], []
    for chunk in chunks.items():
        chunk_words = split_words(chunk.get("text").string())
        words += chunk_words
        if not chunk.has("entity"):
            tags += ["O"] * len(chunk_words)
            continue
        entity = chunk.get("entity")
        slot = check_label(entity.string(), entity.location, "slot")
        tags += [f"{'I' if index else 'B'}-{slot}" for index in range(len(chunk_words))]
    return words, tags


def _decode(content: bytes, path: Path) -> str:
    # PlayMusic.json has one character ("Slice of pizza", U+1F355) written as CESU-8: the two
    # halves of its UTF-16 surrogate pair, each encoded by itself. All else in it is UTF-8.
    try:
        pairs = content.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
        return pairs.decode("utf-16").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return decode_text(content, path)
