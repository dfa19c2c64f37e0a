"""Chooses the noises and attacks that fit a task."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from converters.experiments.measured_models import no_attack
from converters.experiments.robustness_models import RobustnessModels
from converters.experiments.task_verdicts import TRUTHS
from tfsqueeze.robustness.attacks import ATTACKS
from tfsqueeze.robustness.changed_columns import changed_columns
from tfsqueeze.robustness.measurement import RobustnessOptions
from tfsqueeze.robustness.noises import NOISES
from tfsqueeze.robustness.noisy_datasets import check_noises, fitting_noises
from tfsqueeze.utils.errors import UserError


def fitting_options(
    models: RobustnessModels,
    examples: Any,
    options: RobustnessOptions,
    noises: Sequence[str] | None,
    attacks: Sequence[str] | None,
) -> RobustnessOptions:
    """Returns options with noises and attacks that fit the task.

    Args:
        models: are measured. Their notes say what is left out.
        examples: what they are measured on.
        options: the other settings.
        noises: names in `NOISES`; None for all that fit.
        attacks: names in `ATTACKS`; None for all if the task can be attacked.

    Raises:
        UserError: a noise, an attack or one text of a pair is asked for that does not fit, or
            nothing is left.
    """
    if noises is None:
        noises = fitting_noises(examples)
        if len(noises) < len(NOISES):
            models.notes.append(
                "Noises that join, divide or delete words are left out, since each word has a tag."
            )
    check_noises(examples, noises)
    changed_columns(examples, options.changed_texts)
    can_be_attacked = models.task.name in TRUTHS
    if attacks and not can_be_attacked:
        raise UserError(f"{no_attack(models.task)}; measure noises alone, with --attack none")
    if attacks is None:
        attacks = tuple(ATTACKS) if can_be_attacked else ()
        if not can_be_attacked:
            models.notes.append(f"Without attacks, since {no_attack(models.task)}.")
    return dataclasses.replace(options, noises=tuple(noises), attacks=tuple(attacks))
