"""The figures of README.md and docs/results.md are those of benchmarks/results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from converters.reports.formatting import percentage, with_spread

REPOSITORY = Path(__file__).resolve().parents[1]
# The row of the suite and its score, by how the first cell of a line begins.
ROWS = {
    "CLINC-150": ("clinc150", "accuracy"),
    "Banking77": ("banking77", "accuracy"),
    "Reuters R8": ("reuters-r8", "accuracy"),
    "SST-2": ("sst2", "accuracy"),
    "MRPC": ("mrpc", "accuracy"),
    "STS-B": ("stsb", "spearman"),
    "Quora": ("quora", "accuracy"),
    "SNLI": ("snli", "accuracy"),
    "RTE": ("rte", "accuracy"),
    "SNIPS": ("snips", "slot_f1"),
    "ATIS": ("atis", "slot_f1"),
    "WNUT 2017": ("wnut17", "f1"),
    "SQuADShifts": ("squadshifts_new_wiki", "f1"),
    "XQuAD": ("answers", "f1_xquad"),
}
COLUMNS = (("tiny", "int8"), ("tiny", "float32"), ("classical", None))


def suite_lines(document):
    """The lines of the table whose columns are int8, float32 and the classical method."""
    lines = (REPOSITORY / document).read_text("utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| | int8 | float32 |"))
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("document", ["README.md", "docs/results.md"])
def test_figures_of_the_suite(document):
    suite = json.loads((REPOSITORY / "benchmarks/results/suite.json").read_text("utf-8"))["rows"]
    found = list(suite_lines(document))
    assert len(found) > 5
    for title, *cells in found:
        (name,) = [name for name in ROWS if title.startswith(name)]
        row, score = ROWS[name]
        scores = {
            (one["column"], one["precision"]): one["scores"].get(score)
            for one in suite[row]["models"]
        }
        for column, cell in zip(COLUMNS, cells, strict=True):
            measured = scores.get(column)
            expected = measured and with_spread(measured["mean"], measured["spread"], percentage)
            assert cell.strip("*").removesuffix(" %") == (expected or ""), (title, column)


TITLES = {
    "reuters-r8": "Reuters R8, accuracy",
    "snips": "SNIPS, slot F1",
    "mrpc": "MRPC, accuracy",
    "stsb": "STS-B, Spearman",
}


def rows_of_targets():
    """The rows of the target table by data and preset, each by the name of its device."""
    path = REPOSITORY / "benchmarks/results/targets.json"
    for run in json.loads(path.read_text("utf-8"))["runs"]:
        by_preset = {}
        for row in run["targets"]:
            by_preset.setdefault(row["preset"], {})[row["device"]] = row
        for preset, devices in by_preset.items():
            if preset.startswith("squeezebert"):
                yield TITLES[run["data"]], preset, devices


def accelerator_line(title, preset, devices):
    """A line of the table in docs/edge-tpu-and-npu.md."""
    tpu, u55, u65 = (
        devices[name]
        for name in ("Edge TPU, predicted", "ethos-u55-128, by Vela", "ethos-u65-256, by Vela")
    )
    share = percentage(tpu["macs_on_device"] / tpu["macs"])
    cells = [
        title,
        preset,
        f"{percentage(tpu['score'])} ({percentage(tpu['float_score'])})",
        f"{tpu['operators_on_device']} of {tpu['operators']}",
        f"{share} %",
        f"{tpu['microseconds'] / 1000:.3f}",
        f"{u55['operators_on_device']} of {u55['operators']}",
        f"{u55['microseconds'] / 1000:.2f}",
        f"{u65['microseconds'] / 1000:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def microcontroller_line(title, preset, devices):
    """A line of the table in docs/microcontrollers.md; None for a model that does not fit."""
    if "TensorFlow Lite Micro" not in devices:
        return None
    micro = devices["TensorFlow Lite Micro"]
    m3, m4 = (devices[f"cortex-{core}, plain C, emulated"] for core in ("m3", "m4"))
    cells = [
        title,
        preset,
        f"{percentage(micro['score'])} ({percentage(micro['float_score'])})",
        f"{micro['model_bytes'] / 1e6:.2f}",
        micro["memory"].removesuffix(" KiB arena"),
        f"{m3['model_bytes'] / 1e6:.2f}",
        m3["memory"].removesuffix(" KiB arena"),
        *(f"{row['instructions'] / 1e6:.1f}" for row in (m3, m4)),
    ]
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize(
    ("document", "line_of", "count"),
    [
        ("docs/edge-tpu-and-npu.md", accelerator_line, 8),
        ("docs/microcontrollers.md", microcontroller_line, 4),
    ],
)
def test_figures_of_the_targets(document, line_of, count):
    lines = (REPOSITORY / document).read_text("utf-8").splitlines()
    expected = [line for row in rows_of_targets() if (line := line_of(*row))]
    found = [line for line in lines if line.startswith(tuple(f"| {x} " for x in TITLES.values()))]
    assert found == expected and len(found) == count


def test_noise_is_as_measured():
    path = REPOSITORY / "benchmarks/results/tasks.json"
    runs = {run["task"]: run for run in json.loads(path.read_text("utf-8"))["runs"]}
    measured = {
        row["model"].lower(): [
            percentage(row["scores"][name]["mean"]) + " %"
            for name in ("clean", "noisy", "lost", "deepwordbug", "textfooler")
        ]
        for row in runs["noise"]["rows"]
        if row["precision"] != "float32"
    }
    assert runs["noise"]["seeds"] == 1
    text = (REPOSITORY / "docs/results.md").read_text("utf-8")
    table = text.split("| int8 | clean | noisy |")[1].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert {title.lower(): cells for title, *cells in rows} == measured
