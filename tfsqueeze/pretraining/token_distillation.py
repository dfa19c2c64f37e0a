"""Pretraining by the hidden states of a teacher."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze import BertModel
from tfsqueeze.checkpoints.minilm import minilm_folder
from tfsqueeze.checkpoints.model_sources import CONFIG_FILE
from tfsqueeze.distillation.distiller import Distiller
from tfsqueeze.distillation.teacher_outputs import TeacherOutputs
from tfsqueeze.models.architectures import read_config
from tfsqueeze.pretraining.backbone_start import INPUTS, distilled_student
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.pretraining.setup import (
    Progress,
    Setup,
    epoch_batches,
    packed_rows,
    shuffled_rows,
)
from tfsqueeze.pretraining.text_streams import stream_ids, token_inputs
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer


def set_up_token_distillation(
    config: Any,
    tokenizer: WordPieceTokenizer,
    files: Sequence[Path],
    folder: Path,
    options: PretrainingOptions,
    progress: Progress,
) -> Setup:
    """Returns what a run trains that learns the hidden states of all-MiniLM-L6-v2.

    Args:
        config: the configuration of the student.
        tokenizer: the teacher's tokenizer.
        files: the files of texts; see `stream_ids`.
        folder: keeps the teacher's outputs.
        options: the settings of the run.
        progress: is called with what is counted, the number done and the number in total.
    """
    stream = stream_ids(files, tokenizer, options.max_length)
    rows = packed_rows(stream.map(lambda ids, _: ids), options, tokenizer)
    batches, steps, count = epoch_batches(shuffled_rows(rows), tokenizer, options)
    # The student does not overfit on so few texts; dropout is for fine-tuning.
    student_config = config.replace(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    outputs = None
    if options.keeps_teacher_outputs:
        teacher = _load_teacher()
        padded = tf.constant(rows.padded())
        outputs = TeacherOutputs(
            folder / "teacher",
            teacher,
            {name: value.numpy() for name, value in token_inputs(padded, tokenizer).items()},
            logits=False,
            hidden_states=(teacher.config.num_hidden_layers,),
            progress=lambda *counts: progress("texts through the teacher", *counts),
        )

    def trainer(student: Any) -> keras.Model:
        # A teacher that runs in each step has the precision of the student.
        teacher = _load_teacher() if outputs is None else read_config(minilm_folder() / CONFIG_FILE)
        return Distiller(student, teacher, options.distillation)

    def batch(ids: tf.Tensor, numbers: tf.Tensor, _: tf.Tensor) -> Any:
        inputs = token_inputs(ids, tokenizer)
        if outputs is None:
            return inputs
        return inputs, outputs.batch_in_graph(numbers, tf.shape(ids)[1])

    return Setup(
        lambda: distilled_student(student_config, rows, options),
        trainer,
        lambda *epochs: batches(*epochs).map(batch, num_parallel_calls=tf.data.AUTOTUNE),
        steps,
        count,
    )


def _load_teacher() -> Any:
    return BertModel.from_pretrained(minilm_folder(), input_names=INPUTS)
