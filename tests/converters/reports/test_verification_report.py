"""Reports on a model: whole files, the measured figures, and labels that do no harm."""

from __future__ import annotations

import base64
import io
import json
import math
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from converters.reports.verification_report import print_report, write_report
from converters.runtime.latency import LatencyReport, ModelLatency
from tfsqueeze.utils.errors import UserError

PNG_START = b"\x89PNG\r\n\x1a\n"
HOSTILE = "<script>alert('x')</script> [red]a|b[/red] $\\frac{$ \x1b[31m\n# head \ud800"
PLOTS = {"accuracy", "latency", "operators", "confusion_matrix", "reliability", "training"}


def latency() -> dict:
    def model(name: str, scale: float) -> ModelLatency:
        times = tuple(scale * np.array([9.0, 10.0, 11.0, 12.0]))
        return ModelLatency(
            name=name,
            size_bytes=round(2_000_000 * scale),
            load_milliseconds=3.5,
            median=10.5 * scale,
            p10=9.3 * scale,
            p90=11.7 * scale,
            ratio=scale,
            milliseconds=times,
            ratios=(scale * 0.9, scale, scale * 1.1, scale),
        )

    models = (model("float32", 1.0), model("int8", 0.4321))
    return LatencyReport("litert", 1, rounds=4, warmup=1, models=models).to_dict()


def full_results(labels: list[str]) -> dict:
    generator = np.random.default_rng(0)
    size = len(labels)
    confusion = 40 * np.eye(size, dtype=int) + generator.poisson(0.3, (size, size))
    epochs = [
        {
            "epoch": epoch,
            "loss": math.exp(-epoch),
            "accuracy": 0.9 - 0.1 / (epoch + 1),
            "val_loss": math.exp(-epoch) + 0.1,
            "val_accuracy": 0.88,
        }
        for epoch in range(3)
    ]
    accuracy = {
        "examples": 500,
        "macro_f1": 0.9511,
        "agreement_with_qat": None,
        "agreement_with_float": None,
        "logit_error_mean": None,
        "logit_error_max": None,
    }
    return {
        "title": "Intents",
        "dataset": {"name": "clinc", "train": 15000, "validation": 3000, "labels": labels},
        "model": {"preset": "tiny", "parameters": 1_234_567, "macs": 45_000_000},
        "settings": {"learning_rate": 1e-4, "seed": 7, "checkpoint": None},
        "versions": {"tensorflow": "2.21.0"},
        "seconds": {"train": 61.25},
        "baselines": {
            "majority": {"accuracy": 0.0667},
            "tfidf_logistic_regression": {"accuracy": 0.8712},
        },
        "training": {"float": epochs, "qat": epochs[:1]},
        "accuracy": [
            {"model": "Keras QAT", "runtime": "tensorflow", "kernels": None, "accuracy": 0.963}
            | accuracy,
            {"model": "int8 (QAT)", "runtime": "litert", "kernels": "reference"}
            | accuracy
            | {
                "accuracy": np.float32(0.9625),
                "agreement_with_qat": 0.998,
                "logit_error_mean": 0.1234,
                "logit_error_max": 2.0,
            },
        ],
        "files": [{"name": "float.tflite", "bytes": 2_345_678}, {"name": "v", "bytes": 999}],
        "latency": [latency()],
        "operators": [
            {"name": "FULLY_CONNECTED", "count": 9, "inputs": ["int8"], "outputs": ["int8"]},
            {"name": "QUANTIZE", "count": 1, "inputs": ["float32"], "outputs": ["int8"]},
        ],
        "checks": [
            {"claim": "all int8", "measured": "10 of 10", "passed": True},
            {"claim": "within 1 point", "measured": "1.25 points", "passed": False},
        ],
        "confusion_matrix": {"labels": labels, "rows": confusion},
        "reliability": [
            {"lower": 0.5, "upper": 0.6, "examples": 3, "confidence": 0.55, "accuracy": 0.3333},
            {"lower": 0.9, "upper": 1.0, "examples": 97, "confidence": 0.98, "accuracy": 0.96},
        ],
        "errors": [
            {
                "text": "is my card | here",
                "label": "card",
                "predicted": "cash",
                "probability_of_label": 0.0312,
                "words": [{"word": "card", "effect": 0.71}, {"word": "my", "effect": 0.02}],
            },
            {
                "text": "hm",
                "text_pair": "oh",
                "label": "card",
                "predicted": "cash",
                "probability_of_label": 0.4,
                "words": [],
            },
        ],
    }


class Page(HTMLParser):
    """The tags, attributes and visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def unpadded(path: Path) -> str:
    """A Markdown file without the spaces that align its tables."""
    return re.sub(" +", " ", path.read_text())


def printed(results: dict, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_report(results, console)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> dict[str, Path]:
    return write_report(full_results(["greet", "leave"]), tmp_path_factory.mktemp("report"))


def test_all_files_are_written(written):
    assert set(written) == {"json", "markdown", "html"} | PLOTS
    folder = written["json"].parent
    assert {path.name for path in folder.iterdir()} == {path.name for path in written.values()}
    for key in PLOTS:
        assert written[key].read_bytes().startswith(PNG_START)


def test_json_holds_the_results(written):
    expected = full_results(["greet", "leave"])
    expected["confusion_matrix"]["rows"] = expected["confusion_matrix"]["rows"].tolist()
    expected["accuracy"][1]["accuracy"] = float(np.float32(0.9625))
    assert json.loads(written["json"].read_text()) == expected


def test_json_has_null_for_what_json_cannot_say(tmp_path):
    history = {"float": [{"epoch": 0, "loss": math.nan, "accuracy": 0.5, "val_loss": math.inf}]}
    paths = write_report({"training": history, "settings": {"out": tmp_path}}, tmp_path)

    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    read = json.loads(paths["json"].read_text(), parse_constant=refuse)
    assert read["training"]["float"][0]["loss"] is None
    assert read["settings"]["out"] == str(tmp_path)


def test_markdown_has_the_figures_and_links_the_plots(written):
    text = unpadded(written["markdown"])
    assert "| Keras QAT | tensorflow | 500 | 96.30 % | 95.11 % |" in text
    assert "| int8 (QAT) | litert, reference kernels | 500 | 96.25 % |" in text
    assert "| Baseline: TF-IDF + logistic regression | – | – | 87.12 % |" in text
    assert "2.35 MB" in text and "999 B" in text
    assert "0.43 x" in text
    assert "| within 1 point | 1.25 points | FAILED |" in text
    links = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert {written["markdown"].parent / link for link in links} == {written[k] for k in PLOTS}


def test_markdown_tables_are_rectangular(tmp_path):
    text = write_report(full_results([HOSTILE, "b"]), tmp_path)["markdown"].read_text()
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table


def test_page_is_self_contained(written):
    text = written["html"].read_text()
    page = Page(text)
    assert not {"script", "link", "iframe", "a"} & set(page.tags)
    sources = [value for name, value in page.attributes if name in ("src", "href")]
    prefix = "data:image/png;base64,"
    assert all(source.startswith(prefix) for source in sources)
    embedded = {base64.b64decode(source.removeprefix(prefix)) for source in sources}
    assert embedded == {written[key].read_bytes() for key in PLOTS}
    assert "http://" not in text and "https://" not in text and "url(" not in text
    assert "prefers-color-scheme: dark" in text


@pytest.mark.parametrize(("runtime", "is_said"), [("tflite-runtime", True), ("litert", False)])
def test_a_model_that_is_slower_on_tflite_runtime_is_explained(tmp_path, runtime, is_said):
    report = latency()
    report["runtime"] = runtime
    report["models"][1]["ratio"] = 1.5
    write_report({"latency": [report]}, tmp_path)
    text = (tmp_path / "report.md").read_text()
    assert ("tflite-runtime has no fast int8 products" in text) is is_said


def test_hostile_text_is_shown_and_not_obeyed(tmp_path):
    results = full_results([HOSTILE, "b"])
    results["title"] = HOSTILE
    results["accuracy"][0]["model"] = HOSTILE
    results["latency"][0]["models"][0]["name"] = HOSTILE
    results["training"] = {HOSTILE: results["training"]["float"]}
    results["settings"] = {HOSTILE: HOSTILE}
    results["files"][0]["name"] = HOSTILE
    results["checks"][0]["measured"] = HOSTILE
    paths = write_report(results, tmp_path)

    page = Page(paths["html"].read_text())
    assert "script" not in page.tags
    assert page.text.count("<script>alert('x')</script> [red]a|b[/red]") >= 6
    markdown = paths["markdown"].read_text()
    assert "<script" not in markdown and "&lt;script&gt;" in markdown
    assert not re.search(r"^# head", markdown, re.MULTILINE)
    assert json.loads(paths["json"].read_text())["title"] == HOSTILE
    terminal = printed(results, width=400)
    assert "[red]a|b[/red]" in terminal and "\x1b" not in terminal


@pytest.mark.parametrize("key", sorted(set(full_results(["a", "b"])) - {"title"}))
def test_each_key_may_come_alone(tmp_path, key):
    paths = write_report({key: full_results(["a", "b"])[key]}, tmp_path)
    assert set(paths) - {"json", "markdown", "html"} == {key} & PLOTS
    assert paths["markdown"].read_text().count("\n## ") == 1
    assert Page(paths["html"].read_text()).tags.count("section") == 1


def test_nothing_measured_makes_an_empty_report(tmp_path):
    paths = write_report({}, tmp_path)
    assert json.loads(paths["json"].read_text()) == {}
    assert printed({}) == ""


def test_columns_that_nothing_fills_are_left_out():
    row = {"model": "m", "runtime": "litert", "examples": 10, "accuracy": 0.5, "macro_f1": 0.25}
    text = printed({"accuracy": [row]})
    assert "50.00 %" in text and "25.00 %" in text
    assert "Same as" not in text and "Logit error" not in text


def test_terminal_starts_with_accuracy_and_ends_with_the_verdict():
    text = printed(full_results(["a", "b"]))
    assert text.index("Accuracy") < text.index("Latency") < text.index("Files")
    assert text.index("Operators") < text.index("FAILED")
    assert "Settings" not in text


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_numbers_and_names_stay_whole_at_any_width(width):
    results = full_results(["a", "b"])
    results["accuracy"][1]["model"] = "int8 (post-training, stock converter)"
    text = printed(results, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    lines = [line.split() for line in text.splitlines()]
    for column in ("Accuracy", "Median", "Ratio", "Load", "Size", "Count"):
        assert any(column in words for words in lines), column
    for figure in ("96.30 %", "96.25 %", "99.80 %", "0.123", "10.50 ms", "0.43 x", "864.2 KB"):
        assert figure in text, figure
    for word in ("Keras", "int8", "litert", "post-training", "tensorflow", "float32"):
        assert any(word in cell for words in lines for cell in words), word


def test_confusions_are_ranked(tmp_path):
    matrix = {"labels": ["a", "b", "c"], "rows": [[5, 1, 0], [0, 5, 3], [0, 0, 5]]}
    text = unpadded(write_report({"confusion_matrix": matrix}, tmp_path)["markdown"])
    assert "4 of 19 examples are mistaken" in text
    assert text.index("| b | c | 3 |") < text.index("| a | b | 1 |")


@pytest.mark.parametrize("size", [1, 30, 150])
def test_confusion_plot_takes_any_number_of_labels(tmp_path, size):
    results = full_results([f"label {index}" for index in range(size)])
    png = write_report(results, tmp_path)["confusion_matrix"].read_bytes()
    width, height = (int.from_bytes(png[start : start + 4], "big") for start in (16, 20))
    assert 400 <= width <= 2000 and 400 <= height <= 2000


def test_failing_plot_writes_nothing(tmp_path):
    results = full_results(["a", "b"])
    results["confusion_matrix"]["rows"] = [[1, 2], ["x", 1]]
    with pytest.raises((TypeError, ValueError)):
        write_report(results, tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_interrupted_write_leaves_the_older_report(tmp_path, monkeypatch):
    older = write_report({"title": "older"}, tmp_path)
    before = {key: path.read_bytes() for key, path in older.items()}
    write_bytes = Path.write_bytes

    def half(self, data):
        write_bytes(self, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(UserError, match="No space left on device"):
        write_report({"title": "newer"}, tmp_path)
    assert {key: path.read_bytes() for key, path in older.items()} == before
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in older.values()}


def test_folder_that_is_a_file_is_said_so(tmp_path):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(UserError, match="taken.*choose a folder"):
        write_report({"title": "t"}, tmp_path / "taken")


def test_matplotlib_is_imported_late_and_without_pyplot(tmp_path):
    program = (
        "import sys, converters.reports.verification_report as report\n"
        "assert not {'matplotlib', 'tensorflow'} & set(sys.modules)\n"
        "row = {'model': 'm', 'runtime': 'r', 'accuracy': 0.5}\n"
        "assert report.write_report({'accuracy': [row]}, sys.argv[1])['accuracy'].exists()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
