"""Plots of a report: their scales and what is left out."""

from __future__ import annotations

from converters.reports.plots import draw_plots, draw_score
from tfsqueeze.evaluation.score import Score

ROWS = [
    {"model": "one", "runtime": "litert", "error": 12.5, "f1": 0.5},
    {"model": "two", "runtime": "litert", "error": None, "f1": 0.75},
]
BASELINES = {"majority": {"error": 40.0}, "tfidf_logistic_regression": {"f1": 0.25}}


def test_a_fraction_is_drawn_in_percent():
    (axes,) = draw_score(Score("f1", "F1"), ROWS, BASELINES).axes
    assert axes.get_xlim() == (0, 115) and axes.get_xlabel() == "F1 (%)"
    assert [bar.get_width() for bar in axes.patches] == [50, 75]
    assert [text.get_text() for text in axes.texts] == ["50.00 %", "75.00 %"]
    (line,) = axes.lines
    assert line.get_xdata()[0] == 25
    assert line.get_label() == "TF-IDF + logistic regression: 25.00 %"


def test_any_other_number_is_drawn_on_its_own_scale():
    (axes,) = draw_score(Score("error", "Error (kg)", "decimal"), ROWS, BASELINES).axes
    assert axes.get_xlim()[0] == 0 and 40 < axes.get_xlim()[1] < 50
    assert axes.get_xlabel() == "Error (kg)"
    assert [bar.get_width() for bar in axes.patches] == [12.5, 0]
    assert [text.get_text() for text in axes.texts] == ["12.50", "–"]
    assert [line.get_label() for line in axes.lines] == ["majority class: 40.00"]


def test_rows_without_a_known_score_have_no_plot():
    assert draw_plots({"accuracy": [{"model": "m", "runtime": "r", "unknown": 1.0}]}) == {}
    assert set(draw_plots({"accuracy": ROWS})) == {"accuracy"}
