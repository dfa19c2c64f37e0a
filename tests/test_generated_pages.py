"""The pages of the site that come from the code."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tfsqueeze.configs.presets import PRESETS

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def pages():
    path = REPOSITORY / "docs" / "generate_pages.py"
    spec = importlib.util.spec_from_file_location("generate_pages", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_preset_and_rule_has_a_row(pages):
    assert all(f"| `{name}` |" in pages.presets() for name in PRESETS)
    assert "| `learning_rate` |" in pages.settings()


def test_messages_have_an_ellipsis_for_what_is_only_known_at_run_time(pages):
    source = (
        'raise UserError(f"{path}:{line}: the {kind} is empty; remove it")\n'
        'raise UserError("one part " "and another" + f" of {name}")\n'
        'raise UserError(text)\nraise ValueError("not for users, so not here")\n'
    )
    assert list(pages.messages_of(source)) == [
        "…:…: the … is empty; remove it",
        "one part and another of …",
    ]
    assert "…: the … is empty" in pages.errors()


def test_all_results_are_pages(pages, tmp_path):
    results = tmp_path / "results"
    (results / "compare").mkdir(parents=True)
    (results / "suite.md").write_text("# Suite\n\n![scores](suite.png)\n")
    (results / "suite.png").write_bytes(b"picture")
    (results / "compare" / "comparison.md").write_text("# Comparison\n")
    for _ in range(2):
        pages.copy_results(results, tmp_path / "measurements")
    names = {path.name for path in (tmp_path / "measurements").iterdir()}
    assert names == {"index.md", "suite.md", "suite.png", "comparison.md"}
    index = (tmp_path / "measurements" / "index.md").read_text()
    assert "- [Suite](suite.md)\n" in index and "- [Comparison](comparison.md)\n" in index
