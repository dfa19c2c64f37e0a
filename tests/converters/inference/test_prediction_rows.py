"""A line of standard input is the two texts of a pair, or of a question in JSON."""

from __future__ import annotations

import pytest

from converters.inference.prediction_rows import pair_of_line


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("who?\tAda\tLovelace", ("who?", "Ada\tLovelace")),
        ("no second text", ("no second text", "")),
        ('{"question": "who?", "context": "Ada\tLovelace"}', ("who?", "Ada\tLovelace")),
        ('{"question":\t"who?",\t"context": ""}', ("who?", "")),
        ("{braces}\tfirst", ("{braces}", "first")),
    ],
)
def test_two_texts(line, pair):
    assert pair_of_line(line) == pair


@pytest.mark.parametrize(
    "line",
    [
        '{"question": "who?"}',
        '{"question": "who?",\t"contexts": "Ada"}',
        '{"question": "who?", "context": "Ada\tLovelace"',
        '{"question": "who?", "context": ["Ada"]}',
        '{"question": ' * 100_000,
    ],
)
def test_a_damaged_question_is_no_pair(line):
    assert pair_of_line(line) is None
