"""How much noise int8 adds to the hidden states, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tfsqueeze.distillation.states import with_states
from tfsqueeze.models.sharing import unshare_layers
from tfsqueeze.training.batches import evaluation_batches
from tfsqueeze.training.trained_run import TrainedRun

_MOST_ROWS = 256


def measure_signal_to_noise(
    run: TrainedRun, inputs: Mapping[str, np.ndarray]
) -> list[dict[str, Any]]:
    """Compares the hidden states of a run's quantization-aware model with the float model's.

    The ratio in decibels is 10 log10(sum x^2 / sum (x - a y - b)^2), over the channels of all
    tokens, for states x of the float model and y of the quantization-aware one. Each channel has
    the a and b of least squares: the int8 graph holds channels without their offset or divided by
    a factor, which later weights undo. Training changes y, too.

    Args:
        run: the run.
        inputs: int32 [rows, length] by the input's name; the first 256 rows are used.

    Returns:
        A row for the output of the embeddings (layer 0) and of each layer: `layer` and `decibels`.
    """
    float_model: Any = unshare_layers(run.float_model)
    numbers = range(float_model.config.num_hidden_layers + 1)
    models = [
        with_states(model, float_model, hidden_states=numbers)
        for model in (float_model, run.qat_model)
    ]
    # Sums over tokens, by channel, of 1, x, y, x^2, y^2 and x y.
    sums: list[Any] = [np.zeros(())] * len(numbers)
    rows = {name: values[:_MOST_ROWS] for name, values in inputs.items()}
    for batch in evaluation_batches(rows):
        tokens = batch["input_ids"].numpy() != float_model.config.pad_token_id
        ours, theirs = (model(batch, training=False) for model in models)
        for number in numbers:
            x, y = (
                states[f"hidden_states_{number}"].numpy()[tokens].astype(np.float64)
                for states in (ours, theirs)
            )
            terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y])
            sums[number] = sums[number] + terms.sum(axis=1)
    decibels = [_decibels(*terms) for terms in sums]
    return [{"layer": number, "decibels": decibels[number]} for number in numbers]


def _decibels(count: Any, x: Any, y: Any, xx: Any, yy: Any, xy: Any) -> float:
    """Returns the ratio, given sums by channel."""
    covariance, variance = xy - x * y / count, yy - y * y / count
    noise = xx - x * x / count - covariance**2 / np.maximum(variance, 1e-30)
    return float(10 * np.log10(xx.sum() / max(np.maximum(noise, 0.0).sum(), 1e-30)))
