"""The table of docs/checkpoints.md is that of post-training.json."""

from __future__ import annotations

from converters.reports.formatting import percent
from tests.results_in_documents.documents import figures, result, rows_of_table

PAGE = "docs/checkpoints.md"
MODELS = {"all-minilm-l6-v2": "MiniLM", "squeezebert-small": "squeezebert-small"}
DATA = {
    "sst2": "SST-2",
    "banking77": "Banking77",
    "clinc150": "CLINC-150",
    "reuters-r8": "Reuters R8",
}


def cells_of(run):
    rows = {row["name"]: row for row in run["post-training"]}
    calibrated = rows["convert --calibration"]
    accuracies = (
        rows[name]["accuracy"]
        for name in (
            "float",
            "plain calibration",
            "convert --calibration, int8 on LiteRT",
            "convert --calibration, mobile on LiteRT",
        )
    )
    return [
        f"{MODELS[run['model']]}, {DATA[run['data']]}",
        *map(percent, accuracies),
        percent(calibrated["held_out"]),
        f"{calibrated['seconds']:.0f}",
    ]


def test_what_int8_costs_without_training():
    runs = result("post-training")["runs"]
    found = rows_of_table(PAGE, "model, fine-tuned on", "float", "ranges alone")
    assert found == [cells_of(run) for run in runs]
    pattern = r"int8 costs with (\S+) calibration texts .*? of (\S+) other training texts"
    expected = {(str(run["calibration_texts"]), f"{run['held_out']:,}") for run in runs}
    assert {figures(PAGE, pattern)} == expected
