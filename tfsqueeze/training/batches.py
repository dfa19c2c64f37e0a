"""Token ids as tf.data batches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.tasks import IGNORED, TEXT_CLASSIFICATION
from tfsqueeze.tokenizers.subword_dropout import SubwordDropout
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.tf_data import without_autotune

_BUCKETS = 4
_PREFETCHED = 2
CALIBRATION_TEXTS = 512
_CALIBRATION_BATCH = 64

Inputs = np.ndarray | Mapping[str, np.ndarray]


def tokenize(tokenizer: WordPieceTokenizer, texts: list[str]) -> np.ndarray:
    """Returns the padded ids of many texts: int32 [texts, tokenizer.max_length]."""
    return TEXT_CLASSIFICATION.rows(tokenizer, TextDataset("texts", texts)).inputs["input_ids"]


def by_name(inputs: Inputs) -> dict[str, np.ndarray]:
    """Inputs by name; a single array is that of `input_ids`."""
    return dict(inputs) if isinstance(inputs, Mapping) else {"input_ids": inputs}


class TrainingBatches:
    """Shuffled batches of texts of like length, each padded to its longest text.

    inputs: int32 [texts, length] by the input's name; or `input_ids` alone, padded with
        `tokenizer.pad_token_id`.
    targets: class ids, or those of several outputs by name: int32 [texts], or [texts, length]
        with one a token, which are padded with `IGNORED`.
    word_dropout: chance that a token other than the special ones becomes [UNK], anew each epoch.
    subword_dropout: chance that a token is split into shorter ones, anew each epoch; see
        `SubwordDropout`. What a token had as target, its first part has. A row that gets too long
        loses tokens at its end.
    teacher_logits: what a `Distiller` learns from, by the output's name: float [texts, classes],
        or [texts, length, classes] with those of each token, which are padded with NaN.

    Texts are grouped by length, since most are far shorter than the longest: padding costs as
    much time as tokens do.
    """

    def __init__(
        self,
        inputs: Inputs,
        targets: Inputs,
        tokenizer: WordPieceTokenizer,
        *,
        batch_size: int,
        word_dropout: float,
        seed: int,
        subword_dropout: float = 0.0,
        teacher_logits: Mapping[str, np.ndarray] | None = None,
    ):
        self._tokenizer = tokenizer
        self._word_dropout = word_dropout
        self._splits = (
            SubwordDropout(tokenizer.vocabulary, subword_dropout, seed) if subword_dropout else None
        )
        self._batch_size = batch_size
        inputs = by_name(inputs)
        lengths = (inputs["input_ids"] != tokenizer.pad_token_id).sum(axis=1)
        quantiles = np.quantile(lengths, np.arange(1, _BUCKETS) / _BUCKETS)
        self._boundaries = np.unique(quantiles.astype(int)) + 1
        buckets = np.bincount(np.digitize(lengths, self._boundaries))
        self.steps = int(np.ceil(buckets / batch_size).sum())
        if teacher_logits is not None:
            targets = {"labels": targets, **teacher_logits}
        self._data = (inputs, lengths.astype(np.int32), targets)
        self._seed = seed

    def dataset(self) -> tf.data.Dataset:
        """Returns one epoch of (inputs, targets): int32 [batch, length] by the input's name, and
        what was given as targets, or a dict of it as `labels` and of the teacher's logits."""
        inputs, _, targets = self._data
        paddings = (
            {name: self._tokenizer.pad_token_id if name == "input_ids" else 0 for name in inputs},
            tf.nest.map_structure(_padding, targets),
        )

        def cut(inputs, length, targets):
            return (
                length,
                {name: value[:length] for name, value in inputs.items()},
                self._per_token(lambda x, given: x[:length], targets),
            )

        data = tf.data.Dataset.from_tensor_slices(self._data)
        data = data.shuffle(len(self._data[1]), seed=self._seed)
        data = data.map(cut)
        if self._splits is not None:
            data = data.map(self._split_words)
        # By the length before splits, so that there are as many batches in each epoch.
        data = data.bucket_by_sequence_length(
            lambda length, *_: length,
            self._boundaries.tolist(),
            [self._batch_size] * (len(self._boundaries) + 1),
            padding_values=(np.int32(0), *paddings),
        )
        data = data.map(lambda _, inputs, targets: (inputs, targets))
        return without_autotune(data.map(self._drop_words).prefetch(_PREFETCHED))

    def _per_token(self, change, targets):
        """Changes those targets, of one row, that have one a token; `change` takes them and all
        that were given."""
        return tf.nest.map_structure(
            lambda x, given: change(x, given) if _is_per_token(given) else x, targets, self._data[2]
        )

    def _split_words(self, length, inputs, targets):
        ids, sources = self._splits(inputs["input_ids"])
        # The last token is [SEP], which no split parts from its row.
        room = tf.minimum(tf.size(ids), self._data[0]["input_ids"].shape[1]) - 1
        kept = tf.concat([tf.range(room), [tf.size(ids) - 1]], axis=0)
        ids, sources = tf.gather(ids, kept), tf.gather(sources, kept)
        first = tf.concat([[True], sources[1:] != sources[:-1]], axis=0)

        def moved(targets, given):
            return tf.where(
                tf.reshape(first, [-1] + [1] * (targets.shape.rank - 1)),
                tf.gather(targets, sources),
                _padding(given),
            )

        others = {name: tf.gather(value, sources) for name, value in inputs.items()}
        return length, {**others, "input_ids": ids}, self._per_token(moved, targets)

    def _drop_words(self, inputs, targets):
        ids, tokenizer = inputs["input_ids"], self._tokenizer
        special = (
            (ids == tokenizer.pad_token_id)
            | (ids == tokenizer.cls_token_id)
            | (ids == tokenizer.sep_token_id)
        )
        if tokenizer.mask_token_id is not None:
            special |= ids == tokenizer.mask_token_id
        dropped = (tf.random.uniform(tf.shape(ids)) < self._word_dropout) & ~special
        return {**inputs, "input_ids": tf.where(dropped, tokenizer.unk_token_id, ids)}, targets


def evaluation_batches(
    inputs: Inputs, targets: Inputs | None = None, batch_size: int = 128
) -> tf.data.Dataset:
    """Returns ordered batches at the full padded length, as the converted model sees them; inputs
    and targets as those of `TrainingBatches`."""
    inputs = by_name(inputs)
    slices = inputs if targets is None else (inputs, targets)
    return without_autotune(tf.data.Dataset.from_tensor_slices(slices).batch(batch_size))


def calibration_batches(inputs: Inputs, seed: int) -> list[dict[str, np.ndarray]]:
    """Returns batches of at most `CALIBRATION_TEXTS` randomly chosen rows, by the input's name.

    inputs: as those of `TrainingBatches`.
    """
    inputs = by_name(inputs)
    count = len(inputs["input_ids"])
    rows = np.random.default_rng(seed).permutation(count)[:CALIBRATION_TEXTS]
    return [
        {name: value[rows[start : start + _CALIBRATION_BATCH]] for name, value in inputs.items()}
        for start in range(0, len(rows), _CALIBRATION_BATCH)
    ]


def _is_per_token(targets: np.ndarray) -> bool:
    # A teacher's logits of texts have two dimensions as well.
    return targets.ndim == (2 if targets.dtype.kind == "i" else 3)


def _padding(targets: np.ndarray):
    if targets.dtype.kind == "i":
        return targets.dtype.type(IGNORED if _is_per_token(targets) else 0)
    return targets.dtype.type(np.nan)
