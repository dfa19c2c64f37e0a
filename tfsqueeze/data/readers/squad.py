"""SQuAD's JSON files of questions, versions 1.1 and 2.0.

Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", 2016, arXiv
1606.05250; "Know What You Don't Know: Unanswerable Questions for SQuAD", 2018, arXiv 1806.03822.
"""

from __future__ import annotations

import array
import dataclasses
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.column import Column, finished
from tfsqueeze.data.datasets.disk_columns import TextsWriter, ValuesWriter
from tfsqueeze.data.datasets.question_dataset import (
    AnnotatedAnswer,
    QuestionDataset,
    QuestionDatasetSplits,
)
from tfsqueeze.data.readers.file_patterns import is_file_or_pattern, matching_files
from tfsqueeze.data.readers.folders import (
    concatenate_splits,
    divide,
    find_split_file,
    split_validation,
)
from tfsqueeze.data.readers.json_depth import ShallowJson
from tfsqueeze.data.readers.large_files import are_large
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import JsonValue, read_json, shown
from tfsqueeze.utils.user_files import open_utf8

_SUFFIXES = (".json",)
_VERSIONS = ("", "-v1.1", "-v2.0")  # SQuAD's own names: train-v1.1.json, dev-v1.1.json


def read_squad(path: str | os.PathLike) -> QuestionDataset:
    """Reads one file of questions.

    Its form is `{"data": [{"paragraphs": [{"context": ..., "qas": [{"id": ..., "question": ...,
    "answers": [{"text": ..., "answer_start": ...}]}]}]}]}`. `answer_start` counts characters
    (Unicode code points). A question of version 2.0 with `is_impossible` has no answers; its
    `plausible_answers` are skipped.

    Args:
        path: the file, or a pattern of several files, such as `data/part-*.json`.

    Raises:
        UserError: a file is missing or is not JSON of that form; a context does not have the
            text of an answer at `answer_start`; a question has no answer, or is impossible and has
            one; or an id is repeated. The message names the file and the JSON path.
    """
    path = Path(path)
    files = matching_files(path)
    large = are_large(files)
    questions, contexts, ids = ([TextsWriter() for _ in range(3)]) if large else ([], [], [])
    answers: Any = ValuesWriter(_plain_answers, _annotated_answers) if large else []
    articles = array.array("q")
    all_articles = (article for file in files for article in _articles(file, large))
    known: set[str] = set()
    hashes = array.array("q")
    for number, article in enumerate(all_articles):
        for paragraph in article.get("paragraphs").items():
            context = paragraph.get("context").string()
            for question in paragraph.get("qas").items():
                name = question.get("id").string()
                if name in known:
                    raise question.error(f"there is a question {name[:40]!r} before")
                if not large:
                    known.add(name)
                ids.append(name)
                hashes.append(hash(name))
                questions.append(question.get("question").string())
                contexts.append(context)
                answers.append(_answers(question, context))
                articles.append(number)
    if not articles:
        raise UserError(f"{path} holds no questions")
    ids = finished(ids)
    if large:
        _check_distinct(ids, np.frombuffer(hashes, np.int64), path)
    numbers = np.frombuffer(articles, np.int64)
    return QuestionDataset(
        path.name,
        finished(questions),
        finished(contexts),
        finished(answers),
        ids,
        numbers if large else numbers.tolist(),
    )


def _articles(path: Path, large: bool) -> Iterator[JsonValue]:
    """Returns the articles of a file; of a large one without reading all of it at once."""
    if not large:
        yield from read_json(path).get("data").items()
        return
    import ijson

    try:
        with open_utf8(path) as file:
            articles = ijson.items(ShallowJson(file, path), "data.item", use_float=True)
            for number, value in enumerate(articles):
                yield JsonValue(value, path, f"data[{number}]")
    except ijson.JSONError as error:
        message = error.args[0]
        if isinstance(message, bytes):  # it shows a part of a character
            message = message.decode("utf-8", "replace")
        # The other lines show the place in the part that was read last.
        reason = message.partition("\n")[0].strip()
        raise UserError(f"{path}: not valid JSON ({reason})") from None


def _check_distinct(ids: Sequence[str], hashes: np.ndarray, path: Path) -> None:
    """Checks that no question of large data has the id of another.

    Args:
        ids: the ids.
        hashes: int64 [questions], the hash of each id: a set of all ids would not fit.
        path: the file or pattern, for messages.
    """
    values, counts = np.unique(hashes, return_counts=True)
    if len(values) == len(hashes):
        return
    suspects = Counter(ids[int(row)] for row in np.flatnonzero(np.isin(hashes, values[counts > 1])))
    for name, count in suspects.items():
        if count > 1:
            raise UserError(f"{path} has {count} questions of the id {name[:40]!r}; rename them")


def _plain_answers(answers: list[AnnotatedAnswer]) -> list[tuple[str, int]]:
    return [(answer.text, answer.start) for answer in answers]


def _annotated_answers(values: list[Any]) -> list[AnnotatedAnswer]:
    return [AnnotatedAnswer(*value) for value in values]


def load_squad(
    path: str | os.PathLike, *, seed: int = 0, max_per_source: int | None = None
) -> QuestionDatasetSplits:
    """Loads the splits of a folder, or divides a single file into splits.

    A folder has train, val (or dev, validation) and test .json files, whose names may end in
    `-v1.1` or `-v2.0`. Of a single file, such as XQuAD's, a fifth of the articles is the test
    split, the same fifth for every seed. Without a validation file, a tenth of the other articles,
    drawn at random, becomes the validation split. An article is never in two splits. If the folder
    has no train file but subfolders that have one, the result is all of them together.

    Args:
        path: the folder, the file, or a pattern of files that are one whole.
        seed: fixes the articles of a validation split that is drawn, and the questions of a source
            that are left out.
        max_per_source: the largest number of training questions from each subfolder, drawn at
            random, so that a large one does not outweigh the others; None for all.

    Raises:
        UserError: there is no train file, a file cannot be used or has too few articles, or some
            subfolders have a test file and others none; or there is a `max_per_source`, and the
            questions are not in subfolders.
    """
    path = Path(path)
    is_one = is_file_or_pattern(path)
    train_path = None if is_one else _split_file(path, "train")
    if max_per_source is not None and (is_one or train_path is not None):
        raise UserError(
            f"max_per_source is for a folder of folders, each with questions of one source, and "
            f"{path} is a single source; leave it out"
        )
    if is_one:
        return QuestionDatasetSplits(*divide(read_squad(path), seed))
    if train_path is None:
        folders = [x for x in sorted(path.glob("*/")) if _split_file(x, "train") is not None]
        if folders:
            sources = [load_squad(folder, seed=seed) for folder in folders]
            return _concatenate_sources(sources, folders, path, seed, max_per_source)
        raise UserError(
            f"{path} is no file and has no train.json; name a file of questions in "
            "SQuAD's JSON, or a folder with train, val and test files"
        )
    train = read_squad(train_path)
    validation_path = _split_file(path, "val", "dev", "validation")
    if validation_path is None:
        train, validation = split_validation(train, seed)
    else:
        validation = read_squad(validation_path)
    test_path = _split_file(path, "test")
    test = None if test_path is None else read_squad(test_path)
    return QuestionDatasetSplits(train, validation, test)


def _concatenate_sources(
    sources: list[QuestionDatasetSplits],
    folders: list[Path],
    path: Path,
    seed: int,
    max_per_source: int | None,
) -> QuestionDatasetSplits:
    parts, articles = [], 0
    for source, folder in zip(sources, folders, strict=True):
        if max_per_source is not None and len(source.train) > max_per_source:
            order = np.random.default_rng(seed).permutation(len(source.train))
            train = source.train.take(np.sort(order[:max_per_source]))
            source = dataclasses.replace(source, train=train)
        first = articles
        renamed = {}
        for name, part in vars(source).items():
            if part is None:
                continue
            # Files number their articles, and often their questions, from the start.
            renamed[name] = dataclasses.replace(
                part,
                ids=_renamed(part.ids, folder.name),
                articles=(first + np.asarray(part.articles)).tolist(),
            )
            articles = max(articles, 1 + max(renamed[name].articles))
        parts.append(dataclasses.replace(source, **renamed))
    return QuestionDatasetSplits(*concatenate_splits(parts, path))


def _renamed(ids: Sequence[str], source: str) -> Sequence[str]:
    names = (f"{source}/{question}" for question in ids)
    return ids.of_same_kind(names) if isinstance(ids, Column) else list(names)


def _split_file(folder: Path, *stems: str) -> Path | None:
    return find_split_file(
        folder, [stem + version for stem in stems for version in _VERSIONS], _SUFFIXES
    )


def _answers(question: JsonValue, context: str) -> list[AnnotatedAnswer]:
    impossible = question.has("is_impossible") and question.get("is_impossible").boolean()
    answers = []
    for entry in question.get("answers").items():
        text, start = entry.get("text").string(), entry.get("answer_start").integer()
        if start < 0 or not text or not context.startswith(text, start):
            position = context.find(text) if text else -1
            elsewhere = f", but at {position}" if position >= 0 else ""
            raise entry.error(
                f"the context does not have {text[:40]!r} at {shown(start)}{elsewhere}"
            )
        answers.append(AnnotatedAnswer(text, start))
    if impossible and answers:
        raise question.error("is_impossible is true, yet there are answers")
    if not impossible and not answers:
        raise question.error("there is no answer, yet is_impossible is not true")
    return answers
