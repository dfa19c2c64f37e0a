"""CoNLL files: one word with its tag per line, and blank lines between sentences."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tfsqueeze.data.datasets.column import finished
from tfsqueeze.data.datasets.disk_columns import ValuesWriter
from tfsqueeze.data.datasets.numbered_columns import LabelsWriter, TagsWriter
from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.data.readers.file_patterns import is_file_or_pattern, matching_files
from tfsqueeze.data.readers.folders import (
    concatenate_splits,
    divide,
    find_split_file,
    split_validation,
)
from tfsqueeze.data.readers.label_checks import check_label
from tfsqueeze.data.readers.large_files import are_large
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.user_files import read_text, stream_lines

CONLL_SUFFIXES = (".conll", ".bio", ".iob2")

# The prefix of WikiANN's words, such as `en:` or `zh-classical:`.
_LANGUAGE = re.compile(r"([a-z]{2,}(?:-[a-z]+)*):")

# The line, the word and the tag of each word.
_Sentence = list[tuple[int, str, str]]
_Lines = Callable[[], Iterator[str]]


def read_conll(path: str | os.PathLike, *, comments: bool = False) -> TokenDataset:
    r"""Reads a file of lines whose first column is a word and whose last one is its tag.

    Columns between the two are skipped. Tabs separate the columns if the file has any tab, else
    spaces do. A file with one column has words without tags. Lines of nothing but spaces and tabs
    end a sentence, and so do `-DOCSTART-` lines. If every word of the file begins with a language
    and a colon, as in WikiANN (`en:Berlin`; Pan et al. 2017), the prefixes become `languages`.

    The sentences of more than 200 MB stay on disk; see `ValuesOnDisk`.

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
    files = matching_files(path)
    large = are_large(files)
    sentences: Any = ValuesWriter() if large else []
    tags: Any = TagsWriter() if large else []
    languages: Any = LabelsWriter() if large else []
    forms: dict[tuple[bool, bool], Path] = {}
    for file in files:
        lines = _lines_of(file, large)
        form = _form(file, lines, comments)
        forms.setdefault((form.has_tags, form.has_languages), file)
        if len(forms) > 1:
            raise UserError(
                f"{file} and {next(iter(forms.values()))} differ: one has "
                f"{'languages' if form.has_languages else 'tags'} and the other none; give them "
                "to all files or to none"
            )
        for rows in _sentences(file, lines, form, comments):
            words = [word for _, word, _ in rows]
            if form.has_languages:
                language, words = _divide_language(rows, file)
                languages.append(language)
            sentences.append(words)
            tags.append([tag for _, _, tag in rows])
    ((has_tags, has_languages),) = forms
    return TokenDataset(
        path.name,
        finished(sentences),
        tags=finished(tags) if has_tags else None,
        languages=finished(languages) if has_languages else None,
    )


class _Form(NamedTuple):
    """The form of a file.

    Args:
        tabs: whether tabs separate its columns, not spaces.
        has_tags: whether it has more than one column.
        has_languages: whether each word begins with a language.
    """

    tabs: bool
    has_tags: bool
    has_languages: bool


def _form(path: Path, lines: _Lines, comments: bool) -> _Form:
    """Returns the form of a file.

    Raises:
        UserError: it holds no sentences.
    """
    tabs = any("\t" in line for line in lines())
    words = (fields for line in lines() if (fields := _fields(line, tabs, comments)) is not None)
    first = next(words, None)
    if first is None:
        raise UserError(f"{path} holds no sentences")
    has_languages = all(_LANGUAGE.match(fields[0]) for fields in itertools.chain([first], words))
    return _Form(tabs, len(first) > 1, has_languages)


def _lines_of(path: Path, large: bool) -> _Lines:
    """Returns what gives the lines of a file; it reads a small one once."""
    if large:
        return lambda: (line.removesuffix("\n") for line in stream_lines(path, "\n"))
    lines = read_text(path).split("\n")
    return lambda: iter(lines)


def _fields(line: str, tabs: bool, comments: bool) -> list[str] | None:
    """Returns the columns of a line; None if it ends a sentence or is a comment."""
    if _is_comment(line, comments):
        return None
    fields = [field.strip(" ") for field in line.removesuffix("\r").split("\t" if tabs else " ")]
    if not tabs:
        fields = [field for field in fields if field]
    return fields if any(fields) and fields[0] != "-DOCSTART-" else None


def _is_comment(line: str, comments: bool) -> bool:
    return comments and line.startswith("# ")


def _sentences(path: Path, lines: _Lines, form: _Form, comments: bool) -> Iterator[_Sentence]:
    """Returns the sentences of a file."""
    current: _Sentence = []
    columns: int | None = None
    for number, line in enumerate(lines(), start=1):
        fields = _fields(line, form.tabs, comments)
        if fields is None:
            if current and not _is_comment(line, comments):
                yield current
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
        current.append((number, word, tag))
    if current:
        yield current


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
        train, validation = split_validation(train, seed)
    else:
        validation = read_conll(validation_path, comments=comments)
    test = None if test_path is None else read_conll(test_path, comments=comments)
    return TokenDatasetSplits(train, validation, test)


def _divide_language(rows: _Sentence, path: Path) -> tuple[str, list[str]]:
    """Returns the language of a sentence whose words state it, and the bare words."""
    prefixes, words = [], []
    for number, word, _ in rows:
        prefix, _, rest = word.partition(":")
        prefixes.append(prefix)
        words.append(rest)
        if prefix != prefixes[0]:
            raise UserError(
                f"{path}:{number}: {word[:40]!r} is of another language than the words before "
                f"it ({prefixes[0][:40]!r}); give each language its own sentences"
            )
        if not rest:
            raise UserError(f"{path}:{number}: the word after {word[:40]!r} is empty")
    return prefixes[0], words
