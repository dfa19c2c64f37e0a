"""Ranges around activations, beside a brute-force search in NumPy."""

import itertools

import numpy as np
import pytest
from scipy.special import erf, expit

from tfsqueeze.quantization.range_search import search_ranges

ACTIVATIONS = {
    "gelu": lambda x: x * (0.5 + 0.5 * erf(x / np.sqrt(2))),
    "relu": lambda x: np.maximum(x, 0.0),
    "sigmoid_gelu": lambda x: x * expit(1.702 * x),
}


def rounded(x, low, high):
    scale = (high - low) / 255
    zero = np.rint(-low / scale)
    return (np.clip(np.rint(x / scale) + zero, 0, 255) - zero) * scale


def noise(exact, found):
    """Returns what no offset and factor of a channel explains."""
    total = 0.0
    for x, y in zip(exact.T, found.T, strict=True):
        design = np.stack([y, np.ones_like(y)], axis=1)
        total += np.square(x - design @ np.linalg.lstsq(design, x, rcond=None)[0]).sum()
    return total


def compute(x, activation, ranges):
    function = ACTIVATIONS[activation]
    if "pre_activation" in ranges:
        x = rounded(x, *ranges["pre_activation"])
    return rounded(function(x), *ranges["output"])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_it_is_nearly_as_good_as_any_range(activation):
    rng = np.random.default_rng(0)
    x = rng.normal(-0.5, 1.0, (500, 12)).astype(np.float32)
    # A channel that is far from the others, in every row alike, and single outliers.
    x[:, 0] = 25.0
    x[::100, 1] -= 30.0
    exact = ACTIVATIONS[activation](x.astype(np.float64))
    observed = {"output": (float(min(exact.min(), 0.0)), float(exact.max()))}
    if activation != "relu":
        observed["pre_activation"] = float(x.min()), float(x.max())
    if activation == "sigmoid_gelu":
        observed["sloped"] = 1.702 * float(x.min()), 1.702 * float(x.max())
    found = search_ranges(x, activation, observed)
    assert set(found) == set(observed)

    def noise_of(ranges):
        return noise(exact, compute(x, activation, ranges))

    shares = np.linspace(0.08, 1.0, 12)
    low, high = observed.get("pre_activation", (0.0, 0.0))
    first, last = observed["output"]
    best = min(
        noise_of({**observed, "output": (first, share * last)})
        if activation == "relu"
        else noise_of(
            {
                "pre_activation": (low_share * low, share * high),
                "output": (first, min(last, share * high)),
            }
        )
        for low_share, share in itertools.product(
            (1.0,) if activation == "relu" else np.linspace(0.1, 1.0, 10), shares
        )
    )
    assert noise_of(found) < 1.3 * best
    assert noise_of(found) < 0.1 * noise_of(observed)


def test_a_fixed_range_stays():
    x = np.random.default_rng(1).normal(size=(100, 4)).astype(np.float32)
    found = search_ranges(x, "tanh", {"pre_activation": (-4.0, 4.0)})
    assert set(found) == {"pre_activation"}
