"""The precision that models train in: float32, or 16 bits for their products."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.models.spelling_vectors import copy_spelling
from tfsqueeze.training.training_options import Precision
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.json_files import read_json, shown

_POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}
_CPU_INFO = Path("/proc/cpuinfo")
# What Linux calls the instructions for products of bfloat16.
_CPU_FLAGS = {"amx_bf16", "avx512_bf16"}
# The first NVIDIA GPUs with products of bfloat16 (Ampere).
_GPU_CAPABILITY = (8, 0)
_TIMED_STEPS = 3


@contextlib.contextmanager
def precision_policy(precision: str) -> Iterator[None]:
    """Makes the layers that are built in the context compute in a precision.

    Weights, losses, logits, softmax, the statistics of normalization and fake quantization are
    float32 in any case. It is Keras' global dtype policy (Micikevicius et al. 2018, arXiv
    1710.03740).

    Args:
        precision: `float32`, `bfloat16` or `float16`.
    """
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(_POLICIES[precision])
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


def in_precision(model: PreTrainedModel, precision: str) -> PreTrainedModel:
    """Returns a copy of a float model that computes in a precision, with the same weights.

    Args:
        model: the model.
        precision: `float32`, `bfloat16` or `float16`.
    """
    with precision_policy(precision):
        copy = type(model)(model.config, input_names=model.input_names)
    copy_spelling(model, copy)
    copy.set_weights(model.get_weights())
    return copy


def choose_precision(
    requested: Precision,
    prepare: Callable[[], Callable[[], Any]],
    path: Path,
    *,
    tries: bool = True,
) -> str:
    """Returns the precision that a training uses.

    For `auto` it is bfloat16 if the processor has products of bfloat16 and a step is faster with
    them, and float32 otherwise. A file keeps the choice, so that a resumed training goes on in the
    same precision.

    Args:
        requested: the precision that the user asks for.
        prepare: builds the model and returns a function that makes one training step.
        path: the JSON file that keeps the choice.
        tries: whether the training is long enough for trying both.

    Raises:
        UserError: the file is damaged.
    """
    if requested != "auto":
        return requested
    if path.exists():
        kept = read_json(path).get("precision")
        if kept.string() not in _POLICIES:
            raise kept.error(f"it is {shown(kept.value)}, not {', '.join(_POLICIES)}")
        return kept.string()
    seconds: dict[str, float] = {}
    if tries and has_bfloat16_products():
        for precision in ("float32", "bfloat16"):
            with precision_policy(precision):
                seconds[precision] = _seconds_of_a_step(prepare())
    chosen = min(seconds, key=seconds.__getitem__, default="float32")
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as temporary:
        content = {"precision": chosen, "seconds_of_a_step": seconds}
        temporary.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    return chosen


def has_bfloat16_products() -> bool:
    """Returns whether the GPUs, or else the CPU, have instructions for products of bfloat16."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        return all(x.get("compute_capability", (0, 0)) >= _GPU_CAPABILITY for x in details)
    if not _CPU_INFO.exists():
        return False
    flags = _CPU_INFO.read_text("utf-8").partition("\nflags")[2].partition("\n")[0]
    return not _CPU_FLAGS.isdisjoint(flags.split())


def _seconds_of_a_step(step: Callable[[], Any]) -> float:
    step()  # Traces the step.
    times = []
    for _ in range(_TIMED_STEPS):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return min(times)
