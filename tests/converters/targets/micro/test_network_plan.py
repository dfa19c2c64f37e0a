"""The arena is planned so that no tensor overwrites one that is still read."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from converters.targets.micro.fixed_point import Factor, quantized_range, softmax_exponentials
from converters.targets.micro.network_plan import Place, Step, plan_arena


def place(buffer, size=8):
    return Place(buffer, 0, size, size, size)


def step(reads, writes, overwrites=()):
    return Step("f", (), tuple(map(place, reads)), (place(writes),), tuple(overwrites))


def test_buffers_that_are_never_alive_together_share_bytes():
    steps = [step([0], 1), step([1], 2), step([2], 3)]
    plan = plan_arena(steps, dict.fromkeys(range(4), 8), [place(0)], [place(3)])
    assert plan.bytes == 16
    assert plan.offsets[0] != plan.offsets[1] != plan.offsets[2] != plan.offsets[3]


def test_an_output_overwrites_an_input_that_is_read_no_more():
    steps = [step([0], 1), step([1], 2, [0]), step([2], 3)]
    plan = plan_arena(steps, dict.fromkeys(range(4), 8), [place(0)], [place(3)])
    assert plan.steps[1].writes[0].buffer == plan.steps[1].reads[0].buffer == 1
    assert plan.steps[2].reads[0].buffer == 1
    steps = [step([0], 1), step([1], 2, [0]), step([2, 1], 3)]
    plan = plan_arena(steps, dict.fromkeys(range(4), 8), [place(0)], [place(3)])
    assert plan.steps[1].writes[0].buffer == 2


def test_no_plan_of_random_steps_loses_a_number():
    """Runs plans on a list in place of an arena; each buffer has a number of its own."""
    random = np.random.default_rng(0)
    for _ in range(200):
        count = int(random.integers(3, 15))
        sizes = {buffer: int(random.choice([4, 8, 12, 16])) for buffer in range(count + 1)}
        steps = []
        for buffer in range(1, count + 1):
            reads = random.integers(0, buffer, 2).tolist()
            steps.append(
                Step(
                    "f",
                    (),
                    tuple(place(read, sizes[read]) for read in reads),
                    (place(buffer, sizes[buffer]),),
                    tuple(i for i, read in enumerate(reads) if sizes[read] == sizes[buffer]),
                )
            )
        plan = plan_arena(steps, sizes, [place(0, sizes[0])], [place(count, sizes[count])])
        arena: list[int | None] = [None] * plan.bytes
        arena[plan.offsets[0] : plan.offsets[0] + sizes[0]] = [0] * sizes[0]
        for index, (wanted, planned) in enumerate(zip(steps, plan.steps, strict=True), start=1):
            for original, read in zip(wanted.reads, planned.reads, strict=True):
                start = plan.offset(read)
                assert arena[start : start + read.bytes] == [original.buffer] * read.bytes
            start, size = plan.offset(planned.writes[0]), planned.writes[0].bytes
            arena[start : start + size] = [index] * size
        assert plan.offsets[count] + sizes[count] <= plan.bytes


def test_a_row_with_a_gap_is_not_dense():
    whole = Place(0, 0, 4, 4, 12)
    assert whole.is_dense
    assert not dataclasses.replace(whole, stride=8).is_dense


@pytest.mark.parametrize("number", [1e-12, 0.3, 0.5, 1.0 - 2**-40, 7.25, 0.0])
def test_factors_are_close_to_their_numbers(number):
    factor = Factor.of(number)
    assert factor.multiplier * 2.0 ** (factor.shift - 31) == pytest.approx(number, abs=2**-33)
    assert factor.multiplier == 0 or 1 << 30 <= factor.multiplier < 1 << 31


def test_activations_limit_the_output():
    infinite = float("inf")
    assert quantized_range((-infinite, infinite), 0.1, 3) == (-128, 127)
    assert quantized_range((0.0, infinite), 0.1, 3) == (3, 127)
    assert quantized_range((0.0, 6.0), 0.1, -20) == (-20, 40)


def test_exponentials_are_those_of_the_scale():
    exponentials = softmax_exponentials(0.05, 2.0) / 2**31
    real = np.exp(0.1 * np.arange(-255, 1))
    # The reference kernels' own error.
    np.testing.assert_allclose(exponentials, real, atol=3e-7)
