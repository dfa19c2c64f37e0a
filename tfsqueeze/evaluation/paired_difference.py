"""How sure it is that one model is better than another on the same examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfsqueeze.utils.errors import UserError

_DRAWS = 10_000


def paired_difference(
    first: Sequence[bool] | np.ndarray, second: Sequence[bool] | np.ndarray
) -> dict[str, Any]:
    """Returns the difference of two models' accuracies on the same examples.

    Args:
        first: whether the first model is right, bool [examples].
        second: whether the second model is right, bool [examples].

    Returns:
        A JSON-able dictionary: `examples`, their number; `difference`, the second accuracy less
        the first; `interval`, the ends of its 95 % confidence interval by the paired bootstrap
        (Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13);
        `only_first_right` and `only_second_right`, how many examples one model alone has right;
        and `p_value`, how likely a difference of this size is if both are equally good. It is of
        McNemar's exact test, a sign test of the examples that one of both has right (Dietterich
        1998, "Approximate Statistical Tests for Comparing Supervised Classification Learning
        Algorithms", section 3.1).

    Raises:
        UserError: there are no examples, or not as many of both.

    Example:
        >>> found = paired_difference([True, False, False, False], [True, True, True, False])
        >>> found["difference"], found["only_second_right"], found["p_value"]
        (0.5, 2, 0.5)
    """
    from scipy.stats import binomtest

    first, second = np.asarray(first, bool), np.asarray(second, bool)
    examples = len(first)
    if first.shape != second.shape or first.ndim != 1 or not examples:
        raise UserError(
            f"the models have {len(first):,} and {len(second):,} predictions; give as many of "
            "both, one at least"
        )
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    unequal = only_first + only_second
    # Examples drawn with replacement: how many of them each model alone has right.
    shares = [only_first / examples, only_second / examples, 1 - unequal / examples]
    drawn = np.random.default_rng(0).multinomial(examples, shares, _DRAWS)
    interval = np.percentile((drawn[:, 1] - drawn[:, 0]) / examples, [2.5, 97.5])
    return {
        "examples": examples,
        "difference": (only_second - only_first) / examples,
        "interval": interval.tolist(),
        "only_first_right": only_first,
        "only_second_right": only_second,
        "p_value": float(binomtest(only_first, unequal).pvalue) if unequal else 1.0,
    }
