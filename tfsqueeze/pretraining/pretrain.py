"""A pretraining run in a folder: from plain text to a backbone in Hugging Face's layout."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze import BertModel
from tfsqueeze.checkpoints.minilm import minilm_folder
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.data.sources.text_files import text_files
from tfsqueeze.distillation.distillation_options import DistillationOptions
from tfsqueeze.distillation.distiller import Distiller
from tfsqueeze.distillation.initialization import (
    can_init_from_teacher,
    factorize_embeddings,
    init_from_teacher,
)
from tfsqueeze.distillation.teacher_outputs import TeacherOutputs
from tfsqueeze.models.squeezebert import SqueezeBertForMaskedLM, SqueezeBertModel
from tfsqueeze.pretraining.masking import WholeWordMasking
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.pretraining.text_streams import pad_rows, stream_ids, training_batches
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.run_folder import claim_folder
from tfsqueeze.training.stage import read_history, warmup_and_decay
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.tf_data import without_autotune

BACKBONE_FOLDER = "backbone"
_SAVED_EVERY = 500  # steps between the points that an interrupted run goes on from
_PREFETCHED = 2
_VOCABULARY_LINES = 200_000
_DISTILLED = DistillationOptions(last_hidden_state=1.0, sentences=1.0, pooled_sentences=1.0)
_INITIAL_TEXTS = 1024


@dataclasses.dataclass
class PretrainedRun:
    """What a finished run holds: where the backbone and its tokenizer are, and a row per epoch."""

    backbone: Path
    history: list[dict[str, float]]


@dataclasses.dataclass
class _Prepared:
    """The model to keep, and how it is fitted."""

    model: keras.Model
    fitted: keras.Model
    data: tf.data.Dataset
    steps: int
    rows: int
    loss: keras.losses.Loss | None = None
    metrics: Sequence[keras.metrics.Metric] | None = None


def pretrain(
    folder: str | os.PathLike,
    texts: Sequence[str | os.PathLike],
    options: PretrainingOptions,
    callbacks: Callable[[str, int, int, int], Sequence] = lambda *_: (),
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> PretrainedRun:
    """Pretrains a SqueezeBERT on plain text, one text or paragraph a line.

    folder: takes the run. One that was interrupted there with the same settings and texts goes on
        where it was; a finished one is returned. The backbone in it is what `from_pretrained` of
        any SqueezeBERT class and `WordPieceTokenizer.from_pretrained` read.
    texts: files, folders of .txt files, or names of datasets, whose training texts are taken.
    callbacks: called with the objective, the epochs, and the steps and rows of each; returns
        further Keras callbacks.
    progress: called with what is counted, how many are done and how many there are.

    Raises UserError where a text or the folder does not fit.
    """
    folder = Path(folder)
    files = text_files(texts, folder / "texts")
    claim_folder(
        folder,
        {
            "texts": [[path.name, path.stat().st_size] for path in files],
            "options": options.to_dict(),
        },
    )
    backbone = folder / BACKBONE_FOLDER
    if not backbone.exists():
        keras.utils.set_random_seed(options.seed)
        tokenizer = _tokenizer(folder, files, options)
        config = load_preset(
            options.preset,
            **{
                **options.model,
                "vocab_size": tokenizer.vocab_size,
                "pad_token_id": tokenizer.pad_token_id,
            },
        )
        prepare = _masked_language_model if options.objective == "mlm" else _distillation
        prepared = prepare(config, tokenizer, files, folder, options, progress)
        steps = prepared.steps
        prepared.fitted.compile(
            keras.optimizers.AdamW(
                warmup_and_decay(options.learning_rate, options.epochs * steps),
                weight_decay=options.weight_decay,
                clipnorm=1.0,
            ),
            prepared.loss,
            weighted_metrics=prepared.metrics,
        )
        # Keras needs to know the steps to resume within an epoch.
        data = prepared.data.apply(tf.data.experimental.assert_cardinality(steps))
        prepared.fitted.fit(
            without_autotune(data.prefetch(_PREFETCHED)),
            epochs=options.epochs,
            verbose=0,
            callbacks=_callbacks(
                folder, steps, callbacks(options.objective, options.epochs, steps, prepared.rows)
            ),
        )
        with write_atomically(backbone) as temporary:
            kept = type(prepared.model)(config, input_names=("input_ids",))
            kept.set_weights(prepared.model.get_weights())
            kept.save_pretrained(temporary)
            tokenizer.save_pretrained(temporary)
    return PretrainedRun(backbone, read_history(folder))


def _callbacks(folder, steps, others):
    history = folder / "history.csv"
    return [
        keras.callbacks.CSVLogger(str(history), append=history.exists()),
        keras.callbacks.TensorBoard(str(folder / "logs"), write_graph=False),
        *others,
        keras.callbacks.BackupAndRestore(
            str(folder / "backup"), save_freq=min(_SAVED_EVERY, steps)
        ),
    ]


def _tokenizer(folder, files, options):
    if options.objective == "distill":
        return WordPieceTokenizer.from_pretrained(minilm_folder())
    path = folder / "tokenizer"
    if not path.exists():
        lines = tf.data.TextLineDataset([os.fspath(file) for file in files])
        texts = [
            line.decode("utf-8", "ignore")
            for line in itertools.islice(lines.as_numpy_iterator(), _VOCABULARY_LINES)
        ]
        tokenizer = WordPieceTokenizer(
            train_vocabulary(texts, vocab_size=options.vocab_size), max_length=options.max_length
        )
        with write_atomically(path) as temporary:
            tokenizer.save_pretrained(temporary)
    return WordPieceTokenizer.from_pretrained(path)


def _batches(rows, tokenizer, options):
    batches = training_batches(
        rows,
        max_length=options.max_length,
        batch_tokens=options.batch_tokens,
        pad_token_id=tokenizer.pad_token_id,
        seed=options.seed,
    )
    steps, count = batches.reduce(
        np.zeros(2, np.int64),
        lambda counts, batch: counts + tf.stack([np.int64(1), tf.shape(batch[0], tf.int64)[0]]),
    )
    return batches, int(steps), int(count)


def _masked_language_model(config, tokenizer, files, folder, options, progress):
    batches, steps, count = _batches(
        stream_ids(files, tokenizer, options.max_length), tokenizer, options
    )
    mask = WholeWordMasking(tokenizer)
    model = SqueezeBertForMaskedLM(config, input_names=("input_ids",))
    data = batches.map(lambda ids, numbers: mask(ids), num_parallel_calls=tf.data.AUTOTUNE)
    return _Prepared(
        model,
        model,
        data,
        steps,
        count,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        [keras.metrics.SparseCategoricalAccuracy("accuracy")],
    )


def _distillation(config, tokenizer, files, folder, options, progress):
    teacher = BertModel.from_pretrained(minilm_folder(), input_names=("input_ids",))
    rows = [row for row, _ in stream_ids(files, tokenizer, options.max_length).as_numpy_iterator()]
    input_ids = pad_rows(rows, options.max_length, tokenizer.pad_token_id)
    outputs = TeacherOutputs(
        folder / "teacher",
        teacher,
        input_ids,
        logits=False,
        hidden_states=(teacher.config.num_hidden_layers,),
        progress=lambda *counts: progress("texts through the teacher", *counts),
    )
    numbered = (
        tf.data.Dataset.from_tensor_slices((input_ids, np.arange(len(rows))))
        .shuffle(len(rows), seed=options.seed)
        .map(
            lambda ids, number: (
                ids[: tf.math.count_nonzero(ids != tokenizer.pad_token_id, dtype=tf.int32)],
                number,
            )
        )
    )
    batches, steps, count = _batches(numbered, tokenizer, options)
    data = batches.map(
        lambda ids, numbers: (
            {"input_ids": ids},
            outputs.batch_in_graph(numbers, tf.shape(ids)[1]),
        ),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    # A student that has seen so few texts does not overfit: dropout is for fine-tuning.
    undropped = config.replace(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    student = _student(undropped, teacher, input_ids, options)
    return _Prepared(student, Distiller(student, teacher.config, _DISTILLED), data, steps, count)


def _student(config, teacher, input_ids, options):
    rows = np.random.default_rng(options.seed).permutation(len(input_ids))[:_INITIAL_TEXTS]
    if options.from_teacher and can_init_from_teacher(config, teacher.config):
        return init_from_teacher(teacher, SqueezeBertModel, config, input_ids[rows])
    student = SqueezeBertModel(config, input_names=("input_ids",))
    if options.from_teacher and config.projects_embeddings:
        factorize_embeddings(student, teacher, input_ids[rows])
    return student
