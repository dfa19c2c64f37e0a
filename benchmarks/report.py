"""Reports on benchmarks: JSON, Markdown and plots in a folder, and terminal tables."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.plots import (
    draw_backbone,
    draw_few_examples,
    draw_formulations,
    draw_instructions,
    draw_languages,
    draw_large_data,
    draw_models,
    draw_operators,
    draw_post_training,
    draw_scale,
    draw_short_distillations,
    draw_targets,
    draw_throughput,
    draw_training,
)
from converters.reports.formatting import (
    ABSENT,
    decimals,
    integer,
    interval,
    millions,
    number_of,
    percent,
)
from converters.reports.page import escape_markdown, markdown_table, write_files
from tfsqueeze.utils.diagnosis import describe_machine

Row = dict[str, Any]
Column = tuple[str, Callable[[Row], str]]
_TABLE_WIDTH = 190
_PACKAGES = (
    "tensorflow",
    "ai-edge-litert",
    "tflite-runtime",
    "onnxruntime",
    "openvino",
    "nncf",
    "ncnn",
    "numpy",
)


def _speedup(row: Row) -> str:
    if row["speedup"] is None:
        return ABSENT
    return f"{decimals(row['speedup'])} ({interval(row['speedup_p10'], row['speedup_p90'])})"


def _quotient(value: float | None, divisor: float) -> float | None:
    """Returns value / divisor; None where the value was not measured."""
    return None if value is None else value / divisor


MODEL_COLUMNS: tuple[Column, ...] = (
    ("model", lambda row: row["name"]),
    ("ms", lambda row: decimals(row["median"])),
    ("p10-p90", lambda row: interval(row["p10"], row["p90"])),
    ("times faster", _speedup),
    ("of best rate", lambda row: percent(row["rate_share"], 0)),
    ("of roofline", lambda row: percent(row["roofline_share"], 0)),
    ("file MB", lambda row: millions(row["size_bytes"])),
    ("peak MB", lambda row: millions(row["peak_memory_bytes"])),
    ("added MB", lambda row: millions(row["added_memory_bytes"])),
    ("load ms", lambda row: decimals(row["load_milliseconds"], 0)),
    ("first run ms", lambda row: decimals(row["first_run_milliseconds"], 0)),
)
LANGUAGE_COLUMNS: tuple[Column, ...] = (
    ("model", lambda row: row["name"]),
    ("language", lambda row: row["language"]),
    ("STSb, Spearman", lambda row: decimals(row["spearman"], 3)),
    ("English caption, recall at 1", lambda row: percent(row["recall_at_1"], 1)),
    ("recall at 10", lambda row: percent(row["recall_at_10"], 1)),
)
FEW_EXAMPLES_COLUMNS: tuple[Column, ...] = (
    ("data", lambda row: row["name"]),
    ("examples", lambda row: integer(row["examples"])),
    ("epochs", lambda row: integer(row["epochs"])),
    ("score", lambda row: row["score_name"]),
    ("squeezebert-tiny, float32", lambda row: percent(row["score"])),
    ("classical", lambda row: percent(row["classical"])),
    ("seconds", lambda row: decimals(row["seconds"], 0)),
)
INSTRUCTION_COLUMNS: tuple[Column, ...] = (
    ("model", lambda row: row["name"]),
    ("million instructions", lambda row: millions(row["total"])),
    ("times fewer", lambda row: decimals(row["times_fewer"])),
    ("SIMD", lambda row: percent(row["simd"] / row["total"], 0)),
    ("dot products", lambda row: percent(row["dot_product"] / row["total"], 0)),
    ("loads and stores", lambda row: percent(row["memory"] / row["total"], 0)),
    ("MACs an instruction", lambda row: decimals(_quotient(row["macs"] or None, row["total"]), 1)),
    ("million in first run", lambda row: millions(row["first_total"])),
    ("spread", lambda row: integer(row["spread"])),
)
OPERATOR_COLUMNS: tuple[Column, ...] = (
    ("operator", lambda row: row["name"]),
    (
        "dtype",
        lambda row: (
            row["dtype"] if row["dtype"] == "float32" or row["all_int8"] else "int8 in part"
        ),
    ),
    ("runtime", lambda row: row["backend"]),
    ("us", lambda row: decimals(1e3 * row["milliseconds"]["median"], 1)),
    (
        "p10-p90",
        lambda row: interval(*(1e3 * row["milliseconds"][name] for name in ("p10", "p90")), 1),
    ),
    ("GMAC/s", lambda row: decimals(row["gmacs_per_second"] if row["macs"] else None, 1)),
    ("of best rate", lambda row: percent(row["rate_share"] if row["macs"] else None, 0)),
    ("of roofline", lambda row: percent(row["roofline_share"], 0)),
    ("in model", lambda row: integer(row["count"] or None)),
    ("ms in model", lambda row: decimals(row["count"] * row["milliseconds"]["median"] or None)),
)
FORMULATION_COLUMNS: tuple[Column, ...] = (
    ("formulation", lambda row: row["name"]),
    ("data", lambda row: row["data"]),
    ("file", lambda row: row["file"]),
    ("runtime", lambda row: row["runtime"]),
    ("accuracy", lambda row: percent(row["accuracy"])),
    ("Keras float", lambda row: percent(row["float_accuracy"])),
    ("lost, points", lambda row: decimals(100 * row["loss"])),
    ("Keras QAT", lambda row: percent(row["qat_accuracy"])),
    ("same label as QAT", lambda row: percent(row["agreement_with_qat"])),
)
TARGET_COLUMNS: tuple[Column, ...] = (
    ("preset", lambda row: row["preset"]),
    ("device", lambda row: row["device"]),
    (
        "operators on it",
        lambda row: f"{integer(row['operators_on_device'])} of {integer(row['operators'])}",
    ),
    ("MACs on it", lambda row: percent(row["macs_on_device"] / row["macs"])),
    ("M MACs", lambda row: millions(row["macs"])),
    ("model MB", lambda row: millions(row["model_bytes"], 2)),
    ("memory", lambda row: row["memory"]),
    ("ms on it, estimated", lambda row: decimals(_quotient(row["microseconds"], 1e3), 3)),
    ("M instructions", lambda row: millions(row.get("instructions"))),
    ("int8", lambda row: percent(row["score"])),
    ("Keras float", lambda row: percent(row["float_score"])),
)
THROUGHPUT_COLUMNS: tuple[Column, ...] = (
    ("what", lambda row: row["name"]),
    ("median", lambda row: f"{decimals(row['median'], 0)} {row['unit']}"),
    ("p10-p90", lambda row: interval(row["p10"], row["p90"], 0)),
    ("note", lambda row: row["note"]),
)
_LOSS_COLUMNS: tuple[Column, ...] = tuple(
    (f"{label}, {when}", lambda row, when=when, name=name: decimals(row[when][name], 3))
    for when in ("start", "end")
    for name, label in (("last_hidden_state", "squared error"), ("sentences", "1 - cosine"))
)
INITIALIZATION_COLUMNS: tuple[Column, ...] = (
    ("start from", lambda row: row["name"]),
    *_LOSS_COLUMNS,
)
SHAPE_COLUMNS: tuple[Column, ...] = (
    ("shape", lambda row: row["name"]),
    ("parameters", lambda row: millions(row["parameters"])),
    *_LOSS_COLUMNS,
)
BACKBONE_COLUMNS: tuple[Column, ...] = (
    ("sentence embeddings", lambda row: row["name"]),
    ("accuracy of logistic regression", lambda row: percent(row["accuracy"])),
    ("cosine to MiniLM's", lambda row: decimals(row["cosine"])),
    ("rank correlation of pairs", lambda row: decimals(row["spearman"])),
)
POST_TRAINING_COLUMNS: tuple[Column, ...] = (
    ("model", lambda row: row["name"]),
    ("accuracy", lambda row: percent(row["accuracy"])),
    ("agreement with float", lambda row: percent(row["agreement"])),
    ("on other training texts", lambda row: percent(row["held_out"])),
    ("logits over noise, dB", lambda row: decimals(row["decibels"], 1)),
    ("seconds", lambda row: decimals(row["seconds"], 0)),
)

TRAINING_COLUMNS: tuple[Column, ...] = (
    ("model", lambda row: row["preset"]),
    ("stage", lambda row: row["stage"]),
    ("precision", lambda row: row["precision"]),
    ("length", lambda row: integer(row["length"])),
    ("texts", lambda row: integer(row["batch_size"])),
    ("tokens/s", lambda row: decimals(row["tokens_per_second"]["this"], 0)),
    ("before", lambda row: decimals(row["tokens_per_second"].get("before"), 0)),
    ("times faster", _speedup),
    ("GFLOPS", lambda row: decimals(row["gflops"], 0)),
)
SCALE_COLUMNS: tuple[Column, ...] = (
    ("command", lambda row: row["name"]),
    ("tokens of a text", lambda row: integer(row["length"])),
    ("processes", lambda row: integer(row["workers"])),
    ("texts/s", lambda row: decimals(row["rate"], 0)),
    ("times one", lambda row: decimals(row["times_one"])),
    ("start, s", lambda row: decimals(row["start"], 1)),
    ("core-hours for 10^8", lambda row: decimals(_core_hours(row, 1e8), 1)),
    ("for 10^9", lambda row: decimals(_core_hours(row, 1e9), 1)),
)


LARGE_DATA_COLUMNS: tuple[Column, ...] = (
    ("step", lambda row: row["step"]),
    ("rows", lambda row: integer(row["rows"])),
    ("texts", lambda row: "on disk" if row["way"] == "stream" else "in memory"),
    ("seconds", lambda row: decimals(row["seconds"], 1)),
    ("rows/s", lambda row: integer(round(row["rate"]))),
    ("peak MB", lambda row: millions(row["peak_bytes"])),
)


def _core_hours(row: Row, texts: float) -> float:
    return row["workers"] * texts / row["rate"] / 3600


def machine() -> dict[str, Any]:
    """Returns what results depend on: processor, cores, system and versions of the runtimes."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "fast_instructions": describe_machine().get("fast instructions", "unknown"),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "packages": versions,
    }


def write_report(kind: str, results: dict[str, Any], folder: Path) -> None:
    """Writes `<kind>.json`, `<kind>.md` and `<kind>.png` into a folder.

    Args:
        kind: a key of `_KINDS`, which is also the key of the rows in each run.
        results: `machine` and `runs`, one for each number of threads, dataset or processor.
        folder: is made if it does not exist; files of the same names are replaced.

    Raises:
        UserError: the folder cannot be written to.
    """
    write_files(
        {
            "json": (f"{kind}.json", json.dumps(results, indent=1).encode()),
            "markdown": (f"{kind}.md", _markdown(kind, results).encode()),
            "plot": (f"{kind}.png", _KINDS[kind].draw(results["runs"])),
        },
        folder,
    )


def print_report(kind: str, results: dict[str, Any], console: Console) -> None:
    """Prints the tables. A narrow terminal wraps their lines, so that no figure is cut off.

    Args:
        kind: as `write_report` takes it.
        results: as `write_report` takes them.
        console: of rich.
    """
    columns, preface = _KINDS[kind].columns, _KINDS[kind].preface
    wide = Console(file=console.file, width=max(console.width, _TABLE_WIDTH))
    for run in results["runs"]:
        console.print(escape(" ".join(preface(run))))
        table = Table()
        for index, (name, _) in enumerate(columns):
            table.add_column(name, justify="left" if index == 0 else "right", no_wrap=True)
        for row in run[kind]:
            table.add_row(*(escape(cell(row)) for _, cell in columns))
        wide.print(table)


def _timing(run: dict[str, Any], *sentences: str) -> list[str]:
    rates = ", ".join(
        f"{dtype} {rate:.0f} GMAC/s" for dtype, rate in run["best_gmacs_per_second"].items()
    )
    threads = number_of(run["num_threads"], "thread")
    lines = [f"{threads}, {run['rounds']} interleaved rounds, batch 1.", *sentences]
    return [*lines, f"Best rates of this run: {rates}."] if rates else lines


def _models_preface(run: dict[str, Any]) -> list[str]:
    refused = [f"Left out: {reason}." for reason in run["refused"].values()]
    about = f"Length {run['length']}; faster than {run['baseline']}."
    return [*_timing(run, about), *refused]


def _operators_preface(run: dict[str, Any]) -> list[str]:
    return _timing(
        run,
        f"Length {run['length']}, {run['preset']}; copies within the cache: "
        f"{run['copy_gigabytes_per_second']:.0f} GB/s.",
    )


def _formulations_preface(run: dict[str, Any]) -> list[str]:
    return [f"{run['data']}: {run['examples']:,} texts, seed {run['seed']}."]


def _instructions_preface(run: dict[str, Any]) -> list[str]:
    wheels = ", ".join(f"{name} {version}" for name, version in run["wheels"].items())
    return [
        f"{run['cpu']}, 1 thread, batch 1, length {run['length']}; instructions of one "
        f"inference, fewer than {run['baseline']} on the same runtime.",
        f"Counted by {run['emulator']} with the aarch64 wheels of {wheels}.",
        "Instructions are not time: a dot product is one of them, and memory costs nothing.",
    ]


def _throughput_preface(run: dict[str, Any]) -> list[str]:
    return [
        f"{run['data']}: {run['texts']:,} texts, {run['preset']}, length {run['length']}, "
        f"{run['rounds']} rounds."
    ]


def _short_distillations_preface(run: dict[str, Any]) -> list[str]:
    return [
        f"{run['preset']}, {run['steps']:,} steps of {run['batch_size']} texts, learning rate "
        f"{run['learning_rate']:g}, seed {run['seed']}; losses on {run['held_out']} other "
        "texts."
    ]


def _backbone_preface(run: dict[str, Any]) -> list[str]:
    return [
        f"{run['data']}: {run['train']:,} training and {run['examples']:,} other texts, "
        f"embeddings frozen, seed {run['seed']}."
    ]


def _post_training_preface(run: dict[str, Any]) -> list[str]:
    return [
        f"{run['model']}, fine-tuned on {run['data']}: "
        f"{run['calibration_texts']:,} training texts for calibration, "
        f"{run['held_out']:,} others, {run['examples']:,} of the test or validation part, up to "
        f"{run['max_length']} tokens, seed {run['seed']}."
    ]


def _targets_preface(run: dict[str, Any]) -> list[str]:
    lacking = [
        f"No row for {row['preset']} on {row['target']}: {row['why']}." for row in run["missing"]
    ]
    return [
        f"{run['data']}: {run['score'].replace('_', ' ')} on {run['examples']:,} texts of up to "
        f"{run['max_length']} tokens, seed {run['seed']}.",
        *lacking,
    ]


def _training_preface(run: dict[str, Any]) -> list[str]:
    beside = " Faster than the earlier commit, in the same rounds." if run["before"] else ""
    return [
        f"{number_of(run['cores'], 'core').capitalize()}, {run['rounds']} interleaved rounds of "
        f"{run['steps']} steps.{beside}",
        *(
            f"A {precision} product of 4,096 x 768 by 768 x 768: {rate:.0f} GFLOPS."
            for precision, rate in run["product_gflops"].items()
        ),
    ]


def _scale_preface(run: dict[str, Any]) -> list[str]:
    return [
        f"{run['preset']}, random weights; each process has one core. Training: "
        f"{run['rounds']} interleaved rounds of {run['steps']} steps of {run['texts_of_step']} "
        f"texts, one epoch. The others: {run['rows']:,} texts.",
        "Left out: Beam, for which --beam-python names no Python."
        if run["rows_of_beam_as_predict"] is None
        else f"{run['rows_of_beam_as_predict']:,} of {run['rows']:,} rows that Beam predicted are "
        "those of `predict`.",
    ]


def _languages_preface(run: dict[str, Any]) -> list[str]:
    return [
        "Spearman's correlation of the cosines with people's scores, on STSb's pairs for "
        "development; and how often the English caption is the nearest one, or one of the ten "
        f"nearest, to a caption in the language, among {integer(run['captions'])} captions of "
        "Multi30k. Files run on LiteRT; backbones compute in float32, and the vector is the mean "
        "over the tokens."
    ]


def _few_examples_preface(run: dict[str, Any]) -> list[str]:
    return [
        "`train` without options but for the epochs, and without a quantization-aware stage. Of "
        "the examples, 20 % choose the epoch. Measured on at most 800 others; seed "
        f"{run['seed']}. Of CLINC-150, ten intents."
    ]


def _large_data_preface(run: dict[str, Any]) -> list[str]:
    return [
        f"{run['preset']}, texts of about 9 words with one of 20 labels; {run['steps']:,} training "
        f"steps of {run['batch_size']} texts. The memory is the most that the process ever had "
        "(VmHWM), from its start to the end of the step."
    ]


@dataclass(frozen=True)
class _Kind:
    """One kind of report.

    Args:
        columns: of the tables.
        draw: returns the plot of all runs as PNG bytes.
        preface: returns the sentences above the table of a run.
    """

    columns: Sequence[Column]
    draw: Callable[[Sequence[dict[str, Any]]], bytes]
    preface: Callable[[dict[str, Any]], list[str]]


_KINDS = {
    "models": _Kind(MODEL_COLUMNS, draw_models, _models_preface),
    "operators": _Kind(OPERATOR_COLUMNS, draw_operators, _operators_preface),
    "targets": _Kind(TARGET_COLUMNS, draw_targets, _targets_preface),
    "formulations": _Kind(FORMULATION_COLUMNS, draw_formulations, _formulations_preface),
    "large-data": _Kind(LARGE_DATA_COLUMNS, draw_large_data, _large_data_preface),
    "scale": _Kind(SCALE_COLUMNS, draw_scale, _scale_preface),
    "throughput": _Kind(THROUGHPUT_COLUMNS, draw_throughput, _throughput_preface),
    "instructions": _Kind(INSTRUCTION_COLUMNS, draw_instructions, _instructions_preface),
    "initializations": _Kind(
        INITIALIZATION_COLUMNS,
        functools.partial(draw_short_distillations, kind="initializations"),
        _short_distillations_preface,
    ),
    "shapes": _Kind(
        SHAPE_COLUMNS,
        functools.partial(draw_short_distillations, kind="shapes"),
        _short_distillations_preface,
    ),
    "backbone": _Kind(BACKBONE_COLUMNS, draw_backbone, _backbone_preface),
    "post-training": _Kind(POST_TRAINING_COLUMNS, draw_post_training, _post_training_preface),
    "training": _Kind(TRAINING_COLUMNS, draw_training, _training_preface),
    "few-examples": _Kind(FEW_EXAMPLES_COLUMNS, draw_few_examples, _few_examples_preface),
    "languages": _Kind(LANGUAGE_COLUMNS, draw_languages, _languages_preface),
}


def _markdown(kind: str, results: dict[str, Any]) -> str:
    about = results["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    machine_line = (
        f"{about['processor']} ({about['architecture']}, {about['cores']} cores, "
        f"{about['fast_instructions']}), "
        f"{about['system']}, Python {about['python']}; {packages}."
    )
    lines = [f"# {kind.capitalize()}", "", escape_markdown(machine_line)]
    columns = _KINDS[kind].columns
    for run in results["runs"]:
        names = [name for name, _ in columns]
        rows = [[cell(row) for _, cell in columns] for row in run[kind]]
        preface = map(escape_markdown, _KINDS[kind].preface(run))
        lines += ["", *preface, "", markdown_table(names, rows)]
    return "\n".join(lines) + f"\n\n![{kind}]({kind}.png)\n"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
