"""Pretraining by masked language modelling."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.models.squeezebert import SqueezeBertForMaskedLM
from tfsqueeze.pretraining.backbone_start import INPUTS, backbone_weights
from tfsqueeze.pretraining.masking import WholeWordMasking
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.pretraining.setup import Setup, epoch_batches
from tfsqueeze.pretraining.text_streams import stream_ids, token_inputs
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer


def set_up_masked_lm(
    config: Any,
    tokenizer: WordPieceTokenizer,
    files: Sequence[Path],
    options: PretrainingOptions,
) -> Setup:
    """Returns what a run by masked language modelling trains.

    Args:
        config: the configuration of the model.
        tokenizer: its tokenizer.
        files: the files of texts; see `stream_ids`.
        options: the settings of the run.
    """
    rows = stream_ids(files, tokenizer, options.max_length)
    batches, steps, count = epoch_batches(lambda _: rows, tokenizer, options)
    mask = WholeWordMasking(tokenizer)

    def build() -> keras.Model:
        if options.pretrained is not None:
            return backbone_weights(SqueezeBertForMaskedLM, config, options)
        return SqueezeBertForMaskedLM(config, input_names=INPUTS)

    def masked(ids: tf.Tensor, _: tf.Tensor, seed: tf.Tensor) -> tuple[Any, tf.Tensor, tf.Tensor]:
        masked_ids, labels, weights = mask(ids, seed)
        return {**token_inputs(ids, tokenizer), "input_ids": masked_ids}, labels, weights

    return Setup(
        build,
        lambda model: model,
        lambda *epochs: batches(*epochs).map(masked, num_parallel_calls=tf.data.AUTOTUNE),
        steps,
        count,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        [keras.metrics.SparseCategoricalAccuracy("accuracy")],
    )
