"""The texts that the backbones of the package learn from, as two files of plain text.

    python -m benchmarks.backbone_texts ../shared/data runs/backbone-texts

writes `texts.txt`, a text per line, and `pairs.tsv`, two texts per line with a tab between them.
The terms of all sources allow a model that ships; the model cards list them. No labels or answers
are read, and no part that is for development or tests.
"""

from __future__ import annotations

import csv
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.utils.files import write_atomically

PLAIN_TEXTS = "text"
QUESTIONS = ("qamr", "qasrl_gs", "policyqa", "qed_nq", "covidqa")
ENTAILMENT = ("snli", "mnli_sample")
# Folders and names of datasets, whose training texts are used.
CLASSIFICATION = ("clinc150", "banking77", "reuters-r8", "20newsgroups")
_SEED = 0
_MIN_WORDS = 3
# Words of a passage that is made of consecutive lines; 256 tokens hold most of the longest.
_PASSAGE_WORDS = (30, 170)
_EXCERPT_WORDS = (4, 12)
_KEPT_WORDS = 0.8


def backbone_texts(data: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Returns the texts and the pairs of texts.

    Lines of prose come by themselves and joined to passages. A pair is a question with its
    passage, a premise with its hypothesis, or some words of a passage with that passage.

    Args:
        data: the folder of datasets.
    """
    draw = random.Random(_SEED)
    texts: dict[str, None] = {}
    pairs: dict[tuple[str, str], None] = {}
    for path in sorted((data / PLAIN_TEXTS).glob("*.txt")):
        lines = [_plain(line) for line in path.read_text("utf-8").splitlines()]
        texts.update(dict.fromkeys(line for line in lines if len(line.split()) >= _MIN_WORDS))
        for passage in _passages(lines, draw):
            texts[passage] = None
            pairs[_excerpt(passage, draw), passage] = None
    for name in QUESTIONS:
        for question, context in _questions(data / "qa" / name / "train.json"):
            texts[question] = texts[context] = None
            pairs[question, context] = None
    for name in ENTAILMENT:
        with (data / "pairs" / name / "train.tsv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                premise, hypothesis = _plain(row["text"]), _plain(row["other"])
                texts[premise] = texts[hypothesis] = None
                pairs[premise, hypothesis] = None
    for name in CLASSIFICATION:
        folder = data / name
        splits = load_dataset(folder if folder.exists() else name, label_column=_label(folder))
        texts.update(dict.fromkeys(map(_plain, splits.train.texts)))
    return [text for text in texts if text], list(pairs)


def _label(folder: Path) -> str:
    return "category" if folder.name == "banking77" else "label"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _passages(lines: list[str], draw: random.Random) -> Iterator[str]:
    """Yields consecutive lines, joined up to a random number of words."""
    passage: list[str] = []
    limit = draw.randint(*_PASSAGE_WORDS)
    for line in lines:
        words = line.split()
        if passage and len(passage) + len(words) > limit:
            yield " ".join(passage)
            passage, limit = [], draw.randint(*_PASSAGE_WORDS)
        passage += words
    if passage:
        yield " ".join(passage)


def _excerpt(passage: str, draw: random.Random) -> str:
    """Returns most of the words of a short part of a passage."""
    words = passage.split()
    count = draw.randint(*_EXCERPT_WORDS)
    start = draw.randint(0, max(0, len(words) - count))
    kept = [word for word in words[start : start + count] if draw.random() < _KEPT_WORDS]
    return " ".join(kept or words[:1])


def _questions(path: Path) -> Iterator[tuple[str, str]]:
    for article in json.loads(path.read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            context = _plain(paragraph["context"])
            for question in paragraph["qas"]:
                yield _plain(question["question"]), context


def main(data: str, output: str) -> None:
    """Writes the files."""
    texts, pairs = backbone_texts(Path(data))
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (
        ("texts.txt", texts),
        ("pairs.tsv", ["\t".join(pair) for pair in pairs]),
    ):
        with write_atomically(folder / name) as temporary:
            temporary.write_text("\n".join(lines) + "\n", "utf-8")
        print(f"{folder / name}: {len(lines):,} lines")


if __name__ == "__main__":
    main(*sys.argv[1:])
