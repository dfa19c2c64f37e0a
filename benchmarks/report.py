"""Results as JSON, Markdown and plots in a folder, and as tables on the terminal."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.plots import (
    draw_backbone,
    draw_formulations,
    draw_initializations,
    draw_instructions,
    draw_models,
    draw_operators,
    draw_targets,
    draw_throughput,
    threads,
)
from tfsqueeze.utils.files import write_atomically

Column = tuple[str, Callable[[dict[str, Any]], str]]
_TABLE_WIDTH = 190
_PACKAGES = ("tensorflow", "ai-edge-litert", "tflite-runtime", "onnxruntime", "numpy")


def _megabytes(value: int | None) -> str:
    return "" if value is None else f"{value / 1e6:,.1f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"


def _millions(value: int) -> str:
    return f"{value / 1e6:,.1f}"


def _speedup(row: dict[str, Any]) -> str:
    if row["speedup"] is None:
        return ""
    return f"{row['speedup']:.2f} ({row['speedup_p10']:.2f}-{row['speedup_p90']:.2f})"


MODEL_COLUMNS: tuple[Column, ...] = (
    ("model", lambda row: row["name"]),
    ("ms", lambda row: f"{row['median']:.2f}"),
    ("p10-p90", lambda row: f"{row['p10']:.2f}-{row['p90']:.2f}"),
    ("times faster", _speedup),
    ("of best rate", lambda row: _share(row["rate_share"])),
    ("of roofline", lambda row: _share(row["roofline_share"])),
    ("file MB", lambda row: _megabytes(row["size_bytes"])),
    ("peak MB", lambda row: _megabytes(row["peak_memory_bytes"])),
    ("added MB", lambda row: _megabytes(row["added_memory_bytes"])),
    ("load ms", lambda row: f"{row['load_milliseconds']:.0f}"),
    ("first run ms", lambda row: f"{row['first_run_milliseconds']:.0f}"),
)
INSTRUCTION_COLUMNS: tuple[Column, ...] = (
    ("model", lambda row: row["name"]),
    ("million instructions", lambda row: _millions(row["total"])),
    ("times fewer", lambda row: f"{row['times_fewer']:.2f}"),
    ("SIMD", lambda row: _share(row["simd"] / row["total"])),
    ("dot products", lambda row: _share(row["dot_product"] / row["total"])),
    ("loads and stores", lambda row: _share(row["memory"] / row["total"])),
    ("MACs an instruction", lambda row: f"{row['macs'] / row['total']:.1f}" if row["macs"] else ""),
    ("million in first run", lambda row: _millions(row["first_total"])),
    ("spread", lambda row: "" if row["spread"] is None else f"{row['spread']:,}"),
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
    ("us", lambda row: f"{1e3 * row['milliseconds']['median']:.1f}"),
    (
        "p10-p90",
        lambda row: (
            f"{1e3 * row['milliseconds']['p10']:.1f}-{1e3 * row['milliseconds']['p90']:.1f}"
        ),
    ),
    ("GMAC/s", lambda row: f"{row['gmacs_per_second']:.1f}" if row["macs"] else ""),
    ("of best rate", lambda row: _share(row["rate_share"]) if row["macs"] else ""),
    ("of roofline", lambda row: _share(row["roofline_share"])),
    ("in model", lambda row: str(row["count"] or "")),
    (
        "ms in model",
        lambda row: f"{row['count'] * row['milliseconds']['median']:.2f}" if row["count"] else "",
    ),
)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f} %"


FORMULATION_COLUMNS: tuple[Column, ...] = (
    ("formulation", lambda row: row["name"]),
    ("data", lambda row: row["data"]),
    ("file", lambda row: row["file"]),
    ("runtime", lambda row: row["runtime"]),
    ("accuracy", lambda row: _percent(row["accuracy"])),
    ("Keras float", lambda row: _percent(row["float_accuracy"])),
    ("lost, points", lambda row: f"{100 * row['loss']:.2f}"),
    ("Keras QAT", lambda row: _percent(row["qat_accuracy"])),
    ("same label as QAT", lambda row: _percent(row["agreement_with_qat"])),
)
TARGET_COLUMNS: tuple[Column, ...] = (
    ("preset", lambda row: row["preset"]),
    ("device", lambda row: row["device"]),
    ("operators on it", lambda row: f"{row['operators_on_device']} of {row['operators']}"),
    ("MACs on it", lambda row: _percent(row["macs_on_device"] / row["macs"])),
    ("M MACs", lambda row: f"{row['macs'] / 1e6:,.1f}"),
    ("model MB", lambda row: f"{row['model_bytes'] / 1e6:,.2f}"),
    ("memory", lambda row: row["memory"]),
    (
        "ms on it, estimated",
        lambda row: "" if row["microseconds"] is None else f"{row['microseconds'] / 1e3:.3f}",
    ),
    ("int8 accuracy", lambda row: _percent(row["accuracy"])),
    ("Keras float", lambda row: _percent(row["float_accuracy"])),
)

THROUGHPUT_COLUMNS: tuple[Column, ...] = (
    ("what", lambda row: row["name"]),
    ("median", lambda row: f"{row['median']:,.0f} {row['unit']}"),
    ("p10-p90", lambda row: f"{row['p10']:,.0f}-{row['p90']:,.0f}"),
    ("note", lambda row: row["note"]),
)

INITIALIZATION_COLUMNS: tuple[Column, ...] = (
    ("start from", lambda row: row["name"]),
    *(
        (f"{label}, {when}", lambda row, when=when, name=name: f"{row[when][name]:.3f}")
        for when in ("start", "end")
        for name, label in (("last_hidden_state", "squared error"), ("sentences", "1 - cosine"))
    ),
)

BACKBONE_COLUMNS: tuple[Column, ...] = (
    ("sentence embeddings", lambda row: row["name"]),
    ("accuracy of logistic regression", lambda row: _percent(row["accuracy"])),
    ("cosine to MiniLM's", lambda row: _two_digits(row["cosine"])),
    ("rank correlation of pairs", lambda row: _two_digits(row["spearman"])),
)


def _two_digits(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def machine() -> dict[str, Any]:
    """What the results depend on: processor, cores, system and versions of the runtimes."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "packages": versions,
    }


def write_report(kind: str, results: dict[str, Any], folder: Path) -> None:
    """Writes `<kind>.json`, `<kind>.md` and `<kind>.png` into a folder.

    kind: a key of `_KINDS`, by which each of the runs holds its rows.
    results: `machine` and `runs`, one for each number of threads, dataset or processor.
    """
    _, draw, _ = _KINDS[kind]
    for suffix, content in (
        (".json", json.dumps(results, indent=1).encode()),
        (".md", _markdown(kind, results).encode()),
        (".png", draw(results["runs"])),
    ):
        with write_atomically(folder / f"{kind}{suffix}") as temporary:
            temporary.write_bytes(content)


def print_report(kind: str, results: dict[str, Any], console: Console) -> None:
    """Prints the tables; a narrow terminal wraps their lines, since a cut figure is none."""
    wide = Console(file=console.file, width=max(console.width, _TABLE_WIDTH))
    for run in results["runs"]:
        columns, _, preface = _KINDS[kind]
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
    lines = [f"{threads(run)}, {run['rounds']} interleaved rounds, batch 1.", *sentences]
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


def _initializations_preface(run: dict[str, Any]) -> list[str]:
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


def _targets_preface(run: dict[str, Any]) -> list[str]:
    lacking = [
        f"No row for {row['preset']} on {row['target']}: {row['why']}." for row in run["missing"]
    ]
    return [
        f"{run['data']}: {run['examples']:,} texts of up to {run['max_length']} tokens, "
        f"seed {run['seed']}.",
        *lacking,
    ]


# Of each kind of report: the columns, the plot, and what stands above the table.
_KINDS: dict[str, tuple[tuple[Column, ...], Callable[..., bytes], Callable[..., list[str]]]] = {
    "models": (MODEL_COLUMNS, draw_models, _models_preface),
    "operators": (OPERATOR_COLUMNS, draw_operators, _operators_preface),
    "targets": (TARGET_COLUMNS, draw_targets, _targets_preface),
    "formulations": (FORMULATION_COLUMNS, draw_formulations, _formulations_preface),
    "throughput": (THROUGHPUT_COLUMNS, draw_throughput, _throughput_preface),
    "instructions": (INSTRUCTION_COLUMNS, draw_instructions, _instructions_preface),
    "initializations": (INITIALIZATION_COLUMNS, draw_initializations, _initializations_preface),
    "backbone": (BACKBONE_COLUMNS, draw_backbone, _backbone_preface),
}


def _markdown(kind: str, results: dict[str, Any]) -> str:
    about = results["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    lines = [
        f"# {kind.capitalize()}",
        "",
        f"{about['processor']} ({about['architecture']}, {about['cores']} cores), "
        f"{about['system']}, Python {about['python']}; {packages}.",
    ]
    columns, _, preface = _KINDS[kind]
    for run in results["runs"]:
        lines += [
            "",
            *preface(run),
            "",
            _line([name for name, _ in columns]),
            _line(["---", *["---:"] * (len(columns) - 1)]),
        ]
        lines += [_line([cell(row) for _, cell in columns]) for row in run[kind]]
    return "\n".join(lines) + f"\n\n![{kind}]({kind}.png)\n"


def _line(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
