"""The form of a file that suits a device, by measurement."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from converters.conversion.profiles import Device, Profile
from converters.conversion.runs import convert_run
from converters.runtime.interpreters import open_model
from converters.runtime.latency import measure_latency
from converters.targets.signature_lengths import signature_lengths
from tfsqueeze.data.datasets.dataset import Dataset
from tfsqueeze.training.trained_run import TrainedRun

# Devices whose kernels leave no choice, and why.
_INT8_ONLY: dict[Device, str] = {
    "edgetpu": "an Edge TPU computes int8 tensors alone, of one length",
    "micro": "TensorFlow Lite Micro's file has one length, and microcontrollers compute float32 "
    "slowly or not at all",
}
_PROFILES: tuple[Profile, ...] = ("int8", "mobile")
# A file of several lengths is larger, so it must save as much as this.
_WORTH_SEVERAL_LENGTHS = 0.05
_MOST_TEXTS = 500
_ROUNDS = 30
_PHONE = "cortex-a76"


@dataclasses.dataclass(frozen=True)
class MeasuredForm:
    """A form that a file may have, and what a text costs in it.

    Attributes:
        profile: `int8` or `mobile`.
        max_lengths: the lengths in tokens, the longest first. Each text runs at the shortest one
            that holds it.
        cost: the mean cost of a text, in the unit of the `ProfileChoice`.
    """

    profile: Profile
    max_lengths: tuple[int, ...]
    cost: float


@dataclasses.dataclass(frozen=True)
class ProfileChoice:
    """The form that suits a device.

    Attributes:
        device: the device.
        profile: the profile.
        max_lengths: the lengths in tokens, the longest first.
        reason: why, as a sentence.
        unit: of the costs: `ms` or `million instructions`; empty where nothing was measured.
        forms: all forms that were measured, the best first.
    """

    device: Device
    profile: Profile
    max_lengths: tuple[int, ...]
    reason: str
    unit: str = ""
    forms: tuple[MeasuredForm, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns the choice as a JSON-able dict."""
        return dataclasses.asdict(self)


def choose_profile(
    run: TrainedRun,
    device: Device,
    max_lengths: Sequence[int] = (),
    texts: Dataset | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> ProfileChoice:
    """Chooses the profile and the lengths of a file.

    For `server`, each form is timed on this machine: LiteRT, one thread, interleaved rounds. For
    `phone`, its instructions on an emulated Cortex-A76 are counted, since the kernels of a phone
    are not those of this machine. Edge TPUs and microcontrollers leave no choice.

    Args:
        run: a finished training run.
        device: the device.
        max_lengths: the lengths in tokens. By default that of training alone, or also its half and
            its quarter where that saves at least 5 % on the texts.
        texts: examples of the run's task, whose lengths weigh those of the file; the first 500
            are used. Without any, each text counts as long as the longest length.
        progress: called with what begins.

    Returns:
        The choice.

    Raises:
        UserError: a length is out of range, or the emulator is not installed.
    """
    lengths = tuple(sorted(max_lengths, reverse=True)) or (run.options.max_length,)
    if device in _INT8_ONLY:
        return ProfileChoice(device, "int8", lengths[:1], _INT8_ONLY[device])
    choices = [lengths]
    if texts is not None and not max_lengths:
        choices.append(tuple(signature_lengths(lengths[0])))
    files = {}
    for profile in _PROFILES:
        for length in sorted({length for choice in choices for length in choice}):
            progress(f"converting to {profile} for {length} tokens")
            files[profile, length] = convert_run(run, [length], profile=profile)
    progress(f"measuring {len(files)} files for {device}")
    measure, unit = _MEASURES[device]
    costs = measure(files, run.config.vocab_size)
    tokens = np.full(1, lengths[0]) if texts is None else _tokens(run, texts)
    forms = [
        MeasuredForm(profile, choice, _mean_cost(profile, choice, costs, tokens))
        for profile in _PROFILES
        for choice in dict.fromkeys(choices)
    ]
    ranked = sorted(forms, key=lambda form: form.cost * _handicap(form, lengths))
    best, other = ranked[0], next(form for form in ranked if form.profile != ranked[0].profile)
    return ProfileChoice(
        device, best.profile, best.max_lengths, _reason(best, other, unit), unit, tuple(ranked)
    )


def _tokens(run: TrainedRun, texts: Dataset) -> np.ndarray:
    """Returns the number of tokens of each text."""
    some = texts.take(range(min(len(texts), _MOST_TEXTS)))
    return run.task.encode(run.tokenizer, some).inputs["attention_mask"].sum(axis=1)


def _mean_cost(
    profile: Profile,
    lengths: tuple[int, ...],
    costs: Mapping[tuple[Profile, int], float],
    tokens: np.ndarray,
) -> float:
    ascending = np.sort(lengths)
    held = ascending[np.searchsorted(ascending, tokens).clip(max=len(ascending) - 1)]
    return float(np.mean([costs[profile, int(length)] for length in held]))


def _handicap(form: MeasuredForm, plain: tuple[int, ...]) -> float:
    return 1 if form.max_lengths == plain else 1 / (1 - _WORTH_SEVERAL_LENGTHS)


def _reason(best: MeasuredForm, other: MeasuredForm, unit: str) -> str:
    return (
        f"a text takes {best.cost:.3g} {unit} with {best.profile} and {other.cost:.3g} with "
        f"{other.profile}"
    )


def _milliseconds(
    files: Mapping[tuple[Profile, int], bytes], vocab_size: int
) -> dict[tuple[Profile, int], float]:
    named = {str(key): content for key, content in files.items()}
    report = measure_latency(named, rounds=_ROUNDS, vocab_size=vocab_size)
    return {key: model.median for key, model in zip(files, report.models, strict=True)}


def _million_instructions(
    files: Mapping[tuple[Profile, int], bytes], vocab_size: int
) -> dict[tuple[Profile, int], float]:
    from converters.arm64.emulator import run_on_arm64

    found = {}
    for key, content in files.items():
        # The first of two inferences packs the weights.
        inputs = {
            detail.name: np.ones((2, *detail.shape[1:]), detail.dtype)
            for detail in open_model(content).input_details
        }
        counts = run_on_arm64(content, inputs, cpu=_PHONE, count=True).counts
        assert counts is not None
        found[key] = counts[-1].total / 1e6
    return found


_MEASURES = {
    "server": (_milliseconds, "ms"),
    "phone": (_million_instructions, "million instructions"),
}
