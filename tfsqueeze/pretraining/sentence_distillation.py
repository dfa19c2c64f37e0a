"""Pretraining by a teacher's sentence vectors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.checkpoints.minilm import minilm_folder
from tfsqueeze.checkpoints.model_sources import pretrained_folder
from tfsqueeze.data.readers.prepared_folders import read_manifest, read_rows, read_vectors
from tfsqueeze.distillation.sentence_vector_loss import SentenceVectorLoss
from tfsqueeze.models.sentence_encoder import mean_pool
from tfsqueeze.models.squeezebert import SqueezeBertModel
from tfsqueeze.models.vocabulary_transfer import transfer_vocabulary
from tfsqueeze.pretraining.backbone_start import INPUTS, backbone_weights, distilled_student
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.pretraining.setup import Setup, epoch_batches, packed_rows, shuffled_rows
from tfsqueeze.pretraining.text_streams import token_inputs
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.ragged_rows import PaddedRows, RaggedRows
from tfsqueeze.utils.files import write_atomically

_TEXTS_AT_ONCE = 4096
_VECTORS_FILE = "sentence_vectors.npy"


def set_up_sentence_distillation(
    config: Any,
    tokenizer: WordPieceTokenizer,
    rows: RaggedRows,
    vectors: np.ndarray,
    options: PretrainingOptions,
    *,
    vector_of_row: np.ndarray | None = None,
    row_numbers: np.ndarray | None = None,
) -> Setup:
    """Returns what a run trains that learns the sentence vectors of texts.

    Args:
        config: the configuration of the student.
        tokenizer: its tokenizer.
        rows: the token ids of the texts.
        vectors: the teacher's vectors, float [vectors, channels], which may be memory-mapped.
        options: the settings of the run.
        vector_of_row: int64 [rows], the vector of each row; by default the one of its number.
        row_numbers: the rows of an epoch, which may be there several times; None for each once.
    """
    batches, steps, count = epoch_batches(shuffled_rows(rows, row_numbers), tokenizer, options)
    # The student does not overfit on so few texts; dropout is for fine-tuning.
    student_config = config.replace(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    channels = vectors.shape[1]

    def targets(numbers: np.ndarray) -> np.ndarray:
        chosen = numbers if vector_of_row is None else vector_of_row[numbers]
        return vectors[chosen].astype(np.float32)

    def batch(ids: tf.Tensor, numbers: tf.Tensor, _: tf.Tensor) -> tuple[Any, tf.Tensor]:
        found = tf.numpy_function(targets, [numbers], tf.float32)
        return token_inputs(ids, tokenizer), tf.ensure_shape(found, [None, channels])

    return Setup(
        lambda: _student(student_config, tokenizer, rows, options),
        lambda student: _trainer(student, channels),
        lambda *epochs: batches(*epochs).map(batch),
        steps,
        count,
        SentenceVectorLoss(options.ranking),
        [keras.metrics.CosineSimilarity("cosine")],
    )


def kept_sentence_vectors(prepared: Path, folder: Path) -> np.ndarray:
    """Returns the sentence vectors of a folder of prepared texts, memory-mapped.

    Args:
        prepared: the folder that `tfsqueeze prepare --teacher` wrote.
        folder: the folder of the run, which gets them as one file.

    Returns:
        float16 [rows, channels].
    """
    path = folder / _VECTORS_FILE
    if not path.exists():
        manifest = read_manifest(prepared)
        shape = (manifest.counts["rows"], manifest.vector_size)
        with write_atomically(path) as temporary:
            file = np.lib.format.open_memmap(temporary, "w+", np.float16, shape)
            start = 0
            for part in read_vectors(prepared):
                file[start : start + len(part)] = part
                start += len(part)
            file.flush()
    return np.load(path, mmap_mode="r")


def prepared_rows(
    prepared: Path, options: PretrainingOptions, tokenizer: WordPieceTokenizer
) -> RaggedRows:
    """Returns the token ids of a folder of prepared texts, in the order of their vectors.

    Args:
        prepared: the folder.
        options: the settings of the run.
        tokenizer: the tokenizer of the run.
    """
    files = [prepared / name for name in read_manifest(prepared).files]
    return packed_rows(read_rows(files), options, tokenizer)


def encoded_rows(
    tokenizer: WordPieceTokenizer, texts: list[str], options: PretrainingOptions
) -> RaggedRows:
    """Returns the token ids of texts, a row each, cut to the maximum length.

    Args:
        tokenizer: the tokenizer of the run.
        texts: the texts.
        options: the settings of the run.
    """

    def parts() -> Iterator[dict[str, PaddedRows]]:
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            part = texts[start : start + _TEXTS_AT_ONCE]
            encodings = tokenizer(part, max_length=options.max_length)
            lengths = tf.reduce_sum(encodings["attention_mask"], axis=1).numpy()
            ids = encodings["input_ids"].numpy()
            yield {"input_ids": PaddedRows(ids, lengths, tokenizer.pad_token_id)}

    return RaggedRows.gather(parts())["input_ids"]


def _trainer(student: Any, channels: int) -> keras.Model:
    """Returns the model from texts to vectors of as many channels as the teacher's."""
    input_ids = student.input["input_ids"]
    is_token = tf.cast(input_ids != student.config.pad_token_id, tf.int32)
    vector = mean_pool(tf.cast(student.output["last_hidden_state"], tf.float32), is_token)
    if student.config.hidden_size != channels:
        vector = keras.layers.Dense(channels, dtype=tf.float32, name="vector_projection")(vector)
    return keras.Model(student.input, vector)


def _student(
    config: Any, tokenizer: WordPieceTokenizer, rows: RaggedRows, options: PretrainingOptions
) -> keras.Model:
    if options.pretrained is None:
        minilm = WordPieceTokenizer.from_pretrained(minilm_folder())
        if options.from_teacher and tokenizer.vocabulary == minilm.vocabulary:
            return distilled_student(config, rows, options)
        return SqueezeBertModel(config, input_names=INPUTS)
    theirs = WordPieceTokenizer.from_pretrained(pretrained_folder(options.pretrained))
    model = backbone_weights(SqueezeBertModel, config, options)
    if theirs.vocabulary == tokenizer.vocabulary:
        return model
    return transfer_vocabulary(model, theirs, tokenizer)
