"""A training run in a folder: tokenizer, float model, quantization-aware model."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.data.datasets.dataset import Splits
from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.data.sources.text_files import text_files
from tfsqueeze.tasks import Task
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.adversarial import add_adversarial, judge_of
from tfsqueeze.training.batches import validation_batches
from tfsqueeze.training.class_weights import check_classes_to_learn, class_weights
from tfsqueeze.training.distribution import Distribution
from tfsqueeze.training.encoded_files import digest_of_files, digest_of_parts
from tfsqueeze.training.encoding import (
    EncodedExamples,
    encode_dataset,
    encode_examples,
    keras_targets,
)
from tfsqueeze.training.examples import Examples, prepare_examples
from tfsqueeze.training.history import read_history
from tfsqueeze.training.keras_outputs import keras_outputs
from tfsqueeze.training.model_setup import (
    load_or_train_tokenizer,
    model_config,
    new_model,
    pin_models,
)
from tfsqueeze.training.pretrained_head import has_kinds_of_head, name_by_head, pretrained_head
from tfsqueeze.training.run_folder import Seconds, claim_folder, lock_folder, write_decoding
from tfsqueeze.training.stage import (
    AdversarialStage,
    FloatStage,
    QuantizationAwareStage,
    StageInputs,
)
from tfsqueeze.training.teacher import Teacher, check_teachable, load_teacher
from tfsqueeze.training.trained_run import TrainedRun
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

Callbacks = Callable[[str, int, int], Sequence[Any]]
Progress = Callable[[int, int], None]


def train_task(
    folder: str | os.PathLike[str],
    task: Task,
    splits: Splits,
    options: TrainingOptions,
    callbacks: Callbacks = lambda *_: (),
    *,
    dataset_name: str | None = None,
    teacher_progress: Progress = lambda *_: None,
    attack_progress: Progress = lambda *_: None,
    choices: Iterable[tuple[str, Any, str, str]] = (),
    distribution: Distribution | None = None,
) -> TrainedRun:
    """Trains a model of a task, first in float and then quantization-aware.

    Args:
        folder: takes the run. A run that was interrupted there, with the same settings on the
            same data, goes on where it stopped; a finished one is loaded.
        task: the task.
        splits: the parts of the data.
        options: the settings of the run.
        callbacks: called with a stage's name, its epochs and its steps per epoch; returns further
            Keras callbacks for it.
        dataset_name: the name or path of the data, for later verification; the name of
            `splits.train` by default.
        teacher_progress: called with how many texts the teacher has read, and of how many.
        attack_progress: called with how many texts were attacked, and of how many.
        choices: the settings that follow from the data, for run.json: option, value, reason and
            what the choice rests on.
        distribution: the devices or machines that the model trains on; None for one device.

    Returns:
        The finished run.

    Raises:
        UserError: the folder holds a run with other settings, another task or other data, or
            another process trains in it; the pretrained model or the teacher cannot be had or has
            other labels; or the task does not support an option.
    """
    folder = Path(folder)
    distribution = distribution or Distribution()
    dataset_name = dataset_name or splits.train.name
    pairs = getattr(splits.train, "text_pairs", None) is not None
    task = task.training.task_for(splits)
    training = task.training
    _check_options(task, options)
    distribution.check_accumulation(options.gradient_accumulation_steps)
    if splits.train.is_on_disk:
        _check_options_of_stream(splits.train.name, task, options)
    # Data of the wrong kind must not claim the folder.
    head = pretrained_head(task, options)
    training.configure(SqueezeBertConfig(), name_by_head(task, splits, head)[0])
    if head is None:
        training.decoding(splits)
    if training.has_classes:
        check_classes_to_learn(splits.train, options, keeps_head=head is not None)
    if options.match_types and "token_type_ids" not in training.input_names(splits.train):
        raise UserError(
            "match_types are for answers and for pairs of texts, which share words; train "
            f"{task.name} on {splits.train.name} without them"
        )
    # The test part has no share in the run.
    data_digest = digest_of_parts(splits.train, splits.validation)
    with lock_folder(folder) if distribution.is_chief else contextlib.nullcontext():
        with distribution.chief_first():
            claim_folder(
                folder,
                {
                    "dataset": dataset_name,
                    "examples": len(splits.train),
                    "labels": splits.label_names,
                    "options": options.to_dict(),
                    "task": task.name,
                    "pairs": pairs,
                    "data_digest": data_digest,
                    **_unlabelled_digest(options, folder),
                },
                {
                    "choices": [
                        dict(zip(("option", "value", "reason", "source"), choice, strict=True))
                        for choice in choices
                    ]
                },
            )
        return _train(
            folder,
            task,
            splits,
            options,
            callbacks,
            dataset_name,
            teacher_progress,
            attack_progress,
            distribution,
            data_digest,
        )


def _train(
    folder: Path,
    task: Task,
    splits: Any,
    options: TrainingOptions,
    callbacks: Callbacks,
    dataset_name: str,
    teacher_progress: Progress,
    attack_progress: Progress,
    distribution: Distribution,
    data_digest: str,
) -> TrainedRun:
    """Trains, or goes on training, in a folder that is claimed; see `train_task`."""
    training = task.training
    pairs = getattr(splits.train, "text_pairs", None) is not None
    with distribution.chief_first():
        options = pin_models(folder, options)
        head = pretrained_head(task, options)
        splits, head_fields = name_by_head(task, splits, head)
        seconds = Seconds(folder / "seconds.json", distribution.is_chief)
        with seconds.of("teacher"):
            train, validation = (
                training.add_teacher_targets(
                    part, options.teacher, folder / "teacher", teacher_progress
                )
                for part in (splits.train, splits.validation)
            )
        splits = dataclasses.replace(splits, train=train, validation=validation)
        with seconds.of("vocabulary"):
            tokenizer = load_or_train_tokenizer(folder, training.vocabulary_texts(train), options)
        start = model_config(tokenizer, task, options)
        config = training.configure(start, splits).replace(**head_fields)
        labels = list(config.id2label.values())
        decoding = training.decoding(splits) if head is None else dict(head.decoding)
        if decoding:
            task = task.with_decoding(decoding, labels)
            training = task.training
        config.save_json(folder / "config.json")
        classes = task.classes(labels, getattr(config, "slot_labels", ()))
        class_weight = (
            class_weights(train, labels, options.class_weight) if training.has_classes else None
        )
        input_names = training.input_names(train)
        keeps_head = not options.new_head and (head is not None or not has_kinds_of_head(task))
        teacher = None
        if options.teacher is not None and not training.has_own_teacher:
            with seconds.of("teacher"):
                teacher = load_teacher(options.teacher, task, classes, pairs)
        with seconds.of("examples"):
            words = (
                _words_of_variants(
                    teacher, config, task, input_names, tokenizer, options, keeps_head
                )
                if options.augmented_copies
                else None
            )
            examples = prepare_examples(splits, options, words, folder / "unlabelled")
        encode = functools.partial(
            encode_examples,
            task=task,
            tokenizer=tokenizer,
            classes=classes,
            input_names=input_names,
            teacher=teacher,
            folder=folder / "teacher",
            seconds=seconds,
            seed=options.seed,
            encoded_folder=folder / "encoded",
            data_digest=data_digest,
            progress=teacher_progress,
        )
        encoded = encode(examples)
        teacher_config = None if teacher is None else teacher.config
        if teacher is None and encoded.teacher_logits is not None:
            # Of the teacher that prepared the texts nothing but its logits is known or needed.
            teacher_config = config
        encodings, targets = encode_dataset(validation, task, tokenizer, classes)
        inputs = StageInputs(
            folder=folder,
            task=task,
            options=options,
            config=config,
            keeps_head=keeps_head,
            classes=classes,
            tokenizer=tokenizer,
            examples=encoded,
            validation=validation_batches(
                encodings.select(input_names), keras_targets(task, targets), tokenizer, task.outputs
            ),
            teacher_config=teacher_config,
            class_weight=class_weight,
            callbacks=callbacks,
            seconds=seconds,
            distribution=distribution,
        )
    float_stage, float_model = _train_float(inputs, examples, encode, attack_progress)
    qat_stage = QuantizationAwareStage(float_stage.inputs, float_model)

    def keep_decoding(model: keras.Model) -> None:
        decoding.update(
            training.choose_decoding(
                validation,
                encodings,
                targets,
                classes,
                lambda: keras_outputs(model, task, encodings.select(input_names)),
            )
        )
        if distribution.is_chief:
            write_decoding(folder, decoding)

    # With the model in its folder the run counts as finished, and must have its decoding.
    qat_model = qat_stage.run(keep_decoding)
    if decoding:
        task = task.with_decoding(decoding, labels)
    return TrainedRun(
        folder=folder,
        config=config,
        options=options,
        dataset_name=dataset_name,
        tokenizer=tokenizer,
        float_model=float_model,
        qat_model=qat_model,
        history={
            stage.name: read_history(folder / stage.name) for stage in (float_stage, qat_stage)
        },
        seconds=seconds.values,
        task=task,
        decoding=decoding,
    )


def _words_of_variants(
    teacher: Teacher | None,
    config: EncoderConfig,
    task: Task,
    input_names: Sequence[str],
    tokenizer: WordPieceTokenizer,
    options: TrainingOptions,
    keeps_head: bool,
) -> NeighbourWords:
    """Returns the words that variants get: neighbours in the embeddings of the teacher.

    Without a teacher they are those of the model that the run starts from.
    """
    if teacher is not None:
        return NeighbourWords.of_model(teacher.tokenizer.vocabulary, teacher.model)
    model = new_model(config, task, input_names, tokenizer, options, keeps_head=keeps_head)
    return NeighbourWords.of_model(tokenizer.vocabulary, model)


def _train_float(
    inputs: StageInputs,
    examples: Examples,
    encode: Callable[[Examples], EncodedExamples],
    attack_progress: Progress,
) -> tuple[FloatStage, keras.Model]:
    """Trains the float model, and then on texts that were changed until it was wrong.

    Args:
        inputs: what all stages take.
        examples: the training examples; `encode` made those of `inputs` from them.
        encode: makes the rows of examples.
        attack_progress: see `train_task`.

    Returns:
        The last stage, whose inputs hold the changed texts too, and the model that it left.
    """
    options, distribution = inputs.options, inputs.distribution
    rounds = options.adversarial_rounds if options.adversarial else 0
    # The last one leaves the run's float model.
    names = [*(f"float-{number}" for number in range(rounds)), "float"]
    stage = FloatStage(inputs, names[0])
    model = stage.run()
    for number, name in enumerate(names[1:], 1):
        with inputs.seconds.of("attacks"), distribution.chief_first():
            input_names = tuple(inputs.examples.inputs)
            examples = add_adversarial(
                examples,
                judge_of(model, inputs.task, inputs.tokenizer, inputs.classes, input_names),
                NeighbourWords.of_model(inputs.tokenizer.vocabulary, model),
                options,
                number,
                inputs.folder / f"adversarial-{number}.json",
                attack_progress,
            )
        with distribution.chief_first():
            inputs = dataclasses.replace(inputs, examples=encode(examples))
        stage = AdversarialStage(inputs, model, name)
        model = stage.run()
    return stage, model


def _unlabelled_digest(options: TrainingOptions, folder: Path) -> dict[str, str]:
    """Returns a setting of a run with unlabelled texts: the digest of their files."""
    if not options.unlabelled:
        return {}
    files = text_files(options.unlabelled, folder / "unlabelled")
    return {"unlabelled_texts_digest": digest_of_files(files)}


def _check_options_of_stream(name: str, task: Task, options: TrainingOptions) -> None:
    """Raises UserError if the task or an option needs all texts in memory."""
    if task.training.has_own_teacher:
        raise UserError(
            f"the texts of {name} stay on disk, and {task.name} needs them in memory; train on "
            "fewer texts"
        )
    for option in (
        "teacher",
        "unlabelled",
        "augmented_copies",
        "noisy_copies",
        "both_orders",
        "adversarial",
    ):
        if getattr(options, option):
            raise UserError(
                f"the texts of {name} stay on disk, and {option} needs them in memory; train "
                f"without {option}, or on fewer texts"
            )


def _check_options(task: Task, options: TrainingOptions) -> None:
    """Raises UserError if the task does not support an option."""
    if task.training.has_own_teacher:
        if options.augmented_copies or options.unlabelled:
            raise UserError(
                "variants and unlabelled texts are for data with labels; train "
                f"{task.name} without them"
            )
    elif options.teacher is not None:
        check_teachable(task)
    if options.adversarial and not task.training.has_classes:
        raise UserError(
            f"adversarial training is for texts of one class each; train {task.name} without it"
        )
    if options.class_weight is not None and not task.training.has_classes:
        raise UserError(
            f"class_weight is for texts of one class each; train {task.name} without it"
        )
    choices = task.training.monitor_choices
    if options.monitor is not None and options.monitor not in choices:
        allowed = f"; choose {' or '.join(choices)}" if choices else ""
        raise UserError(f"{task.name} cannot monitor {options.monitor!r}{allowed or '; name none'}")
    if options.subword_dropout:
        for output in task.outputs.values():
            if not output.allows_split_tokens:
                raise UserError(
                    f"subword_dropout splits tokens, and {task.name} learns the {output.title} "
                    "from whole ones; train it without subword_dropout"
                )
