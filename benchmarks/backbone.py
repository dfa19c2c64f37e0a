"""What a pretrained backbone knows before any fine-tuning, beside the teacher it learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.checkpoints.model_sources import pretrained_folder
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.models.architectures import read_config
from tfsqueeze.models.sentence_encoder import SentenceEncoder, load_minilm
from tfsqueeze.models.squeezebert import SqueezeBertModel
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

_INPUTS = ("input_ids", "attention_mask")
_MAX_LENGTH = 128
_PAIRS = 20_000


def measure_backbone(
    source: str,
    data: Sequence[str],
    *,
    texts: int = 5000,
    seed: int = 0,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> list[dict[str, Any]]:
    """Compares frozen sentence embeddings.

    The encoders are a backbone, the same with random weights, and all-MiniLM-L6-v2.

    source: what `pretrained_folder` takes. data: datasets by name or folder; the test part is
    measured, or that for validation. texts: most training texts that a classifier is fitted to.

    Returns for each dataset a JSON-able dict: its settings and `backbone`, a row for each encoder:
    `accuracy` of a logistic regression on its embeddings; `cosine`, the mean to MiniLM's embedding
    of the same text; `spearman`, of the cosines of pairs of texts and MiniLM's. The last two are
    None for MiniLM itself, and where the widths differ `cosine` is.
    """
    folder = pretrained_folder(source)
    tokenizer = WordPieceTokenizer.from_pretrained(folder, max_length=_MAX_LENGTH)
    encoders = {
        "all-MiniLM-L6-v2": load_minilm(),
        Path(source).name: SentenceEncoder(
            SqueezeBertModel.from_pretrained(folder, input_names=_INPUTS), tokenizer
        ),
        "the same with random weights": SentenceEncoder(
            SqueezeBertModel(read_config(folder / "config.json"), input_names=_INPUTS), tokenizer
        ),
    }
    runs = []
    for index, name in enumerate(data):
        splits = load_dataset(name, seed=seed)
        train, test = splits.train.sample(texts, seed), splits.test or splits.validation
        rows, theirs = [], None
        for position, (title, encoder) in enumerate(encoders.items()):
            progress(
                index * len(encoders) + position, len(data) * len(encoders), f"{name}: {title}"
            )
            ours = encoder.encode(test.texts)
            row = {
                "name": title,
                "accuracy": _accuracy(
                    encoder.encode(train.texts),
                    train.label_ids(splits.label_names),
                    ours,
                    test.label_ids(splits.label_names),
                ),
                "cosine": None,
                "spearman": None,
            }
            if theirs is None:
                theirs = ours
            else:
                if ours.shape == theirs.shape:
                    row["cosine"] = float((ours * theirs).sum(axis=1).mean())
                row["spearman"] = _spearman(ours, theirs, seed)
            rows.append(row)
        runs.append(
            {
                "data": name,
                "train": len(train),
                "examples": len(test),
                "seed": seed,
                "backbone": rows,
            }
        )
    return runs


def _accuracy(train, labels, test, expected):
    from sklearn.linear_model import LogisticRegression

    classifier = LogisticRegression(C=30.0, max_iter=500).fit(train, labels)
    return float((classifier.predict(test) == expected).mean())


def _spearman(ours, theirs, seed):
    from scipy.stats import spearmanr

    first, second = np.random.default_rng(seed).integers(0, len(ours), (2, _PAIRS))
    apart = first != second
    return float(
        spearmanr(*((x[first] * x[second]).sum(axis=1)[apart] for x in (ours, theirs))).statistic
    )
