"""Robustness as files and tables."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

from converters.reports.robustness_report import (
    print_robustness,
    robustness_sections,
    write_robustness,
)
from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.measurement import RobustnessOptions, measure_robustness


def exact(texts):
    return np.array([[0.9, 0.1] if "corn" in text else [0.2, 0.8] for text in texts])


def measured(words=None, **options):
    results = measure_robustness(
        {"one": exact, "two": exact},
        ["corn | *rose*", "gold fell"] * 4,
        [0, 1] * 4,
        ["grain", "metal"],
        RobustnessOptions(**options),
        words,
    )
    return {"title": "Robustness of it", "data": "it", "notes": ["A note."], **results}


@pytest.fixture(scope="module")
def results():
    return measured(noises=("uppercase", "lowercase", "synonyms"), levels=(0.1, 1.0))


def test_files(results, tmp_path):
    paths = write_robustness(results, tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "robustness.json",
        "robustness.md",
        "robustness.html",
        "robustness-noise.png",
        "robustness-attacks.png",
    }
    assert json.loads(paths["json"].read_text()) == json.loads(json.dumps(results))
    assert all(
        paths[name].read_bytes().startswith(b"\x89PNG") for name in ("noise_plot", "attack_plot")
    )
    page = paths["markdown"].read_text()
    assert page.startswith("# Robustness of it\n")
    assert "(robustness-noise.png)" in page and "(robustness-attacks.png)" in page
    assert "A note." in page and r"CORN \| \*ROSE\*" in page
    assert "near words need not" not in page
    assert "Left out for want of word embeddings: synonyms, textfooler." in page


def test_tables_have_the_figures_measured(results):
    summary, low, high, attacks, noises = robustness_sections(results)
    assert summary.rows[0] == ("no noise", "100.00", "100.00")
    # The texts have no capitals, so that `lowercase` says nothing.
    assert summary.rows[2] == ("100 %, mean where texts change (1 noise)", "50.00", "50.00")
    assert high.heading == "Accuracy at a level of 100 %"
    assert high.rows == (
        ("no noise", "0.00", "100.00", "100.00"),
        ("uppercase", "100.00", "50.00", "50.00"),
        ("lowercase", "0.00", "100.00", "100.00"),
    )
    assert [row[:2] for row in attacks.rows] == [("deepwordbug", "one"), ("deepwordbug", "two")]
    assert attacks.rows[0][2:5] == ("100.00", "50.00", "50.00")
    assert [row[2] for row in noises.rows] == ["CORN | *ROSE*", "no text changed"]


def test_noises_or_attacks_alone(tmp_path):
    paths = write_robustness(measured(attacks=(), noises=("drop",), levels=(0.2,)), tmp_path / "a")
    assert "attack_plot" not in paths and "noise_plot" in paths
    alone = measured(noises=())
    paths = write_robustness(alone, tmp_path / "b")
    assert "noise_plot" not in paths and "attack_plot" in paths
    (section,) = robustness_sections(alone)
    assert "percent of 8 texts" in section.note and "34.6 points" in section.note


def test_where_near_words_come_from_is_said():
    words = NeighbourWords(["corn", "gold"], np.eye(2))
    results = measured(words, attacks=("textfooler",), noises=("synonyms",), levels=(0.5,))
    assert "The words of synonyms and textfooler are near in the model's own embeddings" in (
        robustness_sections(results)[0].note
    )


@pytest.mark.parametrize("width", [60, 120])
def test_the_terminal_shows_every_noise_and_attack(results, width):
    console = Console(file=io.StringIO(), width=width)
    print_robustness(results, console)
    shown = console.file.getvalue()
    assert all(word in shown for word in ("uppercase", "lowercase", "deepwordbug", "Attacks"))
    assert max(map(len, shown.splitlines())) <= width
