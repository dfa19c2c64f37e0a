"""Short distillations of students of all-MiniLM-L6-v2 on the same batches, to compare them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.checkpoints.minilm import minilm_folder
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.data.sources.text_files import text_files
from tfsqueeze.distillation.distillation_options import DistillationOptions
from tfsqueeze.distillation.distiller import Distiller
from tfsqueeze.distillation.initialization import (
    InitializationMethod,
    factorize_embeddings,
    init_from_teacher,
)
from tfsqueeze.distillation.teacher_outputs import TeacherOutputs
from tfsqueeze.models.bert import BertModel
from tfsqueeze.models.squeezebert import SqueezeBertModel
from tfsqueeze.pretraining.text_streams import stream_ids
from tfsqueeze.tokenizers.padding import pad_rows
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.fit import warmup_and_decay
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.tf_data import without_autotune

METHODS = {
    "random": "random weights",
    "embeddings": "the teacher's embeddings alone",
    "block_diagonal": "layers by their block diagonal",
    "least_squares": "layers by least squares",
}
BATCH = 64
MAX_LENGTH = 64
HELD_OUT = 512
LEARNING_RATE = 1e-3
_SORTED_TOGETHER = 32

Progress = Callable[[int, int, str], None]


class ShortDistillations:
    """Distils students for some steps, and measures them on other texts.

    Args:
        texts: what `tfsqueeze.data.sources.text_files.text_files` takes.
        folder: keeps the teacher's outputs.
        steps: the number of training steps of each student.
        seed: of the texts' order and of new weights.
        progress: called with how many texts are done, of how many, and what is done.

    Attributes:
        teacher: the teacher, a `BertModel`.
        input_ids: token ids of the texts, int32 [texts, length]; the first are held out.

    Raises:
        UserError: there are too few texts.
    """

    def __init__(
        self, texts: Sequence[str], folder: Path, *, steps: int, seed: int, progress: Progress
    ) -> None:
        self._tokenizer = WordPieceTokenizer.from_pretrained(minilm_folder())
        self._seed, self._steps = seed, steps
        self.teacher: Any = BertModel.from_pretrained(minilm_folder(), input_names=("input_ids",))
        self.input_ids = self._rows(text_files(texts, folder / "texts"), HELD_OUT + steps * BATCH)
        self._outputs = TeacherOutputs(
            folder / "teacher",
            self.teacher,
            self.input_ids,
            logits=False,
            hidden_states=(self.teacher.config.num_hidden_layers,),
            progress=lambda done, total: progress(done, total, "texts through the teacher"),
        )

    def config(self, preset: str, **fields: Any) -> SqueezeBertConfig:
        """Returns the configuration of a student, without dropout.

        Args:
            preset: a preset of the teacher's width with narrower embeddings, attention in every
                layer.
            **fields: fields that differ from the preset's.
        """
        return load_preset(
            preset,
            **{
                "vocab_size": self._tokenizer.vocab_size,
                "hidden_dropout_prob": 0.0,
                "attention_probs_dropout_prob": 0.0,
                **fields,
            },
        )

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the distillations, JSON-able."""
        return {
            "steps": self._steps,
            "batch_size": BATCH,
            "max_length": MAX_LENGTH,
            "learning_rate": LEARNING_RATE,
            "seed": self._seed,
            "held_out": HELD_OUT,
        }

    def student(self, method: str, config: SqueezeBertConfig) -> SqueezeBertModel:
        """Returns a student with its start.

        Args:
            method: one of `METHODS`.
            config: the student's configuration.
        """
        texts = self.input_ids[:HELD_OUT]
        if method in get_args(InitializationMethod):
            student: Any = init_from_teacher(
                self.teacher, SqueezeBertModel, config, texts, method=cast(Any, method)
            )
            return student
        student = SqueezeBertModel(config, input_names=("input_ids",))
        if method == "embeddings":
            factorize_embeddings(student, self.teacher, texts)
        return student

    def train(self, build: Callable[[], SqueezeBertModel]) -> dict[str, dict[str, float]]:
        """Returns the losses of a student on the held-out texts, before and after training.

        Args:
            build: returns the student.

        Returns:
            `start` and `end`: `last_hidden_state` (squared error) and `sentences` (1 - cosine).
        """
        keras.utils.set_random_seed(self._seed)
        distiller = Distiller(
            build(),
            self.teacher.config,
            DistillationOptions(last_hidden_state=1.0, sentences=1.0),
        )
        distiller.compile(
            keras.optimizers.AdamW(
                warmup_and_decay(LEARNING_RATE, self._steps), weight_decay=0.01, clipnorm=1.0
            )
        )
        held_out = self._dataset(np.arange(HELD_OUT), shuffled=False)
        start = _losses(distiller, held_out)
        distiller.fit(
            self._dataset(np.arange(HELD_OUT, len(self.input_ids)), shuffled=True), verbose=0
        )
        return {"start": start, "end": _losses(distiller, held_out)}

    def _rows(self, files: Sequence[Path], count: int) -> np.ndarray:
        rows = [
            row
            for row, _ in stream_ids(files, self._tokenizer, MAX_LENGTH).as_numpy_iterator()
            if len(row) > 4
        ]
        if len(rows) < count:
            raise UserError(
                f"the texts make {len(rows):,} rows, fewer than the {count:,} that these "
                "steps need; name more texts or take fewer steps"
            )
        chosen = np.random.default_rng(self._seed).permutation(len(rows))[:count]
        return pad_rows([rows[row] for row in chosen], MAX_LENGTH, self._tokenizer.pad_token_id)

    def _dataset(self, rows: np.ndarray, *, shuffled: bool) -> tf.data.Dataset:
        ids, outputs = self.input_ids, self._outputs
        lengths = (ids != self._tokenizer.pad_token_id).sum(axis=1)
        if shuffled:
            # Texts of like length together: padding costs as much time as tokens do.
            parts = max(1, len(rows) // (_SORTED_TOGETHER * BATCH))
            rows = np.concatenate(
                [
                    block[np.argsort(lengths[block], kind="stable")]
                    for block in np.array_split(rows, parts)
                ]
            )
        batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        if shuffled:
            np.random.default_rng(self._seed).shuffle(batches)

        def generate():
            for batch in batches:
                length = int(lengths[batch].max())
                yield {"input_ids": ids[batch, :length]}, outputs.batch(batch, length)

        (name,) = outputs.names
        width = self.teacher.config.hidden_size
        return without_autotune(
            tf.data.Dataset.from_generator(
                generate,
                output_signature=(
                    {"input_ids": tf.TensorSpec([None, None], tf.int32)},
                    {name: tf.TensorSpec([None, None, width], tf.float16)},
                ),
            ).prefetch(2)
        )


def _losses(distiller: Distiller, data: tf.data.Dataset) -> dict[str, float]:
    found = distiller.evaluate(data, verbose=0, return_dict=True)
    return {name: float(found[f"{name}_loss"]) for name in ("last_hidden_state", "sentences")}
