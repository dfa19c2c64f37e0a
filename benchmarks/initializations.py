"""What a student of all-MiniLM-L6-v2 should start from: its own weights, and by which method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.checkpoints.minilm import minilm_folder
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.data.sources.text_files import text_files
from tfsqueeze.distillation.distillation_options import DistillationOptions
from tfsqueeze.distillation.distiller import Distiller
from tfsqueeze.distillation.initialization import factorize_embeddings, init_from_teacher
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
_LENGTH = 64
_BATCH = 64
_HELD_OUT = 512
_SORTED_TOGETHER = 32 * _BATCH


def compare_initializations(
    texts: Sequence[str],
    folder: Path,
    *,
    preset: str,
    steps: int,
    learning_rate: float = 1e-3,
    seed: int = 0,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> dict[str, Any]:
    """Distils a student for some steps from each start, on the same batches.

    Args:
        texts: what `tfsqueeze.data.sources.text_files.text_files` takes.
        folder: keeps the teacher's outputs.
        preset: a preset of the teacher's width with narrower embeddings, attention in every layer.
        steps: training steps from each start.
        learning_rate: the highest learning rate.
        seed: of the texts' order and of new weights.
        progress: called with how many steps are done, of how many, and what is trained.

    Returns:
        A JSON-able dict: the settings and `initializations`, a row for each of `METHODS`: `start`
        and `end`, the losses on held-out rows before and after: `last_hidden_state` (mean squared
        error) and `sentences` (1 - cosine).

    Raises:
        UserError: there are too few texts, or the preset does not suit.
    """
    tokenizer = WordPieceTokenizer.from_pretrained(minilm_folder())
    teacher = BertModel.from_pretrained(minilm_folder(), input_names=("input_ids",))
    ids = _rows(text_files(texts, folder / "texts"), tokenizer, _HELD_OUT + steps * _BATCH, seed)
    last = teacher.config.num_hidden_layers
    outputs = TeacherOutputs(
        folder / "teacher",
        teacher,
        ids,
        logits=False,
        hidden_states=(last,),
        progress=lambda done, total: progress(done, total, "texts through the teacher"),
    )
    config = load_preset(
        preset,
        vocab_size=tokenizer.vocab_size,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    held_out = _dataset(ids, outputs, np.arange(_HELD_OUT), shuffled=False, seed=seed)
    training = _dataset(ids, outputs, np.arange(_HELD_OUT, len(ids)), shuffled=True, seed=seed)
    rows = []
    for index, (method, name) in enumerate(METHODS.items()):
        progress(index, len(METHODS), name)
        keras.utils.set_random_seed(seed)
        distiller = Distiller(
            _student(method, teacher, config, ids[:_HELD_OUT]),
            teacher.config,
            DistillationOptions(last_hidden_state=1.0, sentences=1.0),
        )
        distiller.compile(
            keras.optimizers.AdamW(
                warmup_and_decay(learning_rate, steps), weight_decay=0.01, clipnorm=1.0
            )
        )
        row = {"method": method, "name": name, "start": _losses(distiller, held_out)}
        distiller.fit(training, verbose=0)
        rows.append({**row, "end": _losses(distiller, held_out)})
    return {
        "preset": preset,
        "steps": steps,
        "batch_size": _BATCH,
        "max_length": _LENGTH,
        "learning_rate": learning_rate,
        "seed": seed,
        "held_out": _HELD_OUT,
        "texts": [str(text) for text in texts],
        "initializations": rows,
    }


def _rows(files, tokenizer, count, seed):
    rows = [
        row for row, _ in stream_ids(files, tokenizer, _LENGTH).as_numpy_iterator() if len(row) > 4
    ]
    if len(rows) < count:
        raise UserError(
            f"the texts make {len(rows):,} rows, fewer than the {count:,} that these "
            "steps need; name more texts or take fewer steps"
        )
    chosen = np.random.default_rng(seed).permutation(len(rows))[:count]
    return pad_rows([rows[row] for row in chosen], _LENGTH, tokenizer.pad_token_id)


def _student(method, teacher, config, ids):
    if method in ("block_diagonal", "least_squares"):
        return init_from_teacher(teacher, SqueezeBertModel, config, ids, method=method)
    student = SqueezeBertModel(config, input_names=("input_ids",))
    if method == "embeddings":
        factorize_embeddings(student, teacher, ids)
    return student


def _dataset(ids, outputs, rows, *, shuffled, seed):
    lengths = (ids != 0).sum(axis=1)
    if shuffled:
        # Texts of like length together: padding costs as much time as tokens do.
        rows = np.concatenate(
            [
                block[np.argsort(lengths[block], kind="stable")]
                for block in np.array_split(rows, max(1, len(rows) // _SORTED_TOGETHER))
            ]
        )
    batches = [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]
    if shuffled:
        np.random.default_rng(seed).shuffle(batches)

    def generate():
        for batch in batches:
            length = int(lengths[batch].max())
            yield {"input_ids": ids[batch, :length]}, outputs.batch(batch, length)

    (name,) = outputs.names
    width = outputs.batch(rows[:1], _LENGTH)[name].shape[-1]
    return without_autotune(
        tf.data.Dataset.from_generator(
            generate,
            output_signature=(
                {"input_ids": tf.TensorSpec([None, None], tf.int32)},
                {name: tf.TensorSpec([None, None, width], tf.float16)},
            ),
        ).prefetch(2)
    )


def _losses(distiller, data):
    found = distiller.evaluate(data, verbose=0, return_dict=True)
    return {name: float(found[f"{name}_loss"]) for name in ("last_hidden_state", "sentences")}
