"""Kernels fitted by ridge regression, beside NumPy's least squares."""

import numpy as np
import pytest

from tfsqueeze.quantization.least_squares import Moments, fit_kernel

RIDGES = (0.03, 0.3, 3.0)


def draw(seed, rows=400):
    """Returns a kernel, rounded inputs and the targets that the exact inputs have."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(6, 3))
    exact = rng.normal(size=(rows, 6)) * [1, 1, 2, 0.5, 1, 3]
    rounded = exact + 0.3 * np.roll(exact, 1, axis=1) + 0.1 * rng.normal(size=exact.shape)
    return kernel, rounded, exact @ kernel + [1.0, -2.0, 0.5]


def moments(x, y):
    total = Moments(x.shape[1], y.shape[1])
    for rows in np.array_split(np.arange(len(x)), 3):
        total.add(x[rows], y[rows])
    return total


def ridge_regression(kernel, x, y, ridge):
    """Returns the kernel by least squares with a row more for each input, which holds it back."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    strength = np.sqrt(ridge * np.mean(np.square(x).sum(axis=0)))
    rows = np.concatenate([x, strength * np.eye(x.shape[1])])
    targets = np.concatenate([y, strength * kernel])
    return np.linalg.lstsq(rows, targets, rcond=None)[0]


def test_it_is_the_ridge_regression_that_serves_the_other_half_best():
    kernel, x, y = draw(0)
    halves = [(x[:200], y[:200]), (x[200:], y[200:])]
    found = fit_kernel(kernel, [moments(*half) for half in halves])

    def error(ridge):
        new = ridge_regression(kernel, *halves[0], ridge)
        x, y = (z - z.mean(axis=0) for z in halves[1])
        return np.square(x @ new - y).sum()

    # All sums of squares are over both halves then, and each half was centered by all rows.
    expected = ridge_regression(kernel, x, y, min(RIDGES, key=error))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    centered_x, centered_y = x - x.mean(axis=0), y - y.mean(axis=0)
    before, after = (np.square(centered_x @ k - centered_y).sum() for k in (kernel, found))
    assert after < 0.2 * before


def test_a_kernel_stays_where_no_change_serves_the_other_half():
    kernel, x, y = draw(1)
    noise = np.random.default_rng(2).normal(size=y.shape)
    halves = [moments(x[:200], x[:200] @ kernel + noise[:200]), moments(x[200:], x[200:] @ kernel)]
    np.testing.assert_array_equal(fit_kernel(kernel, halves), kernel)


def test_a_bias_leaves_no_mean_error():
    kernel, x, y = draw(3)
    error = x @ kernel + moments(x, y).bias(kernel) - y
    np.testing.assert_allclose(error.mean(axis=0), 0.0, atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_inputs_that_are_all_alike_change_nothing(seed):
    kernel, _, _ = draw(4)
    rng = np.random.default_rng(seed)
    row = rng.normal(size=6).astype(np.float32)
    halves = [Moments(6, 3), Moments(6, 3)]
    for part in halves:
        for _ in range(20):
            x = np.tile(row, (37, 1))
            part.add(x, (x @ kernel + 0.1 * rng.normal(size=(37, 3))).astype(np.float32))
    np.testing.assert_allclose(fit_kernel(kernel, halves), kernel, atol=1e-5)
