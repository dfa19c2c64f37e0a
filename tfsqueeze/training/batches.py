"""Token ids as tf.data batches."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tfsqueeze.text.tokenizer import WordPieceTokenizer

_TOKENIZE_AT_ONCE = 1024
_BUCKETS = 4


def tokenize(tokenizer: WordPieceTokenizer, texts: list[str]) -> np.ndarray:
    """Returns the padded ids of many texts: int32 [texts, tokenizer.max_length]."""
    pieces = [tokenizer(texts[start:start + _TOKENIZE_AT_ONCE])["input_ids"].numpy()
              for start in range(0, len(texts), _TOKENIZE_AT_ONCE)]
    return np.concatenate(pieces) if pieces else np.zeros((0, tokenizer.max_length), np.int32)


class TrainingBatches:
    """Shuffled batches of texts of like length, each padded to its longest text.

    input_ids: int32 [texts, length], padded with `tokenizer.pad_token_id`.
    label_ids: int32 [texts].
    word_dropout: chance that a token other than the special ones becomes [UNK], anew each epoch.
    teacher_logits: float32 [texts, num_labels], what a `Distiller` learns from.

    Texts are grouped by length, since most are far shorter than the longest: padding costs as
    much time as tokens do.
    """

    def __init__(self, input_ids: np.ndarray, label_ids: np.ndarray,
                 tokenizer: WordPieceTokenizer, *, batch_size: int, word_dropout: float,
                 seed: int, teacher_logits: np.ndarray | None = None):
        self._tokenizer = tokenizer
        self._word_dropout = word_dropout
        self._batch_size = batch_size
        lengths = (input_ids != tokenizer.pad_token_id).sum(axis=1)
        quantiles = np.quantile(lengths, np.arange(1, _BUCKETS) / _BUCKETS)
        self._boundaries = np.unique(quantiles.astype(int)) + 1
        buckets = np.bincount(np.digitize(lengths, self._boundaries))
        self.steps = int(np.ceil(buckets / batch_size).sum())
        targets = label_ids if teacher_logits is None else {"labels": label_ids,
                                                            "logits": teacher_logits}
        self._data = (input_ids, lengths.astype(np.int32), targets)
        self._seed = seed

    def dataset(self) -> tf.data.Dataset:
        """Returns one epoch of ({"input_ids": int32 [batch, length]}, labels int32 [batch]), or
        in place of the labels a dict of `labels` and `logits` where there are a teacher's."""
        data = tf.data.Dataset.from_tensor_slices(self._data)
        data = data.shuffle(len(self._data[0]), seed=self._seed)
        data = data.map(lambda ids, length, targets: (ids[:length], targets))
        data = data.bucket_by_sequence_length(
            lambda ids, targets: tf.shape(ids)[0], self._boundaries.tolist(),
            [self._batch_size] * (len(self._boundaries) + 1),
            padding_values=(self._tokenizer.pad_token_id,
                            tf.nest.map_structure(lambda x: x.dtype.type(0), self._data[2])))
        return data.map(self._drop_words).prefetch(tf.data.AUTOTUNE)

    def _drop_words(self, ids, targets):
        tokenizer = self._tokenizer
        special = (ids == tokenizer.pad_token_id) | (ids == tokenizer.cls_token_id) | (
            ids == tokenizer.sep_token_id)
        dropped = (tf.random.uniform(tf.shape(ids)) < self._word_dropout) & ~special
        return {"input_ids": tf.where(dropped, tokenizer.unk_token_id, ids)}, targets


def evaluation_batches(input_ids: np.ndarray, label_ids: np.ndarray | None = None,
                       batch_size: int = 128) -> tf.data.Dataset:
    """Returns ordered batches at the full padded length, as the converted model sees them."""
    inputs = {"input_ids": input_ids}
    slices = inputs if label_ids is None else (inputs, label_ids)
    return tf.data.Dataset.from_tensor_slices(slices).batch(batch_size)
