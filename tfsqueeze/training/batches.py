"""Token ids as tf.data batches."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfsqueeze.tasks.encodings import encode_texts
from tfsqueeze.tasks.outputs import Output
from tfsqueeze.tokenizers.subword_dropout import SubwordDropout
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.distribution import Distribution, rows_of_replica
from tfsqueeze.training.ragged_rows import RaggedRows
from tfsqueeze.utils.tf_data import endless_epochs, resumable_epochs, without_autotune

# More buckets need less padding. Each should fill some batches, since its last one is smaller.
_FEWEST_BUCKETS, _MOST_BUCKETS = 4, 16
_BATCHES_OF_BUCKET = 8
_PREFETCHED = 2
_EVALUATION_BATCH = 128
CALIBRATION_TEXTS = 512
_CALIBRATION_BATCH = 64
# The name of the targets of a single output.
_TARGETS = "targets"

Inputs = np.ndarray | Mapping[str, Any]


def tokenize(tokenizer: WordPieceTokenizer, texts: Sequence[str]) -> np.ndarray:
    """Returns the padded token ids of any number of texts: int32 [texts, max_length]."""
    return encode_texts(tokenizer, texts)["input_ids"]


def by_name(inputs: Inputs) -> dict[str, np.ndarray]:
    """Returns inputs by name; a single array is that of `input_ids`."""
    return dict(inputs) if isinstance(inputs, Mapping) else {"input_ids": inputs}


@dataclasses.dataclass(frozen=True)
class _Padding:
    """How an array of targets is padded.

    Args:
        name: the name of its output.
        is_per_token: whether it has one entry a token.
        value: what pads it.
    """

    name: str
    is_per_token: bool
    value: Any


class TrainingBatches:
    """Shuffled batches of texts of like length, each padded to its longest text.

    Texts are grouped by length, since most are far shorter than the longest: padding costs as
    much time as tokens do.

    Args:
        inputs: int32 [texts, length] by the input's name; or `input_ids` alone, padded with
            `tokenizer.pad_token_id`. Or `RaggedRows` by the input's name.
        targets: the targets of a single output, or those of several by the output's name, in the
            form that each `Output` describes; `RaggedRows` of those that each token has.
        tokenizer: the tokenizer that made the inputs.
        outputs: the outputs that the targets are for, by name.
        batch_size: texts in a batch, or pairs where an output takes two rows together.
        batch_tokens: the most tokens in a batch, padding included, instead of `batch_size`; a
            single text may have more.
        word_dropout: the chance that a token other than the special ones becomes [UNK], drawn
            anew in each epoch.
        subword_dropout: the chance that a token is split into shorter ones, drawn anew in each
            epoch; see `SubwordDropout`. The target of a token goes to its first part. A row that
            gets too long loses tokens at its end.
        seed: of the order and of dropout.
        teacher_logits: what a `Distiller` learns from, by the output's name: float [texts,
            classes], or [texts, length, classes] with one row for each token.
    """

    def __init__(
        self,
        inputs: Inputs,
        targets: Inputs,
        tokenizer: WordPieceTokenizer,
        outputs: Mapping[str, Output],
        *,
        batch_size: int,
        word_dropout: float,
        seed: int,
        batch_tokens: int | None = None,
        subword_dropout: float = 0.0,
        teacher_logits: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self._tokenizer = tokenizer
        self._word_dropout = word_dropout
        self._subword_dropout = (
            SubwordDropout(tokenizer.vocabulary, subword_dropout, seed) if subword_dropout else None
        )
        inputs = by_name(inputs)
        ids = inputs["input_ids"]
        if isinstance(ids, RaggedRows):
            lengths, self._max_length = ids.lengths, ids.max_length
        else:
            lengths = (ids != tokenizer.pad_token_id).sum(axis=1)
            self._max_length = ids.shape[1]
        self._tokens = int(lengths.sum())
        self._rows_together = _rows_together(outputs)
        self._paddings = _target_paddings(targets, outputs)
        # Where each row of ragged arrays is, by their names.
        self._limits: dict[str, Any] = {}
        inputs = {name: self._values(name, column) for name, column in inputs.items()}
        if isinstance(targets, Mapping):
            targets = {name: self._values(name, column) for name, column in targets.items()}
        else:
            targets = self._values(_TARGETS, targets)
        if self._rows_together > 1:
            inputs, targets = tf.nest.map_structure(
                lambda x: x.reshape(-1, self._rows_together, *x.shape[1:]), (inputs, targets)
            )
            lengths = lengths.reshape(-1, self._rows_together).max(axis=1)
        if batch_tokens is not None:
            batch_tokens //= self._rows_together
            batch_size = max(1, batch_tokens // int(lengths.mean()))
        count = len(lengths) // (batch_size * _BATCHES_OF_BUCKET)
        count = min(max(count, _FEWEST_BUCKETS), _MOST_BUCKETS)
        quantiles = np.quantile(lengths, np.arange(1, count) / count)
        self._boundaries = np.unique(quantiles.astype(int)) + 1
        bucket_of = np.digitize(lengths, self._boundaries)
        buckets = range(len(self._boundaries) + 1)
        self._batch_sizes = [
            batch_size
            if batch_tokens is None
            else max(1, batch_tokens // int(lengths[bucket_of == bucket].max(initial=1)))
            for bucket in buckets
        ]
        counts = np.bincount(bucket_of, minlength=len(buckets))
        self.steps = int(np.ceil(counts / self._batch_sizes).sum())
        if teacher_logits is not None:
            targets = {"labels": targets, **teacher_logits}
            self._paddings = {
                "labels": self._paddings,
                **_teacher_paddings(teacher_logits, outputs),
            }
        self._data = (inputs, lengths.astype(np.int32), targets)
        self._seed = seed

    @property
    def tokens(self) -> int:
        """The number of tokens in an epoch, without padding."""
        return self._tokens

    def _values(self, name: str, column: Any) -> Any:
        """Returns a column's values, and remembers where its rows are if it is ragged."""
        if not isinstance(column, RaggedRows):
            return column
        values, self._limits[name] = column.tensors()
        return values

    def _row(self, name: str, values: Any, row: Any) -> Any:
        """Returns a row of a column, without padding if the column is ragged."""
        limits = self._limits.get(name)
        if limits is None:
            return values[row]
        return tf.cast(values[limits[row] : limits[row + 1]], tf.int32)

    def dataset(self, iterations: Any = 0) -> tf.data.Dataset:
        """Returns one epoch of (inputs, targets).

        The order and the dropout depend on the seed and on the number of the epoch alone.

        Args:
            iterations: the number of steps that were done, an int64 variable, which is read when
                an epoch begins.

        Returns:
            Inputs int32 [batch, length] by name. Targets have the structure of those given; with
            teacher logits they are a dict of the targets as `labels` and of the logits by name.
        """
        arrays = tf.nest.map_structure(tf.convert_to_tensor, self._data)
        data = resumable_epochs(lambda epoch: self._epoch(arrays, epoch), iterations, self.steps)
        # If Keras did not know the steps, it would count one too many in the first epoch.
        data = data.apply(tf.data.experimental.assert_cardinality(self.steps))
        return without_autotune(data.prefetch(_PREFETCHED))

    def distributed(
        self,
        distribution: Distribution,
        iterations: Any,
        class_weight: Mapping[int, float] | None = None,
    ) -> Any:
        """Returns all epochs of (inputs, targets, weights), divided among the replicas of a model.

        The batches are those of `dataset`.

        Args:
            distribution: where the model trains.
            iterations: the number of steps that were done, an int64 variable, which is read when
                the first epoch begins.
            class_weight: the weight of each class in the loss, by its id; None for 1.

        Returns:
            A distributed dataset without an end. The weights are float32 [batch].
        """
        arrays = tf.nest.map_structure(tf.convert_to_tensor, self._data)
        classes = None
        if class_weight is not None:
            classes = tf.constant([class_weight[i] for i in range(len(class_weight))], tf.float32)

        def share(batch: Any, replica: tf.Tensor) -> Any:
            (inputs, targets), weights = rows_of_replica(
                batch, replica, distribution.replicas, self._rows_together
            )
            if classes is not None:
                labels = targets["labels"] if isinstance(targets, Mapping) else targets
                weights *= tf.gather(classes, labels)
            return inputs, targets, weights

        return distribution.divide(
            endless_epochs(lambda epoch: self._epoch(arrays, epoch), iterations, self.steps), share
        )

    def _epoch(self, arrays: Any, epoch: tf.Tensor) -> tf.data.Dataset:
        """Returns the batches of one epoch.

        Args:
            arrays: `self._data` as tensors.
            epoch: the number of the epoch, int64 [].
        """
        inputs, lengths, targets = arrays
        rows = len(lengths)
        seed = tf.stack([tf.constant(self._seed, tf.int64), epoch])
        paddings = (
            {name: self._tokenizer.pad_token_id if name == "input_ids" else 0 for name in inputs},
            tf.nest.map_structure(lambda padding: padding.value, self._paddings),
        )

        def example(row):
            length = lengths[row]
            example = (
                {
                    name: self._row(name, values, row)[..., :length]
                    for name, values in inputs.items()
                },
                tf.nest.map_structure(
                    lambda x, padding: (
                        self._row(padding.name, x, row)[:length] if padding.is_per_token else x[row]
                    ),
                    targets,
                    self._paddings,
                ),
            )
            if self._subword_dropout is None:
                return length, *example
            return length, *self._split_tokens(*example, _fold_in(seed, row))

        order = tf.random.experimental.stateless_shuffle(tf.range(rows, dtype=tf.int64), seed)
        # By the length before splitting, so that each epoch has the same number of batches.
        data = (
            tf.data.Dataset.from_tensor_slices(order)
            .map(example)
            .bucket_by_sequence_length(
                lambda length, *_: length,
                self._boundaries.tolist(),
                self._batch_sizes,
                padding_values=(np.int32(0), *paddings),
            )
        )

        def finish(number, batch):
            _, inputs, targets = batch
            if self._rows_together > 1:
                inputs, targets = tf.nest.map_structure(_one_below_another, (inputs, targets))
            return self._drop_words(inputs, _fold_in(seed, number)), targets

        return data.enumerate(rows).map(finish)

    def _map_token_targets(self, change, targets):
        """Changes the targets that have one entry a token.

        Args:
            change: takes such targets and their padding.
            targets: the targets of one row.
        """
        return tf.nest.map_structure(
            lambda x, padding: change(x, padding) if padding.is_per_token else x,
            targets,
            self._paddings,
        )

    def _split_tokens(self, inputs, targets, seed):
        ids, sources = self._subword_dropout(inputs["input_ids"], seed)
        # The last token is [SEP], which stays at the end of its row.
        room = tf.minimum(tf.size(ids), self._max_length) - 1
        kept = tf.concat([tf.range(room), [tf.size(ids) - 1]], axis=0)
        ids, sources = tf.gather(ids, kept), tf.gather(sources, kept)
        first = tf.concat([[True], sources[1:] != sources[:-1]], axis=0)

        def move(targets, padding):
            return tf.where(
                tf.reshape(first, [-1] + [1] * (targets.shape.rank - 1)),
                tf.gather(targets, sources),
                padding.value,
            )

        others = {name: tf.gather(value, sources) for name, value in inputs.items()}
        return {**others, "input_ids": ids}, self._map_token_targets(move, targets)

    def _drop_words(self, inputs, seed):
        ids, tokenizer = inputs["input_ids"], self._tokenizer
        special = (
            (ids == tokenizer.pad_token_id)
            | (ids == tokenizer.cls_token_id)
            | (ids == tokenizer.sep_token_id)
        )
        if tokenizer.mask_token_id is not None:
            special |= ids == tokenizer.mask_token_id
        draws = tf.random.stateless_uniform(tf.shape(ids), seed)
        dropped = (draws < self._word_dropout) & ~special
        return {**inputs, "input_ids": tf.where(dropped, tokenizer.unk_token_id, ids)}


def _fold_in(seed, number):
    """Returns the seed of one row or batch, int64 [2], from that of the epoch."""
    return tf.random.experimental.stateless_fold_in(seed, number)


def _rows_together(outputs):
    return max(output.rows_together for output in outputs.values())


def _one_below_another(arrays):
    """Returns arrays of groups of rows, [groups, rows, ...], as arrays of rows."""
    return tf.reshape(arrays, tf.concat([[-1], tf.shape(arrays)[2:]], axis=0))


def _target_paddings(targets, outputs):
    """Returns a `_Padding` for each array of targets, in their structure."""

    def padding(name, output, array):
        return _Padding(name, output.has_token_targets, output.target_padding(array.dtype))

    if isinstance(targets, Mapping):
        return {name: padding(name, outputs[name], array) for name, array in targets.items()}
    (output,) = outputs.values()
    return padding(_TARGETS, output, targets)


def _teacher_paddings(teacher_logits, outputs):
    """Returns a `_Padding` for the logits of each output.

    NaN stands for tokens that teach nothing.
    """
    return {
        name: _Padding(name, outputs[name].has_token_logits, logits.dtype.type(np.nan))
        for name, logits in teacher_logits.items()
    }


def evaluation_batches(inputs: Inputs) -> tf.data.Dataset:
    """Returns ordered batches at the full padded length, as the converted model sees them.

    Args:
        inputs: as those of `TrainingBatches`.
    """
    slices = tf.data.Dataset.from_tensor_slices(by_name(inputs))
    return without_autotune(slices.batch(_EVALUATION_BATCH))


def validation_batches(
    inputs: Inputs,
    targets: Inputs,
    tokenizer: WordPieceTokenizer,
    outputs: Mapping[str, Output],
) -> tf.data.Dataset:
    """Returns batches of texts of like length, each padded to its longest text.

    Args:
        inputs: as those of `TrainingBatches`, also for the other arguments.
        targets: the targets.
        tokenizer: the tokenizer that made the inputs.
        outputs: the outputs that the targets are for, by name.
    """
    inputs = by_name(inputs)
    lengths = (inputs["input_ids"] != tokenizer.pad_token_id).sum(axis=1)
    # Rows that belong together stay together, since they count as equally long.
    together = _rows_together(outputs)
    lengths = lengths.reshape(-1, together).max(axis=1).repeat(together)
    order = np.argsort(lengths, kind="stable")
    paddings = _target_paddings(targets, outputs)

    def trimmed(length: Any, inputs: Any, targets: Any) -> Any:
        longest = length[-1]
        return (
            {name: ids[:, :longest] for name, ids in inputs.items()},
            tf.nest.map_structure(
                lambda x, padding: x[:, :longest] if padding.is_per_token else x, targets, paddings
            ),
        )

    rows = tf.nest.map_structure(lambda x: x[order], (lengths, inputs, targets))
    data = tf.data.Dataset.from_tensor_slices(rows).batch(_EVALUATION_BATCH).map(trimmed)
    return without_autotune(data)


def calibration_batches(inputs: Inputs, seed: int) -> list[dict[str, np.ndarray]]:
    """Returns batches of the rows of `calibration_rows`.

    Args:
        inputs: as those of `TrainingBatches`.
        seed: of the choice.
    """
    arrays = calibration_rows(inputs, seed)
    return [
        {name: values[start : start + _CALIBRATION_BATCH] for name, values in arrays.items()}
        for start in range(0, len(arrays["input_ids"]), _CALIBRATION_BATCH)
    ]


def calibration_rows(inputs: Inputs, seed: int) -> dict[str, np.ndarray]:
    """Returns at most `CALIBRATION_TEXTS` randomly chosen rows, int32 by the input's name.

    Args:
        inputs: as those of `TrainingBatches`.
        seed: of the choice.
    """
    inputs = by_name(inputs)
    count = len(inputs["input_ids"])
    rows = np.random.default_rng(seed).permutation(count)[:CALIBRATION_TEXTS]
    chosen = {name: values[rows] for name, values in inputs.items()}
    return {
        name: values.padded() if isinstance(values, RaggedRows) else values
        for name, values in chosen.items()
    }
