"""CoNLL files: one word a line with its tag, sentences divided by blank lines."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.data.readers.folders import VALIDATION_FRACTION, find_split_file
from tfsqueeze.data.readers.user_files import read_text
from tfsqueeze.utils.errors import UserError

CONLL_SUFFIXES = (".conll", ".bio", ".iob2")

# The prefix of WikiANN's words, such as `en:` or `zh-classical:`.
_LANGUAGE = re.compile(r"([a-z]{2,}(?:-[a-z]+)*):")


def read_conll(path: str | os.PathLike, *, comments: bool = False) -> TokenDataset:
    """Reads a UTF-8 file of lines with a word first and its tag last; columns between are skipped.

    Columns are parted by tabs if the file has a tab anywhere, else by spaces. A file of one
    column has words without tags. Lines with nothing but spaces and tabs end a sentence, and so
    do `-DOCSTART-` lines. Where every word of the file begins with a language and a colon, as
    in WikiANN (`en:Berlin`; Pan et al. 2017), the prefixes become `languages`.

    Args:
        path: the file.
        comments: whether lines that begin with `#` and a space are comments, as in CoNLL-U.
            They are words by default: `#` is one in texts from social media.

    Raises:
        UserError: the file is missing, empty or not UTF-8; or a line has another number of
            columns than those before, no word or no tag: the message names file and line.
    """
    path = Path(path)
    text = read_text(path)
    tabs = "\t" in text
    sentences, current, columns = [], [], None
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.removesuffix("\r")
        if comments and line.startswith("# "):
            continue
        fields = [field.strip(" ") for field in line.split("\t" if tabs else " ")]
        if not tabs:
            fields = [field for field in fields if field]
        if not line.strip(" \t") or fields[0] == "-DOCSTART-":
            current = []
            continue
        columns = columns or len(fields)
        if len(fields) != columns:
            raise UserError(
                f"{path}:{number}: {len(fields)} columns where the lines before have {columns}"
            )
        if not fields[0] or not fields[-1]:
            raise UserError(f"{path}:{number}: the {'tag' if fields[0] else 'word'} is empty")
        if not current:
            sentences.append(current)
        current.append((number, fields[0], fields[-1]))
    if not sentences:
        raise UserError(f"{path} holds no sentences")
    languages, words = _divide_languages(sentences, path)
    return TokenDataset(
        path.name,
        words,
        tags=None if columns == 1 else [[tag for _, _, tag in rows] for rows in sentences],
        languages=languages,
    )


def load_conll_folder(
    folder: str | os.PathLike, *, comments: bool = False, seed: int = 0
) -> TokenDatasetSplits:
    """Loads `train`, `val` (or `dev`, `validation`) and `test` files, each .conll, .bio or .iob2.

    Without a validation file a tenth of train, drawn by `seed`, takes its place; without a test
    file `test` is None. Files are read by `read_conll`. A folder without a train file, but with
    folders that have one, such as one for each language of WikiANN, is all of them together.

    Raises:
        UserError: there is no train file, two files for one part, a file cannot be used, or a
            tag is missing in train; or some of several folders have a test file.
    """
    folder = Path(folder)
    if find_split_file(folder, ("train",), CONLL_SUFFIXES) is None:
        folders = [
            path
            for path in sorted(folder.glob("*/"))
            if find_split_file(path, ("train",), CONLL_SUFFIXES) is not None
        ]
        if folders:
            return _all_of(
                folder, [load_conll_folder(path, comments=comments, seed=seed) for path in folders]
            )
    paths = [
        find_split_file(folder, stems, CONLL_SUFFIXES)
        for stems in (("train",), ("val", "dev", "validation"), ("test",))
    ]
    if paths[0] is None:
        raise UserError(f"{folder} has no train.conll, train.bio or train.iob2")
    train, validation, test = (path and read_conll(path, comments=comments) for path in paths)
    if validation is None:
        train, validation = train.split(VALIDATION_FRACTION, seed)
    return TokenDatasetSplits(train, validation, test)


def _all_of(folder: Path, splits: list[TokenDatasetSplits]) -> TokenDatasetSplits:
    tests = [one.test for one in splits]
    if None in tests and any(tests):
        raise UserError(
            f"some of the folders in {folder} have a test file and others none; give "
            "one to all or to none"
        )
    return TokenDatasetSplits(
        concatenate([one.train for one in splits], folder.name),
        concatenate([one.validation for one in splits], folder.name),
        None if None in tests else concatenate(tests, folder.name),
    )


def _divide_languages(
    sentences: list[list[tuple[int, str, str]]], path: Path
) -> tuple[list[str] | None, list[list[str]]]:
    """The language of each sentence, if every word says it, and the words without it."""
    found = [[_LANGUAGE.match(word) for _, word, _ in rows] for rows in sentences]
    if not all(match for matches in found for match in matches):
        return None, [[word for _, word, _ in rows] for rows in sentences]
    for rows, matches in zip(sentences, found, strict=True):
        for (number, word, _), match in zip(rows, matches, strict=True):
            if match[1] != matches[0][1]:
                raise UserError(
                    f"{path}:{number}: {word!r} is of another language than the words before it "
                    f"({matches[0][1]!r}); give each language its own sentences"
                )
            if match.end() == len(word):
                raise UserError(f"{path}:{number}: the word after {word!r} is empty")
    words = [
        [word[match.end() :] for (_, word, _), match in zip(rows, matches, strict=True)]
        for rows, matches in zip(sentences, found, strict=True)
    ]
    return [matches[0][1] for matches in found], words
