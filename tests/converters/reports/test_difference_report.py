"""Two reports side by side."""

from __future__ import annotations

import copy
import json

import pytest
from typer.testing import CliRunner

from converters.reports.difference_report import compare_reports, read_report
from tfsqueeze.cli.main import app
from tfsqueeze.utils.errors import UserError

ROWS = [("rain", "weather", "weather"), ("sun | *", "weather", "food"), ("soup", "food", "food")]


def report(rows=ROWS, **changes):
    matrix = [[0, 0], [0, 0]]
    for _, label, predicted in rows:
        matrix[label == "weather"][predicted == "weather"] += 1
    right = sum(label == predicted for _, label, predicted in rows)
    return {
        "title": "Verification of texts",
        "accuracy": [
            {
                "model": "qat.tflite",
                "runtime": "litert",
                "kernels": "default",
                "examples": len(rows),
                "accuracy": right / len(rows),
            }
        ],
        "files": [{"name": "qat.tflite", "bytes": 1000}],
        "confusion_matrix": {"labels": ["food", "weather"], "rows": matrix},
        "reliability": [
            {"lower": 0.5, "upper": 1.0, "examples": 3, "confidence": 0.9, "accuracy": 0.7}
        ],
        "predictions": [
            dict(zip(("text", "label", "predicted"), row, strict=True)) for row in rows
        ],
        **changes,
    }


def better(count):
    """Reports of `count` texts of which the second gets all right and the first none."""
    wrong = [(f"text {n}", "food", "weather") for n in range(count)]
    return report(wrong), report([(text, label, label) for text, label, _ in wrong])


def test_the_differences():
    second = report([*ROWS[:1], ("sun | *", "weather", "weather"), ("soup", "food", "weather")])
    second["files"] = [{"name": "qat.tflite", "bytes": 500}]
    compared = compare_reports(report(), second)
    (score,) = compared["scores"]
    assert (score["first"], score["second"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert compared["files"] == [{"name": "qat.tflite", "first": 1000, "second": 500}]
    assert compared["classes"] == [
        {"name": "food", "first": pytest.approx(2 / 3), "second": 0.0},
        {"name": "weather", "first": pytest.approx(2 / 3), "second": pytest.approx(4 / 5)},
    ]
    assert compared["calibration_error"] == [pytest.approx(0.2)] * 2
    predictions = compared["predictions"]
    assert predictions["texts"]["only_second_right"] == [
        {"text": "sun | *", "label": "weather", "first": "food", "second": "weather"}
    ]
    assert [predictions[key] for key in ("both_right", "only_first_right", "none_right")] == [
        1,
        1,
        0,
    ]
    assert predictions["p_value"] == 1.0


def test_the_p_value_is_that_of_a_sign_test():
    assert compare_reports(*better(6))["predictions"]["p_value"] == pytest.approx(2 * 0.5**6)


def test_the_surest_mistakes_come_first():
    first, second = better(3)
    for row, probability in zip(first["predictions"], (0.6, 0.9, 0.7), strict=True):
        row["probability"] = probability
    predictions = compare_reports(first, second)["predictions"]
    found = [row["text"] for row in predictions["texts"]["only_second_right"]]
    assert found == ["text 1", "text 2", "text 0"]
    assert predictions["difference"] == 1 and predictions["interval"] == [1, 1]


def test_reports_of_other_texts_have_no_common_predictions():
    second = copy.deepcopy(report())
    second["predictions"][0]["text"] = "snow"
    second["confusion_matrix"]["labels"] = ["food", "rain"]
    compared = compare_reports(report(), second)
    assert "predictions" not in compared and "classes" not in compared
    assert compare_reports({"accuracy": []}, report())["scores"][0]["first"] is None


def test_the_command(tmp_path):
    for name, content in zip(("one", "two"), better(30), strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(json.dumps(content))
    result = CliRunner().invoke(
        app, ["diff", str(tmp_path / "one"), str(tmp_path / "two"), "-o", str(tmp_path / "out")]
    )
    assert result.exit_code == 0, result.output
    assert "+100.00" in result.output and "McNemar" in result.output
    assert "bootstrap" in result.output
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {"difference.html", "difference.md", "difference.json"}
    page = (tmp_path / "out" / "difference.html").read_text("utf-8")
    assert "Texts that the second alone gets right" in page and "20 of 30." in page


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        ("{", "report.json"),
        ("[1]", r"the file: it is \[1\], not an object"),
        ("{}", "is no report"),
        ('{"accuracy": 1}', "accuracy: it is 1, not a list"),
        ('{"accuracy": [{"model": 1}]}', r"accuracy\[0\].model: it is 1, not a string"),
        (
            '{"accuracy": [], "confusion_matrix": {"labels": ["a"], "rows": [[1, 2]]}}',
            "confusion_matrix: it has not as many rows",
        ),
    ],
)
def test_what_is_no_report(tmp_path, content, message):
    path = tmp_path / "report.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=message):
        read_report(path)
