"""CoNLL files: one word with its tag per line, and blank lines between sentences."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.data.readers.file_patterns import is_file_or_pattern, matching_files
from tfsqueeze.data.readers.folders import (
    VALIDATION_FRACTION,
    concatenate_splits,
    divide,
    find_split_file,
)
from tfsqueeze.data.readers.label_checks import check_label
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.user_files import read_text

CONLL_SUFFIXES = (".conll", ".bio", ".iob2")

# The prefix of WikiANN's words, such as `en:` or `zh-classical:`.
_LANGUAGE = re.compile(r"([a-z]{2,}(?:-[a-z]+)*):")

# The line, the word and the tag of each word.
_Sentence = list[tuple[int, str, str]]


def read_conll(path: str | os.PathLike, *, comments: bool = False) -> TokenDataset:
    r"""Reads a file of lines whose first column is a word and whose last one is its tag.

    Columns between the two are skipped. Tabs separate the columns if the file has any tab, else
    spaces do. A file with one column has words without tags. Lines of nothing but spaces and tabs
    end a sentence, and so do `-DOCSTART-` lines. If every word of the file begins with a language
    and a colon, as in WikiANN (`en:Berlin`; Pan et al. 2017), the prefixes become `languages`.

    Args:
        path: the file, or a pattern of several files, such as `data/part-*.conll`.
        comments: whether lines that begin with `#` and a space are comments, as in CoNLL-U.
            By default they are words: `#` is a word in texts from social media.

    Raises:
        UserError: the file is missing, empty or not UTF-8; or a line has no word, no tag, a tag
            with control characters, or a different number of columns from the lines before. The
            message names file and line.

    Example:
        >>> import pathlib, tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = pathlib.Path(folder.name, "train.conll")
        >>> _ = path.write_text("to\tO\nParis\tB-city\n")
        >>> read_conll(path).tags
        [['O', 'B-city']]
    """
    path = Path(path)
    parts = [_read_file(file, comments) for file in matching_files(path)]
    return parts[0] if len(parts) == 1 else concatenate(parts, path.name)


def _read_file(path: Path, comments: bool) -> TokenDataset:
    """Does what `read_conll` does with one file."""
    text = read_text(path)
    tabs = "\t" in text
    sentences: list[_Sentence] = []
    current: _Sentence = []
    columns: int | None = None
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
        word, tag = fields[0], fields[-1]
        if not word:
            raise UserError(f"{path}:{number}: the word is empty")
        if columns > 1:
            tag = check_label(tag, f"{path}:{number}", "tag")
        if not current:
            sentences.append(current)
        current.append((number, word, tag))
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

    `read_conll` reads the files. Without a validation file, a tenth of train, drawn at random,
    becomes the validation split. Without a test file, `test` is None. If the folder has no train
    file but subfolders that have one, such as one per language of WikiANN, the result is all of
    them together. `divide` divides a single file.

    Args:
        folder: the folder, a file, or a pattern of files that are one whole.
        comments: as in `read_conll`.
        seed: fixes the sentences of a validation split that is drawn.

    Raises:
        UserError: there is no train file, or more than one file for a split; a file cannot be
            used; a tag is missing in train; or some subfolders have a test file and others none.
    """
    folder = Path(folder)
    if is_file_or_pattern(folder):
        return TokenDatasetSplits(*divide(read_conll(folder, comments=comments), seed))
    if find_split_file(folder, ("train",), CONLL_SUFFIXES) is None:
        folders = [
            path
            for path in sorted(folder.glob("*/"))
            if find_split_file(path, ("train",), CONLL_SUFFIXES) is not None
        ]
        if folders:
            parts = [load_conll_folder(path, comments=comments, seed=seed) for path in folders]
            return TokenDatasetSplits(*concatenate_splits(parts, folder))
    train_path, validation_path, test_path = (
        find_split_file(folder, stems, CONLL_SUFFIXES)
        for stems in (("train",), ("val", "dev", "validation"), ("test",))
    )
    if train_path is None:
        raise UserError(f"{folder} has no train.conll, train.bio or train.iob2")
    train = read_conll(train_path, comments=comments)
    if validation_path is None:
        train, validation = train.split(VALIDATION_FRACTION, seed)
    else:
        validation = read_conll(validation_path, comments=comments)
    test = None if test_path is None else read_conll(test_path, comments=comments)
    return TokenDatasetSplits(train, validation, test)


def _divide_languages(
    sentences: list[_Sentence], path: Path
) -> tuple[list[str] | None, list[list[str]]]:
    """Returns the language of each sentence, if every word states it, and the bare words."""
    if not all(_LANGUAGE.match(word) for rows in sentences for _, word, _ in rows):
        return None, [[word for _, word, _ in rows] for rows in sentences]
    languages, words = [], []
    for rows in sentences:
        prefixes, rests = [], []
        for number, word, _ in rows:
            prefix, _, rest = word.partition(":")
            prefixes.append(prefix)
            rests.append(rest)
            if prefix != prefixes[0]:
                raise UserError(
                    f"{path}:{number}: {word[:40]!r} is of another language than the words before "
                    f"it ({prefixes[0][:40]!r}); give each language its own sentences"
                )
            if not rest:
                raise UserError(f"{path}:{number}: the word after {word[:40]!r} is empty")
        languages.append(prefixes[0])
        words.append(rests)
    return languages, words
