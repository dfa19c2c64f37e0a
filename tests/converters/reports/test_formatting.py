"""The texts of values in reports."""

from __future__ import annotations

import pytest

from converters.reports import formatting
from converters.reports.formatting import (
    ABSENT,
    decimals,
    difference,
    integer,
    interval,
    millions,
    milliseconds,
    number_of,
    percent,
    percentage,
    ratio,
    score_text,
    short_percent,
    shorten,
    size,
    with_spread,
)
from tfsqueeze.evaluation.score import Score


def test_values_have_their_units():
    assert decimals(1234.5) == "1,234.50" and decimals(0.12345, 3) == "0.123"
    assert difference(1.25) == "+1.25" and difference(-2, 1) == "-2.0"
    assert integer(12345) == "12,345"
    assert percent(0.875) == "87.50 %" and percent(0.4, 0) == "40 %"
    assert percentage(1.0) == "100.00"
    assert short_percent(0.05) == "5 %" and short_percent(0.125) == "12.5 %"
    assert interval(1.1, 1.35) == "1.10-1.35" and interval(900, 1100, 0) == "900-1,100"
    assert ratio(0.4321) == "0.43 x"
    assert milliseconds(1050) == "1,050.00 ms" and milliseconds(9.96, 1) == "10.0 ms"
    assert millions(1_234_567_890) == "1,234.6"
    assert number_of(1, "thread") == "1 thread" and number_of(0, "noise") == "0 noises"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (999_949, "999.9 KB"), (999_950, "1.00 MB")],
)
def test_sizes_are_in_decimal_units(count, text):
    assert size(count) == text


@pytest.mark.parametrize(
    "name",
    ["decimals", "difference", "integer", "percent", "percentage", "ratio", "milliseconds"]
    + ["millions"],
)
def test_what_was_not_measured_is_marked(name):
    assert getattr(formatting, name)(None) == ABSENT


def test_a_mean_of_one_value_has_no_spread():
    assert with_spread(0.875, 0.0025, percentage) == "87.50 ± 0.25"
    assert with_spread(0.875, None, percentage) == "87.50"


def test_a_score_has_its_own_format():
    row = {"f1": 0.875, "perplexity": 1234.5, "recall": None}
    assert score_text(Score("f1", "F1"), row) == "87.50 %"
    assert score_text(Score("perplexity", "Perplexity", "decimal"), row) == "1,234.50"
    assert score_text(Score("recall", "Recall"), row) == ABSENT
    assert score_text(Score("precision", "Precision"), row) == ABSENT


def test_long_texts_are_cut_off():
    assert shorten("four", 4) == "four" and shorten("a\nlonger text", 6) == "a lon…"
