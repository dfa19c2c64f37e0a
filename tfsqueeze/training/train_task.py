"""A training run in a folder: tokenizer, float model, quantization-aware model."""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, pretrained_folder
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.data.datasets.question_dataset import QuestionDatasetSplits
from tfsqueeze.data.datasets.sentence_dataset import SentenceDatasetSplits
from tfsqueeze.data.datasets.text_dataset import TextDatasetSplits
from tfsqueeze.data.datasets.token_dataset import TokenDatasetSplits
from tfsqueeze.distillation.distillation_options import DistillationOptions
from tfsqueeze.distillation.distiller import Distiller
from tfsqueeze.models.architectures import classifier_class, read_config
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.models.spelling_vectors import fold_spelling, share_spelling
from tfsqueeze.models.vocabulary_transfer import transfer_vocabulary
from tfsqueeze.quantization import load_quantized, quantize_aware
from tfsqueeze.tasks import TEXT_CLASSIFICATION, Task
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.batches import TrainingBatches, calibration_batches, evaluation_batches
from tfsqueeze.training.examples import with_noise, with_unlabelled, with_variants
from tfsqueeze.training.run_folder import Seconds, claim_folder
from tfsqueeze.training.stage import fit_stage, read_history
from tfsqueeze.training.teacher import load_teacher
from tfsqueeze.training.trained_run import TrainedRun
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically


def train_classifier(
    folder: str | os.PathLike,
    splits: TextDatasetSplits,
    options: TrainingOptions,
    callbacks: Callable[[str, int, int], Sequence] = lambda *_: (),
    *,
    dataset_name: str | None = None,
    teacher_progress: Callable[[int, int], None] = lambda *_: None,
) -> TrainedRun:
    """Trains a classifier of texts or of pairs of texts; see `train_task`."""
    return train_task(
        folder,
        TEXT_CLASSIFICATION,
        splits,
        options,
        callbacks,
        dataset_name=dataset_name,
        teacher_progress=teacher_progress,
    )


def train_task(
    folder: str | os.PathLike,
    task: Task,
    splits: (
        TextDatasetSplits | TokenDatasetSplits | QuestionDatasetSplits | SentenceDatasetSplits
    ),
    options: TrainingOptions,
    callbacks: Callable[[str, int, int], Sequence] = lambda *_: (),
    *,
    dataset_name: str | None = None,
    teacher_progress: Callable[[int, int], None] = lambda *_: None,
) -> TrainedRun:
    """Trains a model of a task, first in float and then quantization-aware.

    folder: takes the run. A run that was interrupted there with the same settings on the same
        data goes on where it was; a finished one is loaded.
    callbacks: called with a stage's name, its epochs and its steps per epoch; returns further
        Keras callbacks for it.
    teacher_progress: called with how many texts the teacher has seen, and of how many.
    dataset_name: what `load_dataset` took, for later verification on the same data; the name of
        `splits.train` by default.

    Raises UserError where the folder holds a run with other settings, another task or other data,
    where the pretrained model or the teacher cannot be had or has other labels, and where the
    task has no teachers, no noisy copies or no subword dropout.
    """
    folder = Path(folder)
    train, validation = splits.train, splits.validation
    dataset_name = dataset_name or train.name
    pairs = getattr(train, "text_pairs", None) is not None
    if task.has_teacher and (options.augmented_copies or options.unlabelled):
        raise UserError(
            "variants and unlabelled texts are for data with labels; train "
            f"{task.name} without them"
        )
    if options.teacher is not None and not (
        task.has_teacher or set(task.outputs.values()) <= {"text", "word"}
    ):
        raise UserError(
            f"a teacher is for labels of texts and words so far; train {task.name} without one"
        )
    if options.subword_dropout and not set(task.outputs.values()) <= {"text", "word", "vector"}:
        raise UserError(
            f"the answers of {task.name} are tokens, which must not be split; train it "
            "without subword_dropout"
        )
    # What these raise is found out before the folder is claimed.
    task.configure(SqueezeBertConfig(), splits)
    claim_folder(
        folder,
        {
            "dataset": dataset_name,
            "examples": len(train),
            "labels": splits.label_names,
            "options": options.to_dict(),
            "task": task.name,
            "pairs": pairs,
        },
    )
    keras.utils.set_random_seed(options.seed)
    seconds = Seconds(folder / "seconds.json")
    with seconds.of("teacher"):
        train, validation = (
            task.completed(part, options.teacher, folder / "teacher", teacher_progress)
            for part in (train, validation)
        )
    splits = dataclasses.replace(splits, train=train, validation=validation)
    with seconds.of("vocabulary"):
        tokenizer = _tokenizer(folder, task.texts(train), options)
    config = task.configure(_config(tokenizer, task, options), splits)
    config.save_json(folder / "config.json")
    classes = task.classes(config.id2label.values(), getattr(config, "slot_labels", ()))
    input_names = task.input_names(train)
    teacher, read, originals = None, train, len(train)
    if options.teacher is not None and not task.has_teacher:
        with seconds.of("teacher"):
            teacher = load_teacher(options.teacher, task, classes, pairs)
            labelled_or_not = with_unlabelled(splits, options.unlabelled, folder / "unlabelled")
            read = with_variants(teacher, labelled_or_not, options)
    with seconds.of("noise"):
        train, sources = with_noise(read, options, originals)

    def tokenized(dataset):
        rows = task.training_rows(tokenizer, dataset)
        targets = task.targets(dataset, rows, classes)
        # Keras takes a dict where the model's outputs are one.
        return rows, (targets if task.names_outputs else next(iter(targets.values())))

    with seconds.of("tokenization"):
        rows, targets = tokenized(train)
        train_inputs = rows.select(input_names)
        validation_rows, validation_targets = tokenized(validation)
        validation_data = evaluation_batches(
            validation_rows.select(input_names), validation_targets
        )
    teacher_logits = None
    if teacher is not None:
        with seconds.of("teacher"):
            # A noisy copy is to be understood as its text is, which the teacher reads unharmed.
            teacher_logits = teacher.logits(
                read, rows, sources, folder / "teacher", teacher_progress
            )
        unlabelled = sources % len(labelled_or_not) >= originals
        if unlabelled.any():
            # Metrics hold what is learned against something.
            targets[unlabelled] = teacher_logits["logits"][unlabelled].argmax(axis=1)

    def batches(chosen):
        inputs, wanted, logits = tf.nest.map_structure(
            lambda array: None if array is None else array[chosen],
            (train_inputs, targets, teacher_logits),
        )
        return TrainingBatches(
            inputs,
            wanted,
            tokenizer,
            batch_size=options.batch_size,
            word_dropout=options.word_dropout,
            subword_dropout=options.subword_dropout,
            seed=options.seed,
            teacher_logits=logits,
        )

    def fitted(model):
        if teacher is None:
            return model
        twin = {} if isinstance(model, PreTrainedModel) else {"twin_of": float_model}
        return Distiller(
            model,
            teacher.config,
            DistillationOptions(logits=1.0, temperature=options.temperature),
            **twin,
        )

    def stage(name, batches, epochs, learning_rate, build, load):
        saved = folder / f"{name}.keras"
        if saved.exists():
            return load(saved)
        model = build()
        with seconds.of(name):
            if epochs:
                fit_stage(
                    fitted(model),
                    task,
                    classes,
                    batches,
                    validation_data,
                    folder / name,
                    epochs=epochs,
                    learning_rate=learning_rate,
                    options=options,
                    keep_start=name == "qat",
                    callbacks=callbacks(name, epochs, batches.steps),
                )
        if name == "float" and options.spelling_vectors:
            model = fold_spelling(model)
        with write_atomically(saved) as temporary:
            model.save(temporary)
        return model

    float_model = stage(
        "float",
        batches(np.arange(len(rows))),
        options.epochs,
        options.learning_rate,
        lambda: _new_model(config, task, input_names, tokenizer, options),
        lambda path: keras.models.load_model(path, compile=False),
    )
    # The weights hardly move any more: variants would cost several passes and change nothing.
    qat_model = stage(
        "qat",
        batches(
            np.flatnonzero(sources < originals) if len(train) > originals else np.arange(len(rows))
        ),
        options.qat_epochs,
        options.qat_learning_rate,
        lambda: quantize_aware(float_model, calibration_batches(train_inputs, options.seed)),
        lambda path: load_quantized(path, compile=False),
    )
    return TrainedRun(
        folder,
        config,
        options,
        dataset_name,
        tokenizer,
        float_model,
        qat_model,
        {name: read_history(folder / name) for name in ("float", "qat")},
        seconds.values,
        task,
    )


def _tokenizer(folder, texts, options):
    path = folder / "tokenizer"
    if path.exists():
        return WordPieceTokenizer.from_pretrained(path)
    source = options.pretrained or options.tokenizer
    if source is not None and not options.new_vocabulary:
        tokenizer = WordPieceTokenizer.from_pretrained(
            pretrained_folder(source), max_length=options.max_length
        )
    else:
        vocabulary = train_vocabulary(texts, options.vocab_size, options.lowercase)
        tokenizer = WordPieceTokenizer(
            vocabulary, lowercase=options.lowercase, max_length=options.max_length
        )
    with write_atomically(path) as temporary:
        tokenizer.save_pretrained(temporary)
    return tokenizer


def _config(tokenizer, task, options):
    if options.pretrained is not None:
        config = read_config(pretrained_folder(options.pretrained) / CONFIG_FILE)
        classifier_class(config.model_type, task.head)
        vocabulary = {"vocab_size": tokenizer.vocab_size, "pad_token_id": tokenizer.pad_token_id}
        return config.replace(**options.model, **vocabulary if options.new_vocabulary else {})
    fields = {
        "max_position_embeddings": options.max_length,
        **options.model,
        "vocab_size": tokenizer.vocab_size,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if options.model_type == SqueezeBertConfig.model_type:
        return load_preset(options.preset, **fields)
    config_class = classifier_class(options.model_type, task.head).config_class
    return config_class().replace(**fields)


def _new_model(config, task, input_names, tokenizer, options):
    model_class = classifier_class(config.model_type, task.head)
    if options.pretrained is None:
        model = model_class(config, input_names=input_names)
        if options.spelling_vectors:
            share_spelling(model, tokenizer.vocabulary)
        return model
    names = {
        name: getattr(config, name) for name in ("id2label", "slot_labels") if hasattr(config, name)
    }
    with warnings.catch_warnings():
        # That the head is new goes without saying here.
        warnings.simplefilter("ignore", UserWarning)
        model = model_class.from_pretrained(
            options.pretrained, input_names=input_names, **names, **options.model
        )
    if not options.new_vocabulary:
        return model
    return transfer_vocabulary(
        model, WordPieceTokenizer.from_pretrained(pretrained_folder(options.pretrained)), tokenizer
    )
