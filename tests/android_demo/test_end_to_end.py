"""Kotlin with LiteRT on the JVM predicts what `tfsqueeze predict` predicts.

LiteRT is the shared library of PyPI's ai-edge-litert, called through its C API.
"""

from __future__ import annotations

import csv
import dataclasses
import functools
import importlib.util
import time
from pathlib import Path

import pytest

from converters.conversion.runs import convert, convert_run
from converters.inference.predictor import Predictor
from tfsqueeze.tasks import find_task
from tfsqueeze.training.train_task import train_task

pytestmark = pytest.mark.android

TEXTS = 1000
# What a model learns from: enough for different results.
EXAMPLES = 4000
# Both run the same kernels on the same bytes; only the order of sums of doubles differs.
TOLERANCE = 1e-9
# Both take the logarithms of float32 probabilities, each with a library of its own.
SIGNED_TOLERANCE = 1e-6
# Folder or file of the shared data, task, and columns.
CASES = {
    "texts": ("clinc150", "text-classification", {}),
    "pairs": ("rte", "text-classification", {}),
    "several labels": ("snips", "multi-label-classification", {}),
    "several labels of pairs": (
        "stsb/en",
        "multi-label-classification",
        {"text_pair_column": "other"},
    ),
    "numbers": ("snips", "regression", {"label_column": "number"}),
    "numbers of pairs": ("stsb/en", "regression", {"text_pair_column": "other"}),
    "entities": ("wikiann/en", "token-classification", {}),
    "intents and slots": ("snips", "intent-and-slots", {}),
    "answers": ("qa/tweetqa", "question-answering", {}),
}


@pytest.fixture(scope="module")
def library():
    folder = Path(importlib.util.find_spec("ai_edge_litert").origin).parent
    found = folder / "libLiteRt.so"
    if not found.is_file():
        pytest.skip(f"{folder} has no libLiteRt.so")
    return found


def texts_of(dataset) -> list[tuple[str, str | None]]:
    """Returns the texts of a dataset of any task, each with its second text."""
    if hasattr(dataset, "questions"):
        return list(zip(dataset.questions, dataset.contexts, strict=True))
    if hasattr(dataset, "sentences"):
        return [(" ".join(words), None) for words in dataset.sentences]
    return list(zip(dataset.texts, dataset.text_pairs or [None] * len(dataset), strict=True))


def write_commands(folder, path):
    """Writes the commands of SNIPS with their slots as labels, and their words' count."""
    commands = find_task("intent-and-slots").data.load_splits(str(folder)).train
    rows = [
        (" ".join(words), "|".join(sorted({tag[2:] for tag in tags} - {""})), len(words))
        for words, tags in zip(commands.sentences, commands.tags, strict=True)
    ]
    write_table(path, ("text", "label", "number"), rows)


def write_pairs(folder, path):
    """Writes the pairs of STS-B with labels: whether they say the same, and what is longer."""
    pairs = find_task("regression").data.load_splits(str(folder), text_pair_column="other").train
    rows = []
    for text, other, score in zip(pairs.texts, pairs.text_pairs, pairs.numbers(), strict=True):
        labels = ["same"] * (score >= 3.5) + ["longer"] * (len(other) > len(text))
        rows.append((text, other, "|".join(labels)))
    write_table(path, ("text", "other", "label"), rows)


def write_table(path, columns, rows):
    with path.open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines).writerows([columns, *rows])


# Cases whose data is made of that of another task.
TABLES = {
    "several labels": write_commands,
    "several labels of pairs": write_pairs,
    "numbers": write_commands,
}


@pytest.fixture(scope="module", params=list(CASES))
def case(request, shared_dir, tiny_options, tmp_path_factory):
    """Returns a run of two epochs, and 1,000 texts with their second texts."""
    data, name, columns = CASES[request.param]
    task = find_task(name)
    source = shared_dir / "data" / data
    if request.param in TABLES:
        source = tmp_path_factory.mktemp("data") / "table.csv"
        TABLES[request.param](shared_dir / "data" / data, source)
    splits = task.data.load_splits(str(source), **columns)
    options = dataclasses.replace(
        tiny_options,
        vocab_size=2000,
        max_length=64,
        epochs=2,
        qat_epochs=0,
        batch_size=64,
        learning_rate=5e-3,
        model={**tiny_options.model, "num_hidden_layers": 1},
    )
    fewer = splits.train.sample(EXAMPLES, seed=0)
    folder = tmp_path_factory.mktemp("runs") / "run"
    run = train_task(folder, task, dataclasses.replace(splits, train=fewer), options)
    texts = texts_of(splits.test or splits.validation) + texts_of(splits.train)
    return request.param, run, texts[:TEXTS]


@pytest.fixture
def check(case, core, library, utf16, report):
    """Returns a function that compares the predictions of a file of the case's run."""
    return functools.partial(compare, case, core, library, utf16, report)


def test_1000_texts(case, check, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(convert_run(case[1], (24, 64)))
    check(path, TOLERANCE)


@pytest.mark.parametrize("case", ["texts", "several labels"], indirect=True)
def test_1000_texts_with_a_file_for_the_task_library(case, check, tmp_path):
    path = tmp_path / "model.tflite"
    convert(case[1], path, signature="task-library")
    check(path, SIGNED_TOLERANCE)


def compare(case, core, library, utf16, report, path, tolerance):
    """Compares the predictions of Kotlin and Python with a file of a case's run."""
    name, _, texts = case
    start = time.perf_counter()
    found = core.run(
        ({"text": text, "second": second} for text, second in texts), "predict", path, library
    )
    seconds = time.perf_counter() - start
    firsts, others = (list(side) for side in zip(*texts, strict=True))
    predictor = Predictor.open(path)
    predictions = predictor.predict(firsts, *([] if others[0] is None else [others]))
    largest, decided = 0.0, set()
    for (text, second), row, expected in zip(texts, found, predictions, strict=True):
        decisions, shares = decisions_of(expected, second or text, utf16)
        kotlin_decisions, kotlin_shares = kotlin_decisions_of(row)
        assert kotlin_decisions == decisions, (text, second)
        assert kotlin_shares == pytest.approx(shares, abs=tolerance)
        largest = max([largest, *(abs(a - b) for a, b in zip(kotlin_shares, shares, strict=True))])
        decided.add(str((decisions, [round(share, 3) for share in shares])))
    assert len(texts) == TEXTS and len(decided) > 1
    report(
        f"{name}: {TEXTS:,} texts alike ({len(decided)} distinct results), probabilities within "
        f"{largest:.1e}; Kotlin with LiteRT took {seconds:.1f} s"
    )


def decisions_of(prediction, text, utf16):
    """Returns the decisions of `predict`, in UTF-16 code units, and their probabilities."""
    decisions, shares = [], []
    if hasattr(prediction, "number"):
        decisions.append(prediction.number)
    if hasattr(prediction, "labels"):
        decisions.append(prediction.labels)
    if hasattr(prediction, "probabilities"):
        ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
        decisions += [label for label, _ in ranked]
        shares += [share for _, share in ranked]
    for entity in getattr(prediction, "entities", getattr(prediction, "slots", [])):
        decisions.append([entity.type, utf16(text, entity.start), utf16(text, entity.end)])
        shares.append(entity.score)
    for answer in getattr(prediction, "candidates", []):
        decisions.append([utf16(text, answer.start), utf16(text, answer.end)])
        shares.append(answer.probability)
    return decisions, shares


def kotlin_decisions_of(row):
    """Returns the same of Kotlin's result."""
    whole = [row[name] for name in ("number", "chosen") if name in row]
    parts = [*row.get("labels", []), *row.get("entities", []), *row.get("candidates", [])]
    return (
        whole + [part[0] if len(part) == 2 else part[:-1] for part in parts],
        [part[-1] for part in parts],
    )
