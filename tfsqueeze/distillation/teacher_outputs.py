"""The outputs of a teacher for many texts, computed once and stored on disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.utils.files import write_atomically

_ROWS_PER_BLOCK = 2048
_TOKENS_PER_BATCH = 4096
_PROGRESS = "progress.json"


class TeacherOutputs:
    """The logits and hidden states of a teacher for many texts, stored in files.

    Logits have the names of the teacher's outputs, or `logits` if it has only one; hidden states
    have the names `hidden_states_<i>`. Outputs per token are stored as float16, without padding;
    logits of texts as float32.

    Args:
        folder: the folder for the files, with a subfolder for each combination of a teacher, inputs
            and a choice of outputs. An interrupted computation continues after its last complete
            block.
        teacher: the teacher.
        inputs: int32 [texts, length] by the names of the teacher's inputs, or `input_ids` only.
            Padding is at the end and has the teacher's `pad_token_id`.
        logits: whether to store the logits.
        hidden_states: the numbers of the hidden states to store; 0 is the output of the embeddings.
        progress: called with the number of finished texts and the number of all texts.

    Attributes:
        names: the names of the stored outputs.
        folder: the subfolder with the files.
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
    ) -> None:
        inputs = dict(inputs) if isinstance(inputs, Mapping) else {"input_ids": inputs}
        input_ids = inputs["input_ids"]
        model: Any = teacher.with_states(hidden_states=hidden_states)
        self.names = [
            *(name for name in model.output if logits and name.endswith("logits")),
            *(f"hidden_states_{i}" for i in hidden_states),
        ]
        self._widths = {name: model.output[name].shape[-1] for name in self.names}
        # The scores of positions are one number for each token: [batch, length].
        self._per_token = {
            name
            for name in self.names
            if model.output[name].shape.rank == 3 or self._widths[name] is None
        }
        self._lengths = (input_ids != teacher.config.pad_token_id).sum(axis=1)
        self._starts = np.concatenate([[0], np.cumsum(self._lengths)])
        self.folder = Path(folder) / _digest(teacher, inputs, self.names)
        self.folder.mkdir(parents=True, exist_ok=True)
        done = self._done()
        self._arrays = {
            name: self._open(name, len(input_ids), new=done == 0) for name in self.names
        }
        if done < len(input_ids):
            self._compute(model, inputs, done, progress)

    def batch(self, rows: np.ndarray, length: int) -> dict[str, np.ndarray]:
        """Returns the outputs of some texts.

        Args:
            rows: the numbers of the texts, int [rows].
            length: the number of tokens to pad to, at least that of the longest of the texts.

        Returns:
            The outputs by name, in the order of `rows`: logits of texts float32 [rows, classes],
            logits of tokens float16 [rows, length, classes] or [rows, length], and
            `hidden_states_<i>` float16 [rows, length, hidden_size]; 0 at padding.
        """
        outputs = {}
        for name, array in self._arrays.items():
            if name not in self._per_token:
                outputs[name] = array[rows]
                continue
            padded = np.zeros((len(rows), length, *array.shape[1:]), array.dtype)
            for index, row in enumerate(rows):
                padded[index, : self._lengths[row]] = array[
                    self._starts[row] : self._starts[row + 1]
                ]
            outputs[name] = padded
        return outputs

    def batch_in_graph(self, rows: tf.Tensor, length: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns what `batch` returns, in a TensorFlow graph, as for `tf.data.Dataset.map`.

        Args:
            rows: the numbers of the texts, int [batch].
            length: the number of tokens to pad to, an int scalar.
        """
        values = tf.numpy_function(
            lambda rows, length: list(self.batch(rows, int(length)).values()),
            [rows, length],
            [tf.as_dtype(self._arrays[name].dtype) for name in self.names],
        )
        for name, value in zip(self.names, values, strict=True):
            width = self._widths[name]
            value.set_shape(
                [None] * (1 + (name in self._per_token)) + ([] if width is None else [width])
            )
        return dict(zip(self.names, values, strict=True))

    def _done(self) -> int:
        path = self.folder / _PROGRESS
        return json.loads(path.read_text("utf-8"))["texts"] if path.exists() else 0

    def _open(self, name: str, texts: int, new: bool) -> Any:
        count, dtype = (
            (int(self._starts[-1]), np.float16) if name in self._per_token else (texts, np.float32)
        )
        width = self._widths[name]
        shape = (count,) if width is None else (count, width)
        path = self.folder / f"{name}.npy"
        if new:
            return np.lib.format.open_memmap(path, "w+", dtype, shape)
        return np.load(path, mmap_mode="r+")

    def _compute(
        self,
        model: Any,
        inputs: Mapping[str, np.ndarray],
        done: int,
        progress: Callable[[int, int], None],
    ) -> None:
        run = tf.function(
            lambda inputs: {
                name: value
                for name, value in model(inputs, training=False).items()
                if name in self.names
            },
            input_signature=[{name: tf.TensorSpec([None, None], tf.int32) for name in inputs}],
        )
        texts = len(self._lengths)
        for start in range(done, texts, _ROWS_PER_BLOCK):
            block = np.arange(start, min(start + _ROWS_PER_BLOCK, texts))
            # Texts of similar length together: padding takes as much time as tokens do.
            block = block[np.argsort(self._lengths[block], kind="stable")]
            while len(block):
                longest = max(1, self._lengths[block[-1]])
                count = max(1, _TOKENS_PER_BATCH // longest)
                rows, block = block[-count:], block[:-count]
                self._store(
                    rows, run({name: value[rows, :longest] for name, value in inputs.items()})
                )
            for array in self._arrays.values():
                array.flush()
            count = min(start + _ROWS_PER_BLOCK, texts)
            with write_atomically(self.folder / _PROGRESS) as temporary:
                temporary.write_text(json.dumps({"texts": count}) + "\n", "utf-8")
            progress(count, texts)

    def _store(self, rows: np.ndarray, outputs: Mapping[str, tf.Tensor]) -> None:
        for name, array in self._arrays.items():
            values = outputs[name].numpy()
            if name not in self._per_token:
                array[rows] = values
                continue
            for row, value in zip(rows, values, strict=True):
                array[self._starts[row] : self._starts[row + 1]] = value[: self._lengths[row]]


def _digest(
    teacher: PreTrainedModel, inputs: Mapping[str, np.ndarray], names: Sequence[str]
) -> str:
    digest = hashlib.sha256()
    digest.update(json.dumps([teacher.config.to_dict(), names]).encode())
    for value in inputs.values():
        digest.update(np.ascontiguousarray(value).tobytes())
    for weight in teacher.weights:
        digest.update(weight.numpy().tobytes())
    return digest.hexdigest()[:16]
