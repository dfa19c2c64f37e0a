"""A pretraining run: from plain text to a backbone in Hugging Face's layout."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze import BertModel
from tfsqueeze.checkpoints.minilm import minilm_folder
from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, pretrained_folder
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.data.sources.text_files import text_files
from tfsqueeze.distillation.distiller import Distiller
from tfsqueeze.distillation.initialization import (
    can_init_from_teacher,
    factorize_embeddings,
    init_from_teacher,
)
from tfsqueeze.distillation.teacher_outputs import TeacherOutputs
from tfsqueeze.models.architectures import read_config
from tfsqueeze.models.squeezebert import SqueezeBertForMaskedLM, SqueezeBertModel
from tfsqueeze.pretraining.masking import WholeWordMasking
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.pretraining.shards import (
    TOKENIZER_FOLDER,
    is_prepared,
    prepared_files,
    read_manifest,
    tokenizer_digest,
)
from tfsqueeze.pretraining.text_streams import stream_ids, token_inputs, training_batches
from tfsqueeze.tokenizers.padding import pad_rows
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.callbacks import (
    BACKUP_FOLDER,
    BackupWithinEpochs,
    EpochHistory,
    TrainingPosition,
)
from tfsqueeze.training.distribution import Distribution, rows_of_replica
from tfsqueeze.training.fit import warmup_and_decay
from tfsqueeze.training.history import read_history
from tfsqueeze.training.optimizer import AdamW
from tfsqueeze.training.precision import choose_precision, in_precision, precision_policy
from tfsqueeze.training.run_folder import claim_folder, lock_folder
from tfsqueeze.utils.autograph import skip_autograph_of_steps
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.tf_data import endless_epochs, resumable_epochs, without_autotune

BACKBONE_FOLDER = "backbone"
_CHECKPOINT_STEPS = 200  # An interrupted run resumes at a multiple of these.
_PREFETCHED_BATCHES = 2
_VOCABULARY_LINES = 200_000
_INITIALIZATION_TEXTS = 1024
_INPUTS = ("input_ids", "token_type_ids")

# What is counted, the number done and the number in total.
Progress = Callable[[str, int, int], None]


@dataclasses.dataclass
class PretrainedRun:
    """A finished pretraining run.

    Args:
        backbone: the folder of the backbone and its tokenizer.
        history: one row per epoch: `epoch` (from 1), `loss` and the Keras metrics.
    """

    backbone: Path
    history: list[dict[str, float]]


@dataclasses.dataclass
class _Setup:
    """How the backbone is built, and the data and the loss that train it.

    `build` returns the backbone model, and `trainer` takes it and returns the model that trains it.
    `batches` takes the number of steps that were done and, for the batches of all epochs,
    `endless_epochs`; it returns the batches of one epoch by default.
    """

    build: Callable[[], Any]
    trainer: Callable[[Any], keras.Model]
    batches: Callable[..., tf.data.Dataset]
    steps: int
    rows: int
    loss: keras.losses.Loss | None = None
    metrics: Sequence[keras.metrics.Metric] | None = None


def pretrain(
    folder: str | os.PathLike,
    texts: Sequence[str | os.PathLike],
    options: PretrainingOptions,
    callbacks: Callable[[str, int, int, int], Sequence[keras.callbacks.Callback]] = lambda *_: (),
    progress: Progress = lambda *_: None,
    distribution: Distribution | None = None,
) -> PretrainedRun:
    """Pretrains a SqueezeBERT on plain text with one text or paragraph per line.

    Args:
        folder: takes the run. A run in it that was interrupted with the same settings and texts
            resumes; a finished run is returned. `from_pretrained` of any SqueezeBERT class and of
            `WordPieceTokenizer` read its backbone.
        texts: files, folders of .txt files, or names of datasets, which stand for their training
            texts. Or one folder of prepared texts; see `tfsqueeze.pretraining.shards`.
        options: the settings of the run.
        callbacks: takes the objective, the number of epochs, and the steps and rows of an epoch,
            and returns further Keras callbacks.
        progress: is called with what is counted, the number done and the number in total.
        distribution: the devices or machines that the model trains on; None for one device.

    Raises:
        UserError: a text cannot be read, the folder holds another run, or gradients are to be
            accumulated on several devices.
    """
    folder = Path(folder)
    distribution = distribution or Distribution()
    distribution.check_accumulation(options.gradient_accumulation_steps)
    with lock_folder(folder) if distribution.is_chief else contextlib.nullcontext():
        return _pretrain(folder, texts, options, callbacks, progress, distribution)


def _pretrain(
    folder: Path,
    texts: Sequence[str | os.PathLike],
    options: PretrainingOptions,
    callbacks: Callable[[str, int, int, int], Sequence[keras.callbacks.Callback]],
    progress: Progress,
    distribution: Distribution,
) -> PretrainedRun:
    """Pretrains, or goes on, in a folder that no other run writes to; see `pretrain`."""
    backbone = folder / BACKBONE_FOLDER
    with distribution.chief_first():
        prepared = _prepared_folder(texts)
        if prepared is None:
            files = text_files(texts, folder / "texts")
        else:
            files = prepared_files(prepared, options.max_length)
        claim_folder(
            folder,
            {
                "texts": [[path.name, path.stat().st_size] for path in files],
                "options": options.to_dict(),
            },
        )
        if backbone.exists():
            return PretrainedRun(backbone, read_history(folder))
        tokenizer = _tokenizer(folder, files, prepared, options)
        config = _config(tokenizer, options)
        if options.objective == "mlm":
            setup = _set_up_masked_lm(config, tokenizer, files, options)
        else:
            setup = _set_up_distillation(config, tokenizer, files, folder, options, progress)
    precision = choose_precision(
        options.precision,
        lambda: _training_step(setup, options),
        folder / "precision.json",
        # Each worker would choose for itself.
        tries=not distribution.has_workers,
    )
    # Here, so that a resumed run starts from the same weights.
    keras.utils.set_random_seed(options.seed)
    with precision_policy(precision), distribution.lost_workers(folder):
        model = _fit(folder, setup, options, callbacks, distribution)
    if distribution.is_chief:
        with write_atomically(backbone) as temporary:
            # The config of the run, not that of training, which may have no dropout.
            backbone_model = type(model)(config, input_names=("input_ids",))
            backbone_model.set_weights(model.get_weights())
            backbone_model.save_pretrained(temporary)
            tokenizer.save_pretrained(temporary)
        shutil.rmtree(folder / BACKUP_FOLDER, ignore_errors=True)
    distribution.wait()
    return PretrainedRun(backbone, read_history(folder))


def _fit(
    folder: Path,
    setup: _Setup,
    options: PretrainingOptions,
    callbacks: Callable[[str, int, int, int], Sequence[keras.callbacks.Callback]],
    distribution: Distribution,
) -> keras.Model:
    """Trains, or goes on, and returns the trained backbone model."""
    model, steps, writes = setup.build(), setup.steps, distribution.is_chief
    with distribution.scope():
        fitted = model if distribution.replicas == 1 else in_precision(model, model.compute_dtype)
        trainer = setup.trainer(fitted)
        _compile(trainer, setup, options)
        distribution.report_means(trainer)
        if (folder / BACKUP_FOLDER).exists():
            # Makes the variables of the metrics, which `BackupWithinEpochs` restores.
            trainer.evaluate(_data(setup, 0, distribution), steps=1, verbose=0)
        position = TrainingPosition()
        trainer.fit(
            _data(setup, position.iterations, distribution),
            epochs=options.epochs,
            steps_per_epoch=steps,
            verbose=0,
            callbacks=[
                EpochHistory(folder, writes),
                *(
                    [
                        keras.callbacks.TensorBoard(str(folder / "logs"), write_graph=False),
                        *callbacks(options.objective, options.epochs, steps, setup.rows),
                    ]
                    if writes
                    else []
                ),
                BackupWithinEpochs(folder, min(_CHECKPOINT_STEPS, steps), writes),
                # Last, so that it knows what the backup restored.
                position,
            ],
        )
        if fitted is not model:
            model.set_weights(fitted.get_weights())
    return model


def _data(setup: _Setup, iterations: Any, distribution: Distribution) -> Any:
    """Returns what `fit` reads: batches of an epoch, or all divided among several replicas."""
    if distribution.replicas == 1:
        data = setup.batches(iterations)
        # Keras needs to know the steps to resume within an epoch.
        data = data.apply(tf.data.experimental.assert_cardinality(setup.steps))
        return without_autotune(data.prefetch(_PREFETCHED_BATCHES))

    def share(batch: Any, replica: tf.Tensor) -> Any:
        taken, weights = rows_of_replica(batch, replica, distribution.replicas)
        if len(taken) < 3:
            return taken
        # Masked language modelling has a weight for each token.
        inputs, labels, of_tokens = taken
        return inputs, labels, of_tokens * weights[:, None]

    return distribution.divide(setup.batches(iterations, endless_epochs), share)


def _compile(trainer: keras.Model, setup: _Setup, options: PretrainingOptions) -> None:
    # Schedules are allowed; Keras has the type of its default.
    learning_rate: Any = warmup_and_decay(options.learning_rate, options.epochs * setup.steps)
    trainer.compile(
        AdamW(
            learning_rate,
            weight_decay=options.weight_decay,
            clipnorm=1.0,
            gradient_accumulation_steps=options.gradient_accumulation_steps,
        ),
        setup.loss,
        weighted_metrics=setup.metrics,
    )
    skip_autograph_of_steps(trainer)


def _training_step(setup: _Setup, options: PretrainingOptions) -> Callable[[], Any]:
    """Returns a function that makes one step of a new model on one batch."""
    trainer = setup.trainer(setup.build())
    _compile(trainer, setup, options)
    (batch,) = setup.batches(0).take(1)
    batch = batch if isinstance(batch, tuple) else (batch,)
    return lambda: trainer.train_on_batch(*batch)


def _config(tokenizer: WordPieceTokenizer, options: PretrainingOptions) -> Any:
    if options.pretrained is not None:
        config: Any = read_config(pretrained_folder(options.pretrained) / CONFIG_FILE)
        if not isinstance(config, SqueezeBertConfig):
            raise UserError(
                f"{options.pretrained} is a {config.model_type}; only a SqueezeBERT can be "
                "pretrained further"
            )
        return config.replace(**options.model)
    return load_preset(
        options.preset,
        **{
            **options.model,
            "vocab_size": tokenizer.vocab_size,
            "pad_token_id": tokenizer.pad_token_id,
        },
    )


def _prepared_folder(texts: Sequence[str | os.PathLike]) -> Path | None:
    """Returns the folder of prepared texts; None if the sources are plain text."""
    found = [Path(source) for source in texts if is_prepared(Path(source))]
    if found and len(texts) > 1:
        raise UserError(
            f"{found[0]} holds prepared texts, whose copies in other sources nobody has looked "
            "for; name no other source, or prepare all of them together"
        )
    return found[0] if found else None


def _tokenizer(
    folder: Path, files: Sequence[Path], prepared: Path | None, options: PretrainingOptions
) -> WordPieceTokenizer:
    theirs = None
    if options.pretrained is not None:
        theirs = WordPieceTokenizer.from_pretrained(pretrained_folder(options.pretrained))
    if options.objective == "distill":
        tokenizer = WordPieceTokenizer.from_pretrained(minilm_folder())
        if theirs is not None and theirs.vocabulary != tokenizer.vocabulary:
            raise UserError(
                f"{options.pretrained} has another vocabulary than all-MiniLM-L6-v2, whose "
                "hidden states are learned; use --objective mlm"
            )
    elif theirs is not None:
        tokenizer = theirs
    elif prepared is not None:
        return WordPieceTokenizer.from_pretrained(prepared / TOKENIZER_FOLDER)
    else:
        return _own_tokenizer(folder / "tokenizer", files, options)
    if prepared is not None and (
        tokenizer_digest(tokenizer) != read_manifest(prepared).settings.get("tokenizer")
    ):
        raise UserError(
            f"the texts in {prepared} were prepared with another tokenizer than that of "
            f"{options.pretrained or 'all-MiniLM-L6-v2'}; prepare them again with --tokenizer"
        )
    return tokenizer


def _own_tokenizer(
    path: Path, files: Sequence[Path], options: PretrainingOptions
) -> WordPieceTokenizer:
    """Returns a tokenizer whose vocabulary is learned from the texts."""
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


def _batches(
    rows: Callable[[Any], tf.data.Dataset],
    tokenizer: WordPieceTokenizer,
    options: PretrainingOptions,
) -> tuple[Callable[..., tf.data.Dataset], int, int]:
    """Returns the batches of an epoch, and the numbers of batches and rows.

    Args:
        rows: takes a seed, int64 [2], and returns the rows of an epoch; see `training_batches`.
        tokenizer: made the rows.
        options: the settings of the run.

    Returns:
        A function that takes the number of steps that were done and, by default,
        `resumable_epochs`, and returns batches of ids, numbers and a seed, int64 [2]; the number
        of batches; and that of rows.
    """

    def epoch(number: Any) -> tf.data.Dataset:
        seed = tf.stack([tf.constant(options.seed, tf.int64), number])
        batches = training_batches(
            rows(seed),
            max_length=options.max_length,
            batch_tokens=options.batch_tokens,
            pad_token_id=tokenizer.pad_token_id,
            seed=seed,
        )
        return batches.enumerate().map(
            lambda index, batch: (*batch, tf.random.experimental.stateless_fold_in(seed, index))
        )

    steps, count = epoch(tf.constant(0, tf.int64)).reduce(
        np.zeros(2, np.int64),
        lambda counts, batch: counts + tf.stack([np.int64(1), tf.shape(batch[0], tf.int64)[0]]),
    )
    steps = int(steps)

    def batches(iterations: Any, epochs: Any = resumable_epochs) -> tf.data.Dataset:
        return epochs(epoch, iterations, steps)

    return batches, steps, int(count)


def _set_up_masked_lm(
    config: Any,
    tokenizer: WordPieceTokenizer,
    files: Sequence[Path],
    options: PretrainingOptions,
) -> _Setup:
    rows = stream_ids(files, tokenizer, options.max_length)
    batches, steps, count = _batches(lambda _: rows, tokenizer, options)
    mask = WholeWordMasking(tokenizer)

    def build() -> keras.Model:
        if options.pretrained is not None:
            return _backbone_weights(SqueezeBertForMaskedLM, config, options)
        return SqueezeBertForMaskedLM(config, input_names=_INPUTS)

    def masked(ids: tf.Tensor, _: tf.Tensor, seed: tf.Tensor) -> tuple[Any, tf.Tensor, tf.Tensor]:
        masked_ids, labels, weights = mask(ids, seed)
        return {**token_inputs(ids, tokenizer), "input_ids": masked_ids}, labels, weights

    return _Setup(
        build,
        lambda model: model,
        lambda *epochs: batches(*epochs).map(masked, num_parallel_calls=tf.data.AUTOTUNE),
        steps,
        count,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        [keras.metrics.SparseCategoricalAccuracy("accuracy")],
    )


def _set_up_distillation(
    config: Any,
    tokenizer: WordPieceTokenizer,
    files: Sequence[Path],
    folder: Path,
    options: PretrainingOptions,
    progress: Progress,
) -> _Setup:
    rows = [row for row, _ in stream_ids(files, tokenizer, options.max_length).as_numpy_iterator()]
    ends = np.cumsum([len(row) for row in rows])
    tokens, limits = tf.constant(np.concatenate(rows)), tf.constant(np.concatenate([[0], ends]))

    def shuffled(seed: Any) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(tf.range(len(rows), dtype=tf.int64), seed)
        return tf.data.Dataset.from_tensor_slices(order).map(
            lambda number: (tokens[limits[number] : limits[number + 1]], number)
        )

    batches, steps, count = _batches(shuffled, tokenizer, options)
    # The student does not overfit on so few texts; dropout is for fine-tuning.
    student_config = config.replace(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    outputs = None
    if options.keeps_teacher_outputs:
        teacher = _load_teacher()
        padded = tf.constant(pad_rows(rows, options.max_length, tokenizer.pad_token_id))
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

    return _Setup(
        lambda: _student(student_config, rows, options),
        trainer,
        lambda *epochs: batches(*epochs).map(batch, num_parallel_calls=tf.data.AUTOTUNE),
        steps,
        count,
    )


def _load_teacher() -> Any:
    return BertModel.from_pretrained(minilm_folder(), input_names=_INPUTS)


def _backbone_weights(model_class: Any, config: Any, options: PretrainingOptions) -> keras.Model:
    """Returns a model with the weights of the backbone that the run goes on from."""
    assert options.pretrained is not None
    return model_class.from_pretrained(
        options.pretrained,
        input_names=_INPUTS,
        **options.model,
        hidden_dropout_prob=config.hidden_dropout_prob,
        attention_probs_dropout_prob=config.attention_probs_dropout_prob,
    )


def _student(config: Any, rows: Sequence[np.ndarray], options: PretrainingOptions) -> keras.Model:
    if options.pretrained is not None:
        return _backbone_weights(SqueezeBertModel, config, options)
    student = SqueezeBertModel(config, input_names=_INPUTS)
    if not options.from_teacher:
        return student
    chosen = np.random.default_rng(options.seed).permutation(len(rows))[:_INITIALIZATION_TEXTS]
    # The start is fitted to token ids alone, in float32.
    with precision_policy("float32"):
        teacher: Any = BertModel.from_pretrained(minilm_folder(), input_names=("input_ids",))
        input_ids = pad_rows(
            [rows[row] for row in chosen], options.max_length, teacher.config.pad_token_id
        )
        if can_init_from_teacher(config, teacher.config):
            initialized = init_from_teacher(teacher, SqueezeBertModel, config, input_ids)
            student.set_weights(initialized.get_weights())
        elif config.projects_embeddings:
            factorize_embeddings(student, teacher, input_ids)
    return student
