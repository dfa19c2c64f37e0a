"""The texts that the backbones of the package learn from.

The terms of all sources allow a model that ships; the model cards list them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tfsqueeze.data.readers.squad import read_squad
from tfsqueeze.data.readers.tables import read_table
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
        questions = read_squad(data / "qa" / name / "train.json")
        for asked in zip(questions.questions, questions.contexts, strict=True):
            question, context = map(_plain, asked)
            texts[question] = texts[context] = None
            pairs[question, context] = None
    for name in ENTAILMENT:
        train = read_table(data / "pairs" / name / "train.tsv", text_pair_column="other")
        for pair in zip(train.texts, train.text_pairs or (), strict=True):
            premise, hypothesis = map(_plain, pair)
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


def write_backbone_texts(data: Path, folder: Path) -> dict[Path, int]:
    """Writes `texts.txt`, a text per line, and `pairs.tsv`, two per line with a tab between them.

    Args:
        data: the folder of datasets.
        folder: takes the files.

    Returns:
        The number of lines of each file.
    """
    texts, pairs = backbone_texts(data)
    folder.mkdir(parents=True, exist_ok=True)
    counts = {}
    for name, lines in (("texts.txt", texts), ("pairs.tsv", ["\t".join(pair) for pair in pairs])):
        with write_atomically(folder / name) as temporary:
            temporary.write_text("\n".join(lines) + "\n", "utf-8")
        counts[folder / name] = len(lines)
    return counts
