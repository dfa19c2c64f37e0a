"""The figures of accelerators and microcontrollers in the pages are those of targets.json."""

from __future__ import annotations

import pytest

from converters.reports.formatting import percentage
from tests.results_in_documents.documents import figures, result, rows_of_table

TITLES = {
    "reuters-r8": "Reuters R8, accuracy",
    "snips": "SNIPS, slot F1",
    "mrpc": "MRPC, accuracy",
    "stsb": "STS-B, Spearman",
}
TPU = "Edge TPU, predicted"
ACCELERATORS = "docs/edge-tpu-and-npu.md"
MICROCONTROLLERS = "docs/microcontrollers.md"


def rows_of_targets():
    """The rows of the target table by data and preset, each by the name of its device."""
    for run in result("targets")["runs"]:
        by_preset = {}
        for row in run["targets"]:
            by_preset.setdefault(row["preset"], {})[row["device"]] = row
        for preset, devices in by_preset.items():
            yield TITLES[run["data"]], preset, devices


def accelerator_cells(title, preset, devices):
    """A line of the table of accelerators."""
    tpu, u55, u65 = (
        devices[name] for name in (TPU, "ethos-u55-128, by Vela", "ethos-u65-256, by Vela")
    )
    return [
        title,
        preset,
        f"{percentage(tpu['score'])} ({percentage(tpu['float_score'])})",
        f"{tpu['operators_on_device']} of {tpu['operators']}",
        f"{percentage(tpu['macs_on_device'] / tpu['macs'])} %",
        f"{tpu['microseconds'] / 1000:.3f}",
        f"{u55['operators_on_device']} of {u55['operators']}",
        f"{u55['microseconds'] / 1000:.2f}",
        f"{u65['microseconds'] / 1000:.2f}",
    ]


def microcontroller_cells(title, preset, devices):
    """A line of the table of microcontrollers; None for a model that does not fit."""
    if "TensorFlow Lite Micro" not in devices:
        return None
    micro = devices["TensorFlow Lite Micro"]
    m3, m4 = (devices[f"cortex-{core}, plain C, emulated"] for core in ("m3", "m4"))
    return [
        title,
        preset,
        f"{percentage(micro['score'])} ({percentage(micro['float_score'])})",
        f"{micro['model_bytes'] / 1e6:.2f}",
        micro["memory"].removesuffix(" KiB arena"),
        f"{m3['model_bytes'] / 1e6:.2f}",
        m3["memory"].removesuffix(" KiB arena"),
        *(f"{row['instructions'] / 1e6:.1f}" for row in (m3, m4)),
    ]


@pytest.mark.parametrize(
    ("document", "cells_of", "count"),
    [(ACCELERATORS, accelerator_cells, 8), (MICROCONTROLLERS, microcontroller_cells, 4)],
)
def test_figures_of_the_targets(document, cells_of, count):
    squeezeberts = [row for row in rows_of_targets() if row[1].startswith("squeezebert")]
    expected = [cells for row in squeezeberts if (cells := cells_of(*row))]
    found = rows_of_table(document, "data", "preset", "int8 (float)")
    assert found == expected and len(found) == count


def test_what_an_edge_tpu_takes_of_the_peer_and_of_pairs():
    rows = {(title, preset): devices[TPU] for title, preset, devices in rows_of_targets()}
    bert = rows["Reuters R8, accuracy", "bert-base, stock int8 conversion"]
    pattern = r"BERT-base as the stock converter makes it would have (\d+) of its (\d+) operators"
    expected = (str(bert["operators_on_device"]), str(bert["operators"]))
    assert figures(ACCELERATORS, pattern) == expected
    pairs = rows["STS-B, Spearman", "squeezebert-edgetpu"]
    share = percentage(pairs["macs_on_device"] / pairs["macs"])
    assert figures(ACCELERATORS, r"products are (\S+) % of the multiply-accum") == (share,)


def test_one_preset_is_too_large_for_the_library():
    too_large = {
        (run["data"], missing["preset"])
        for run in result("targets")["runs"]
        for missing in run["missing"]
        if missing["target"] == "micro"
    }
    pattern = r"(squeezebert-\w+), which learns .*? does not fit with TensorFlow Lite Micro's"
    (preset,) = figures(MICROCONTROLLERS, pattern)
    assert too_large == {(data, preset) for data in TITLES}
