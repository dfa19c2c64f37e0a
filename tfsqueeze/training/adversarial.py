"""Adversarial training: a model learns from texts that were changed until it was wrong."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.attacks import attack_candidates
from tfsqueeze.robustness.changeable_words import ChangeableWords
from tfsqueeze.robustness.changed_columns import changed_columns
from tfsqueeze.robustness.greedy_search import Judge, Verdict, attack_examples, verdicts_of
from tfsqueeze.tasks import Task
from tfsqueeze.tasks.outputs import softmax
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.examples import Examples, Origin
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.json_files import read_json

_ROWS_TOGETHER = 256
# Of few widths, so that TensorFlow traces the model a few times.
_COLUMNS = 8


def add_adversarial(
    examples: Examples,
    judge: Judge,
    words: NeighbourWords,
    options: TrainingOptions,
    number: int,
    path: Path,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Examples:
    """Adds changed copies of original examples that a model is wrong about.

    `options.adversarial_texts` originals, drawn at random, are attacked with each attack of
    `options.adversarial`; those whose attack succeeds are added with their labels (Goodfellow et
    al. 2015, arXiv 1412.6572; for texts Morris et al. 2020, arXiv 2005.05909, section 3.3).

    Args:
        examples: the training examples.
        judge: the model.
        words: the neighbours of words in the model's embeddings.
        options: the settings of the run.
        number: the number of the round, from 1, which draws other examples.
        path: the JSON file that keeps what was found, for a run that is resumed.
        progress: called with how many examples are done, and of how many.
    """
    originals = np.flatnonzero(examples.have(Origin.ORIGINAL))
    generator = np.random.default_rng([options.seed, number])
    count = min(options.adversarial_texts, len(originals))
    drawn = np.sort(generator.choice(originals, count, replace=False))
    if not path.exists():
        found = _attack(examples.dataset.take(drawn), judge, words, options, number, progress)
        with write_atomically(path) as temporary:
            temporary.write_text(json.dumps(found) + "\n", "utf-8")
    content = read_json(path)
    for attack in options.adversarial:
        changed = content.get(attack)
        indices = [index.integer() for index in changed.get("indices").items()]
        columns = {
            name: [text.string() for text in changed.get(name).items()]
            for name in changed_columns(examples.dataset)
        }
        if any(len(texts) != len(indices) for texts in columns.values()) or not all(
            0 <= index < count for index in indices
        ):
            raise content.error("it does not fit the data; remove it, so that it is made again")
        sources = drawn[indices]
        copies = dataclasses.replace(examples.dataset.take(sources), **columns)
        examples = examples.extend(copies, Origin.ADVERSARIAL, sources)
    return examples


def _attack(
    dataset: Any,
    judge: Judge,
    words: NeighbourWords,
    options: TrainingOptions,
    number: int,
    progress: Callable[[int, int], None],
) -> dict[str, dict[str, list[Any]]]:
    """Returns by attack the examples that it succeeds on: `indices`, and the changed columns."""
    columns = changed_columns(dataset)
    found = {}
    for attack, candidates in attack_candidates(options.adversarial, words).items():
        attacked, changed = attack_examples(
            judge,
            ChangeableWords(dataset, columns),
            dataset.labels,
            candidates,
            seed=options.seed + number,
            progress=progress,
        )
        indices = [index for index, result in enumerate(attacked) if result.success]
        successes = changed.take(indices)
        found[attack] = {
            "indices": indices,
            **{name: list(getattr(successes, name)) for name in columns},
        }
    return found


def judge_of(
    model: keras.Model,
    task: Task,
    tokenizer: WordPieceTokenizer,
    classes: Mapping[str, Sequence[str]],
    input_names: Sequence[str],
) -> Judge:
    """Returns the verdicts of a float model on labelled texts or pairs.

    Args:
        model: a classifier of texts.
        task: its task.
        tokenizer: its tokenizer.
        classes: the names of each output's classes.
        input_names: the inputs that it takes.
    """

    @tf.function(reduce_retracing=True)
    def predict(inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        logits = model(inputs, training=False)
        return logits["logits"] if isinstance(logits, dict) else logits

    def judge(dataset: Any) -> list[Verdict]:
        inputs = task.encode(tokenizer, dataset).select(input_names)
        logits = np.empty((len(dataset), len(classes["logits"])), np.float32)
        for rows, columns in _parts_by_length(inputs["input_ids"], tokenizer.pad_token_id):
            logits[rows] = predict(
                {name: tf.constant(values[rows, :columns]) for name, values in inputs.items()}
            )
        return verdicts_of(softmax(logits), dataset.label_ids(classes["logits"]).tolist())

    return judge


def _parts_by_length(ids: np.ndarray, pad_token_id: int) -> Iterator[tuple[np.ndarray, int]]:
    """Yields the numbers of rows of similar length, and how many columns hold their tokens.

    An attack asks for thousands of short texts, most of whose columns would be padding.
    """
    lengths = (ids != pad_token_id).sum(axis=1)
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), _ROWS_TOGETHER):
        rows = order[start : start + _ROWS_TOGETHER]
        yield rows, min(ids.shape[1], -(-int(lengths[rows[-1]]) // _COLUMNS) * _COLUMNS)
