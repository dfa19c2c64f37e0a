"""A teacher's outputs for many texts, computed once and kept on disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.utils.files import write_atomically

_ROWS_AT_ONCE = 2048
_TOKENS_AT_ONCE = 4096
_PROGRESS = "progress.json"


class TeacherOutputs:
    """What a teacher makes of rows of token ids: its logits, and `hidden_states_<i>`.

    Logits have the names of the teacher's outputs, `logits` where it has one. What there is for
    each token is kept as float16 for tokens alone, not for padding; logits of texts as float32.

    folder: takes the files, in a folder of its own for each teacher, rows and choice of outputs. A
        computation that was interrupted goes on at its last whole block.
    teacher: a `PreTrainedModel`.
    inputs: int32 [texts, length] by the name of the teacher's inputs, or the `input_ids` alone,
        padded with the teacher's `pad_token_id` at the end.
    logits: whether to keep them. hidden_states: which to keep: 0 is the embedding output.
    progress: called with the texts done and their number.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        teacher: PreTrainedModel,
        inputs: np.ndarray | Mapping[str, np.ndarray],
        *,
        logits: bool = True,
        hidden_states: Sequence[int] = (),
        progress: Callable[[int, int], None] = lambda *_: None,
    ):
        inputs = dict(inputs) if isinstance(inputs, Mapping) else {"input_ids": inputs}
        input_ids = inputs["input_ids"]
        made = teacher.with_states(hidden_states=hidden_states)
        self.names = [
            *(name for name in made.output if logits and name.endswith("logits")),
            *(f"hidden_states_{i}" for i in hidden_states),
        ]
        self._widths = {name: made.output[name].shape[-1] for name in self.names}
        self._per_token = {name for name in self.names if made.output[name].shape.rank == 3}
        self._lengths = (input_ids != teacher.config.pad_token_id).sum(axis=1)
        self._starts = np.concatenate([[0], np.cumsum(self._lengths)])
        self.folder = Path(folder) / _digest(teacher, inputs, self.names)
        self.folder.mkdir(parents=True, exist_ok=True)
        done = self._done()
        self._arrays = {
            name: self._open(name, len(input_ids), new=done == 0) for name in self.names
        }
        if done < len(input_ids):
            self._compute(made, inputs, done, progress)

    def batch(self, rows: np.ndarray, length: int) -> dict[str, np.ndarray]:
        """Returns the outputs of some texts by name, in their order.

        Logits of texts float32 [rows, classes]; those of tokens float16 [rows, length, classes]
        and `hidden_states_<i>` float16 [rows, length, hidden_size], 0 at padding. length: at least
        that of the longest of the texts.
        """
        outputs = {}
        for name, array in self._arrays.items():
            if name not in self._per_token:
                outputs[name] = array[rows]
                continue
            padded = np.zeros((len(rows), length, array.shape[1]), array.dtype)
            for index, row in enumerate(rows):
                padded[index, : self._lengths[row]] = array[
                    self._starts[row] : self._starts[row + 1]
                ]
            outputs[name] = padded
        return outputs

    def batch_in_graph(self, rows: tf.Tensor, length: tf.Tensor) -> dict[str, tf.Tensor]:
        """Does the same inside `tf.data.Dataset.map`: rows int [batch], length int scalar."""
        values = tf.numpy_function(
            lambda rows, length: list(self.batch(rows, int(length)).values()),
            [rows, length],
            [tf.as_dtype(self._arrays[name].dtype) for name in self.names],
        )
        for name, value in zip(self.names, values, strict=True):
            value.set_shape([None] * (1 + (name in self._per_token)) + [self._widths[name]])
        return dict(zip(self.names, values, strict=True))

    def _done(self):
        path = self.folder / _PROGRESS
        return json.loads(path.read_text("utf-8"))["texts"] if path.exists() else 0

    def _open(self, name, texts, new):
        count, dtype = (
            (int(self._starts[-1]), np.float16) if name in self._per_token else (texts, np.float32)
        )
        shape = count, self._widths[name]
        path = self.folder / f"{name}.npy"
        if new:
            return np.lib.format.open_memmap(path, "w+", dtype, shape)
        return np.load(path, mmap_mode="r+")

    def _compute(self, model, inputs, done, progress):
        run = tf.function(
            lambda inputs: {
                name: value
                for name, value in model(inputs, training=False).items()
                if name in self.names
            },
            input_signature=[{name: tf.TensorSpec([None, None], tf.int32) for name in inputs}],
        )
        texts = len(self._lengths)
        for start in range(done, texts, _ROWS_AT_ONCE):
            block = np.arange(start, min(start + _ROWS_AT_ONCE, texts))
            # Texts of like length together: padding costs as much time as tokens do.
            block = block[np.argsort(self._lengths[block], kind="stable")]
            while len(block):
                longest = max(1, self._lengths[block[-1]])
                count = max(1, _TOKENS_AT_ONCE // longest)
                rows, block = block[-count:], block[:-count]
                self._keep(
                    rows, run({name: value[rows, :longest] for name, value in inputs.items()})
                )
            for array in self._arrays.values():
                array.flush()
            count = min(start + _ROWS_AT_ONCE, texts)
            with write_atomically(self.folder / _PROGRESS) as temporary:
                temporary.write_text(json.dumps({"texts": count}) + "\n", "utf-8")
            progress(count, texts)

    def _keep(self, rows, outputs):
        for name, array in self._arrays.items():
            values = outputs[name].numpy()
            if name not in self._per_token:
                array[rows] = values
                continue
            for row, value in zip(rows, values, strict=True):
                array[self._starts[row] : self._starts[row + 1]] = value[: self._lengths[row]]


def _digest(teacher, inputs, names):
    digest = hashlib.sha256()
    digest.update(json.dumps([teacher.config.to_dict(), names]).encode())
    for value in inputs.values():
        digest.update(np.ascontiguousarray(value).tobytes())
    for weight in teacher.weights:
        digest.update(weight.numpy().tobytes())
    return digest.hexdigest()[:16]
