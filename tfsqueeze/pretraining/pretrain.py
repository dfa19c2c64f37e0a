"""A pretraining run: from plain text to a backbone in Hugging Face's layout."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import shutil
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.data.readers.parallel_texts import parallel_files, read_parallel_texts
from tfsqueeze.data.readers.prepared_folders import (
    is_prepared,
    prepared_files,
    read_manifest,
    refusing_damage,
)
from tfsqueeze.data.sources.text_files import text_files
from tfsqueeze.distillation.sentence_vector_loss import SentenceVectorLoss
from tfsqueeze.models.sentence_encoder import write_mean_pooling
from tfsqueeze.pretraining.backbone_start import backbone_config
from tfsqueeze.pretraining.masked_language_modelling import set_up_masked_lm
from tfsqueeze.pretraining.multilingual_distillation import (
    align_texts,
    multilingual_tokenizer,
    set_up_multilingual_distillation,
)
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.pretraining.sentence_distillation import (
    kept_sentence_vectors,
    prepared_rows,
    set_up_sentence_distillation,
)
from tfsqueeze.pretraining.setup import Progress, Setup
from tfsqueeze.pretraining.token_distillation import set_up_token_distillation
from tfsqueeze.pretraining.tokenizer_choice import choose_tokenizer
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.callbacks import (
    BACKUP_FOLDER,
    BackupWithinEpochs,
    EpochHistory,
    TrainingPosition,
)
from tfsqueeze.training.distribution import Distribution, rows_of_replica
from tfsqueeze.training.encoded_files import digest_of_files
from tfsqueeze.training.fit import warmup_and_decay, warn_of_too_few_steps
from tfsqueeze.training.history import read_history
from tfsqueeze.training.optimizer import AdamW
from tfsqueeze.training.precision import choose_precision, in_precision, precision_policy
from tfsqueeze.training.run_folder import claim_folder, lock_folder
from tfsqueeze.utils.autograph import skip_autograph_of_steps
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.tf_data import endless_epochs, without_autotune

BACKBONE_FOLDER = "backbone"
_CHECKPOINT_STEPS = 200  # An interrupted run resumes at a multiple of these.
_PREFETCHED_BATCHES = 2


@dataclasses.dataclass
class PretrainedRun:
    """A finished pretraining run.

    Args:
        backbone: the folder of the backbone and its tokenizer.
        history: one row per epoch: `epoch` (from 1), `loss` and the Keras metrics.
    """

    backbone: Path
    history: list[dict[str, float]]


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
            texts. Or one folder of prepared texts; see `tfsqueeze.data.readers.prepared_folders`.
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
        corpora = None
        # Texts that cannot be read must not claim the folder.
        if options.objective == "multilingual":
            files = parallel_files(texts)
            corpora = read_parallel_texts(files)
            language = options.teacher_language
            # Of a corpus without the teacher's language, `align_texts` names those it has.
            if all(language in corpus.texts for corpus in corpora):
                originals = (corpus.texts[language] for corpus in corpora)
                _check_texts(files, itertools.chain.from_iterable(originals))
        elif prepared is None:
            files = text_files(texts, folder / "texts")
            _check_texts(files, itertools.chain.from_iterable(map(_lines, files)))
        else:
            files = prepared_files(prepared, options.max_length)
        claim_folder(
            folder,
            {
                "texts": [[path.name, path.stat().st_size] for path in files],
                "options": options.to_dict(),
                "texts_digest": digest_of_files(files),
            },
        )
        if backbone.exists():
            return PretrainedRun(backbone, read_history(folder))
        if corpora is not None:
            aligned = align_texts(corpora, folder, options)
            tokenizer = multilingual_tokenizer(folder, aligned, options)
            config = backbone_config(tokenizer, options)
            setup = set_up_multilingual_distillation(
                config, tokenizer, aligned, folder, options, progress
            )
        else:
            tokenizer = choose_tokenizer(folder, files, prepared, options)
            config = backbone_config(tokenizer, options)
            # It reads all rows once.
            with contextlib.nullcontext() if prepared is None else refusing_damage(prepared):
                setup = _set_up(config, tokenizer, files, prepared, folder, options, progress)
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
            if isinstance(setup.loss, SentenceVectorLoss):
                write_mean_pooling(temporary, config.hidden_size)
            # The config of the run, not that of training, which may have no dropout.
            backbone_model = type(model)(config, input_names=("input_ids",))
            backbone_model.set_weights(model.get_weights())
            backbone_model.save_pretrained(temporary)
            tokenizer.save_pretrained(temporary)
        shutil.rmtree(folder / BACKUP_FOLDER, ignore_errors=True)
    distribution.wait()
    return PretrainedRun(backbone, read_history(folder))


def _set_up(
    config: Any,
    tokenizer: WordPieceTokenizer,
    files: Sequence[Path],
    prepared: Path | None,
    folder: Path,
    options: PretrainingOptions,
    progress: Progress,
) -> Setup:
    """Returns what a run on texts of one language trains."""
    if options.objective == "mlm":
        return set_up_masked_lm(config, tokenizer, files, options)
    if prepared is not None and read_manifest(prepared).vector_size is not None:
        return set_up_sentence_distillation(
            config,
            tokenizer,
            prepared_rows(prepared, options, tokenizer),
            kept_sentence_vectors(prepared, folder),
            options,
        )
    return set_up_token_distillation(config, tokenizer, files, folder, options, progress)


def _fit(
    folder: Path,
    setup: Setup,
    options: PretrainingOptions,
    callbacks: Callable[[str, int, int, int], Sequence[keras.callbacks.Callback]],
    distribution: Distribution,
) -> keras.Model:
    """Trains, or goes on, and returns the trained backbone model."""
    model, steps, writes = setup.build(), setup.steps, distribution.is_chief
    warn_of_too_few_steps(options.gradient_accumulation_steps, options.epochs * steps)
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


def _data(setup: Setup, iterations: Any, distribution: Distribution) -> Any:
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


def _compile(trainer: keras.Model, setup: Setup, options: PretrainingOptions) -> None:
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


def _training_step(setup: Setup, options: PretrainingOptions) -> Callable[[], Any]:
    """Returns a function that makes one step of a new model on one batch."""
    trainer = setup.trainer(setup.build())
    _compile(trainer, setup, options)
    (batch,) = setup.batches(0).take(1)
    batch = batch if isinstance(batch, tuple) else (batch,)
    return lambda: trainer.train_on_batch(*batch)


def _lines(file: Path) -> Iterator[str]:
    """Returns lines as the run reads them: unlike `read_lines`, it takes any bytes for a text."""
    with file.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        yield from lines


def _check_texts(files: Sequence[Path], lines: Iterable[str]) -> None:
    """Raises UserError unless a line of the files has a token."""
    for line in lines:
        # Tokenizers drop spaces, control characters, lone accents and what is no UTF-8.
        if any(unicodedata.category(c)[0] in "LNPS" and c != "\ufffd" for c in line):
            return
    others = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    raise UserError(f"there is no text in {files[0]}{others}; name files with a text a line")


def _prepared_folder(texts: Sequence[str | os.PathLike]) -> Path | None:
    """Returns the folder of prepared texts; None if the sources are plain text."""
    found = [Path(source) for source in texts if is_prepared(Path(source))]
    if found and len(texts) > 1:
        raise UserError(
            f"{found[0]} holds prepared texts, whose copies in other sources nobody has looked "
            "for; name no other source, or prepare all of them together"
        )
    return found[0] if found else None
