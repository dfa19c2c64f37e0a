"""The difference of two models on the same examples, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tfsqueeze.evaluation.paired_difference import paired_difference
from tfsqueeze.utils.errors import UserError


def outcomes(both, only_first, only_second, neither):
    first = [True] * (both + only_first) + [False] * (only_second + neither)
    second = [True] * both + [False] * only_first + [True] * only_second + [False] * neither
    return first, second


def test_the_test_counts_examples_that_one_model_has_right():
    found = paired_difference(*outcomes(80, 2, 10, 8))
    assert (found["only_first_right"], found["only_second_right"]) == (2, 10)
    assert found["examples"] == 100
    assert found["difference"] == pytest.approx(0.08)
    # Two sides of a binomial of 12: (1 + 12 + 66) of 4,096, twice.
    assert found["p_value"] == pytest.approx(2 * 79 / 4096)
    # The normal approximation: sqrt(12 - 64 / 100) / 100 = 0.0337.
    np.testing.assert_allclose(found["interval"], [0.08 - 0.066, 0.08 + 0.066], atol=0.011)


def test_equal_models_do_not_differ():
    found = paired_difference(*outcomes(3, 0, 0, 1))
    assert (found["difference"], found["interval"], found["p_value"]) == (0, [0, 0], 1)


def test_errors():
    for first, second in (([], []), ([True], [True, False])):
        with pytest.raises(UserError, match="give as many of both"):
            paired_difference(first, second)
