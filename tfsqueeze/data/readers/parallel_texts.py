"""Texts and their translations: files of one language each, or a table with a column for each."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from tfsqueeze.data.readers.column_names import LANGUAGE_CODE
from tfsqueeze.data.readers.file_patterns import files_of_format
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.user_files import format_suffix, read_text, unpacked_name

_TABLE = ".tsv"


@dataclasses.dataclass(frozen=True)
class ParallelTexts:
    """Texts and their translations.

    Args:
        name: the files that they come from, for messages.
        texts: the texts of each language, by its code. Texts of one index are translations of each
            other; an empty one is missing.

    Example:
        >>> len(ParallelTexts("a", {"en": ["a cat", "a dog"], "de": ["eine Katze", ""]}))
        2
    """

    name: str
    texts: dict[str, list[str]]

    def __len__(self) -> int:
        return len(next(iter(self.texts.values())))


def parallel_files(sources: Sequence[str | os.PathLike]) -> list[Path]:
    """Returns the files that sources of parallel texts stand for.

    Args:
        sources: .tsv files; and folders of files such as `de.txt` or `train.de.txt`.

    Raises:
        UserError: a source does not exist or holds no such files.
    """
    files: list[Path] = []
    for source in sources:
        path = Path(source)
        if path.is_file() and format_suffix(path) == _TABLE:
            files.append(path)
        elif path.is_dir():
            found = files_of_format(path, ".txt")
            named = [file for file in found if _language_of(file) is not None]
            tables = files_of_format(path, _TABLE)
            if not named and not tables:
                raise UserError(
                    f"{path} has neither files such as en.txt and de.txt nor .tsv files; name a "
                    "folder with a file for each language, or a table with a column for each"
                )
            files += [*named, *tables]
        else:
            raise UserError(
                f"{path} is neither a folder of files such as en.txt and de.txt nor a .tsv file; "
                "parallel texts have a line for each text in every file, or a column for each "
                "language"
            )
    return files


def read_parallel_texts(files: Sequence[Path]) -> list[ParallelTexts]:
    r"""Reads texts and their translations.

    The first line of a .tsv file has the codes of the languages, such as `en` and `pt-br`; the
    others have a text in each column. Files such as `train.en.txt` and `train.de.txt` belong
    together, line by line.

    Args:
        files: what `parallel_files` returns.

    Raises:
        UserError: a file cannot be read, files that belong together have different numbers of
            lines, or a text has no file of translations.

    Example:
        >>> import pathlib, tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = pathlib.Path(folder.name, "texts.tsv")
        >>> _ = path.write_text("en\tde\na cat\teine Katze\n")
        >>> read_parallel_texts([path])[0].texts
        {'en': ['a cat'], 'de': ['eine Katze']}
    """
    found = [_read_table(file) for file in files if format_suffix(file) == _TABLE]
    groups: dict[tuple[Path, str], dict[str, Path]] = {}
    for file in files:
        if format_suffix(file) != _TABLE:
            stem, _, language = _stem(file).rpartition(".")
            groups.setdefault((file.parent, stem), {})[language] = file
    return [*found, *(_read_group(group) for group in groups.values())]


def _stem(file: Path) -> str:
    return Path(unpacked_name(file)).stem


def _language_of(file: Path) -> str | None:
    language = _stem(file).rpartition(".")[2]
    return language if LANGUAGE_CODE.fullmatch(language) else None


def _read_table(path: Path) -> ParallelTexts:
    header, *lines = read_text(path).removesuffix("\n").split("\n")
    languages = header.removesuffix("\r").split("\t")
    wrong = [name for name in languages if not LANGUAGE_CODE.fullmatch(name)]
    if wrong or len(set(languages)) < len(languages) or len(languages) < 2:
        raise UserError(
            f"{path}:1: the line must have the codes of at least two languages, such as en and de, "
            f"with a tab between them, not {header[:40]!r}"
        )
    texts: dict[str, list[str]] = {language: [] for language in languages}
    for number, line in enumerate(lines, start=2):
        cells = line.removesuffix("\r").split("\t")
        if len(cells) != len(languages):
            raise UserError(
                f"{path}:{number}: {len(cells)} texts where there are {len(languages)} languages"
            )
        for language, cell in zip(languages, cells, strict=True):
            texts[language].append(cell.strip())
    return _checked(ParallelTexts(str(path), texts))


def _read_group(files: dict[str, Path]) -> ParallelTexts:
    texts = {
        language: [line.strip() for line in read_text(file).removesuffix("\n").split("\n")]
        for language, file in sorted(files.items())
    }
    (first, lines), *others = texts.items()
    if not others:
        raise UserError(
            f"{files[first]} has no file of translations beside it, such as "
            f"{files[first].name.replace(f'{first}.txt', 'de.txt')}"
        )
    for language, other in others:
        if len(other) != len(lines):
            raise UserError(
                f"{files[first]} has {len(lines):,} lines and {files[language]} {len(other):,}; "
                "each line must be a translation of the same line of the other file"
            )
    return _checked(ParallelTexts(str(files[first]), texts))


def _checked(texts: ParallelTexts) -> ParallelTexts:
    if not len(texts):
        raise UserError(f"{texts.name} holds no texts")
    return texts
