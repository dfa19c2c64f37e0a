"""Plots of the results, drawn with matplotlib's objects so that no global state is touched."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

# Okabe and Ito's colours, which colour-blind readers can tell apart.
_COLOURS = {"litert": "#0072B2", "tflite-runtime": "#E69F00", "onnxruntime": "#009E73"}
_INK = "#30363c"


def threads(run: dict[str, Any]) -> str:
    """The number of threads of a run in words."""
    return "1 thread" if run["num_threads"] == 1 else f"{run['num_threads']} threads"


def draw_instructions(runs: Sequence[dict[str, Any]]) -> bytes:
    """A PNG of each model's instructions, a panel for each processor, the fewest at the top."""
    rows = [sorted(run["instructions"], key=lambda row: row["total"]) for run in runs]
    figure, panels = _figure(len(runs), max(map(len, rows)))
    for panel, run, models in zip(panels, runs, rows, strict=True):
        millions = [row["total"] / 1e6 for row in models]
        _bars(
            panel,
            [row["name"] for row in models],
            millions,
            [
                f"{value:,.0f}, {row['times_fewer']:.1f} x"
                for value, row in zip(millions, models, strict=True)
            ],
            models,
            millions,
        )
        panel.set_xlim(0, 1.3 * max(millions))
        panel.set_xlabel(
            f"millions of instructions, {run['cpu']}; "
            f"x fewer than {run['baseline']} on the same runtime"
        )
    return _png(figure)


def draw_models(runs: Sequence[dict[str, Any]]) -> bytes:
    """A PNG of each model's latency, a panel for each run, the fastest at the top."""
    rows = [sorted(run["models"], key=lambda row: row["median"]) for run in runs]
    figure, panels = _figure(len(runs), max(map(len, rows)))
    for panel, run, models in zip(panels, runs, rows, strict=True):
        labels = [row["name"] for row in models]
        texts = [
            f"{row['median']:.1f} ms"
            if row["speedup"] is None
            else f"{row['median']:.1f} ms, {row['speedup']:.1f} x"
            for row in models
        ]
        medians = [row["median"] for row in models]
        _bars(panel, labels, medians, texts, models, [row["p90"] for row in models])
        panel.set_xlim(0, 1.3 * max(row["p90"] for row in models))
        panel.hlines(
            range(len(models)),
            [row["p10"] for row in models],
            [row["p90"] for row in models],
            color=_INK,
            linewidth=1.5,
        )
        panel.set_xlabel(
            f"milliseconds, median and 10th to 90th percentile, "
            f"{threads(run)}; x faster than {run['baseline']}"
        )
    return _png(figure)


def draw_operators(runs: Sequence[dict[str, Any]]) -> bytes:
    """A PNG of the share of the roofline of each operator that the model runs."""
    rows = [[row for row in run["operators"] if row["count"]] for run in runs]
    figure, panels = _figure(len(runs), max(map(len, rows)))
    for panel, run, operators in zip(panels, runs, rows, strict=True):
        _bars(
            panel,
            [f"{row['name']}, {row['dtype']}" for row in operators],
            [100 * row["roofline_share"] for row in operators],
            [f"{1e3 * row['milliseconds']['median']:.0f} us x {row['count']}" for row in operators],
            operators,
            [100 * row["roofline_share"] for row in operators],
        )
        panel.set_xlim(0, 130 * max(row["roofline_share"] for row in operators))
        panel.set_xlabel(f"% of the roofline, {threads(run)}")
    return _png(figure)


def draw_formulations(runs: Sequence[dict[str, Any]]) -> bytes:
    """A PNG of the points of accuracy that each formulation loses, a panel for each dataset."""
    figure, panels = _figure(len(runs), max(len(run["formulations"]) for run in runs))
    for panel, run in zip(panels, runs, strict=True):
        rows = run["formulations"]
        losses = [100 * row["loss"] for row in rows]
        _bars(
            panel,
            [f"{row['name']}, {row['file']}" for row in rows],
            losses,
            [f"{loss:.2f}" for loss in losses],
            rows,
            [max(loss, 0.0) for loss in losses],
        )
        panel.axvline(0, color=_INK, linewidth=1)
        panel.axvline(0.5, color=_INK, linewidth=1, linestyle=":")
        panel.set_xlim(min(*losses, -0.5), max(*losses, 0.5) + 0.2)
        panel.set_xlabel(f"points of accuracy lost against Keras float on {run['data']}")
    return _png(figure)


def draw_throughput(runs: Sequence[dict[str, Any]]) -> bytes:
    """A PNG of the texts per second of each part, on a logarithmic axis."""
    rows = [[row for row in run["throughput"] if row["unit"] == "texts/s"] for run in runs]
    figure, panels = _figure(len(runs), max(map(len, rows)))
    for panel, run, parts in zip(panels, runs, rows, strict=True):
        panel.barh(range(len(parts)), [row["median"] for row in parts], color=_INK, height=0.7)
        panel.set_yticks(range(len(parts)), [row["name"] for row in parts], parse_math=False)
        panel.invert_yaxis()
        panel.set_xscale("log")
        for index, row in enumerate(parts):
            panel.annotate(
                f"{row['median']:,.0f}",
                (row["median"], index),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
            )
        panel.set_xlabel(f"texts per second, {run['preset']} at length {run['length']}")
    return _png(figure)


def draw_initializations(runs: Sequence[dict[str, Any]]) -> bytes:
    """A PNG of each start's 1 - cosine after the steps, a panel for each run."""
    return _plain_bars(
        runs,
        "initializations",
        lambda row: row["end"]["sentences"],
        lambda run: f"1 - cosine after {run['steps']:,} steps",
    )


def draw_backbone(runs: Sequence[dict[str, Any]]) -> bytes:
    """A PNG of the accuracy on frozen embeddings, a panel for each dataset."""
    return _plain_bars(
        runs,
        "backbone",
        lambda row: 100 * row["accuracy"],
        lambda run: f"accuracy (%) on {Path(run['data']).name}",
    )


def _plain_bars(runs, kind, value, label) -> bytes:
    figure, panels = _figure(len(runs), max(len(run[kind]) for run in runs))
    for panel, run in zip(panels, runs, strict=True):
        values = [value(row) for row in run[kind]]
        panel.barh(range(len(values)), values, color=_INK, height=0.7)
        panel.set_yticks(range(len(values)), [row["name"] for row in run[kind]], parse_math=False)
        panel.invert_yaxis()
        for index, length in enumerate(values):
            panel.annotate(
                f"{length:.2f}",
                (length, index),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
            )
        panel.set_xlim(0, 1.2 * max(values))
        panel.set_xlabel(label(run))
    return _png(figure)


def _bars(panel, labels, values, texts, rows, ends) -> None:
    """Horizontal bars, the first at the top; the texts stand right of `ends`."""
    colours = [_COLOURS[_runtime(row)] for row in rows]
    panel.barh(range(len(values)), values, color=colours, height=0.7)
    panel.set_yticks(range(len(values)), labels, parse_math=False)
    panel.set_ylim(len(values) - 0.4, -0.6)
    for index, (value, text) in enumerate(zip(ends, texts, strict=True)):
        panel.annotate(
            text,
            (value, index),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )
    panel.tick_params(axis="y", length=0)
    for backend in dict.fromkeys(map(_runtime, rows)):
        panel.bar(0, 0, color=_COLOURS[backend], label=backend)
    panel.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)


def draw_targets(runs: Sequence[dict[str, Any]]) -> bytes:
    """A PNG of the share of multiply-accumulates on each device's accelerator."""
    figure, panels = _figure(len(runs), max(len(run["targets"]) for run in runs))
    for panel, run in zip(panels, runs, strict=True):
        rows = run["targets"]
        shares = [100 * row["macs_on_device"] / row["macs"] for row in rows]
        panel.barh(range(len(rows)), shares, color=_COLOURS["litert"])
        panel.set_yticks(range(len(rows)), [f"{row['preset']}, {row['device']}" for row in rows])
        panel.invert_yaxis()
        for index, share in enumerate(shares):
            panel.annotate(
                f"{share:.1f} %",
                (share, index),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
            )
        panel.set_xlim(0, 115)
        panel.set_xlabel(f"% of multiply-accumulates on the accelerator, {run['data']}")
    return _png(figure)


def _runtime(row) -> str:
    return row.get("backend") or row["runtime"]


def _figure(panels: int, bars: int):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(
        figsize=(11, panels * (1.2 + 0.32 * max(bars, 3))), layout="constrained", facecolor="white"
    )
    FigureCanvasAgg(figure)
    axes = list(np.ravel(figure.subplots(panels, 1, squeeze=False)))
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _png(figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130, metadata={"Software": None})
    return buffer.getvalue()
