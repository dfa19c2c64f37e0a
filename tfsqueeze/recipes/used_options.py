"""Which options a training run reads, of those that a user names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.tasks import Task
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.unused_options import refuse_unused


def check_used(options: TrainingOptions, given: Mapping[str, Any], task: Task, train: Any) -> None:
    """Checks that a run reads the options that the user names.

    `TrainingOptions` does not check it, for it also reads the settings of runs that are finished.

    Args:
        options: all settings of the run.
        given: those that the user names. One with its default value counts as not named.
        task: the task.
        train: the training part of the data.

    Raises:
        UserError: the run would ignore one of them.
    """
    named = [
        *(name for name, value in given.items() if value != getattr(TrainingOptions, name, None)),
        *(given.get("model") or ()),
    ]
    refuse_unused(named, _unused(options, task, train))


def _unused(options: TrainingOptions, task: Task, train: Any) -> Iterator[tuple[str, str]]:
    """Yields the options that a run ignores, and for each what it is for."""
    yield from _unused_by_loss(options, task, train)
    if options.word_dropout and not task.training.allows_word_dropout:
        yield "word_dropout", f"other tasks than {task.name}"
    yield from _unused_by_other_options(options)
    if options.model.get("pair_encoder") == "bi_encoder" and (
        "token_type_ids" not in task.training.input_names(train)
    ):
        yield "pair_encoder", "labels and numbers of pairs of texts, and there are none"
    yield from _unused_by_start(options)


def _unused_by_loss(options: TrainingOptions, task: Task, train: Any) -> Iterator[tuple[str, str]]:
    """Yields the options of a loss that the run does not have."""
    has_logits = getattr(train, "teacher_logits", None) is not None or (
        options.teacher is not None and not task.training.has_own_teacher
    )
    decides_classes = any(output.decides_classes for output in task.outputs.values())
    if not (has_logits and decides_classes):
        yield "temperature", "a teacher's logits of classes, and this run has none"
    if has_logits:
        yield "label_smoothing", "training on labels, and a teacher gives logits"
    elif not decides_classes:
        yield "label_smoothing", f"classes, and {task.name} has none"


def _unused_by_other_options(options: TrainingOptions) -> Iterator[tuple[str, str]]:
    """Yields the settings of what another option leaves out or overrides."""
    if not options.noisy_copies:
        yield "noise_level", "noisy_copies, and there are none"
    if not options.augmented_copies:
        yield "replaced_words", "augmented_copies, and there are none"
    if not options.adversarial:
        for name in ("adversarial_rounds", "adversarial_texts"):
            yield name, "adversarial training, and no attack is named"
    if not options.epochs:
        yield "learning_rate", "the float stage, and epochs is 0"
    if not options.qat_epochs:
        yield "qat_learning_rate", "the quantization-aware stage, and qat_epochs is 0"
    if options.batch_tokens is not None:
        yield "batch_size", "batches of as many texts, and batch_tokens is named"


def _unused_by_start(options: TrainingOptions) -> Iterator[tuple[str, str]]:
    """Yields the options that what the run starts from overrides."""
    if options.pretrained is not None:
        for name in ("tokenizer", "model_type"):
            yield name, "a model that is not pretrained"
    elif options.tokenizer is not None:
        for name in ("vocab_size", "lowercase"):
            yield name, "a vocabulary that is trained from the texts, and a tokenizer is named"
    if options.pretrained is None and options.model_type != SqueezeBertConfig.model_type:
        yield "preset", f"SqueezeBERT, and model_type is {options.model_type}"
