"""Plots of a report, drawn with matplotlib's objects so that no global state is touched."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.reports.page import plain_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which colour-blind readers can tell apart.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_INK = "#30363c"
_MAX_TICK_LABELS = 40
_MAX_CELL_NUMBERS = 16
_MAX_OPERATORS = 24

BASELINE_NAMES = {
    "majority": "majority class",
    "tfidf_logistic_regression": "TF-IDF + logistic regression",
}


# What the rows of `accuracy` may have, of one task or another; the first that is there is drawn.
SCORES = {
    "frame_accuracy": "Frame accuracy",
    "intent_accuracy": "Intent accuracy",
    "slot_f1": "Slot F1",
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "masked_accuracy": "Masked accuracy",
    "teacher_cosine": "Cosine to the teacher",
    "spearman": "Spearman",
    "exact_match": "Exact match",
    "f1": "F1",
    "precision": "Precision",
    "recall": "Recall",
    "word_accuracy": "Word accuracy",
    "perplexity": "Perplexity",
}


def draw_plots(results: Mapping[str, Any]) -> dict[str, bytes]:
    """PNG bytes by the key of `results` that they show, for those keys that are there.

    `results` follows the schema of `converters.reports.verification_report`; the plots are of its keys `accuracy`
    (with `baselines` as lines), `latency`, `operators`, `confusion_matrix` and `training`.
    """
    drawers = {
        "accuracy": lambda rows: _draw_accuracy(rows, results.get("baselines") or {}),
        "latency": _draw_latency,
        "operators": _draw_operators,
        "confusion_matrix": _draw_confusion_matrix,
        "training": _draw_training,
    }
    return {key: png_bytes(draw(results[key])) for key, draw in drawers.items() if results.get(key)}


def _draw_accuracy(rows: Sequence[Mapping], baselines: Mapping[str, Mapping]) -> Figure:
    figure, axes = new_figure(1, _bars_height(len(rows)) + 0.25 * len(baselines))
    runtimes = list(dict.fromkeys(row["runtime"] for row in rows))
    score = next((score for score in SCORES if all(score in row for row in rows)), "accuracy")
    values = np.array([_number(row[score]) for row in rows]) * 100
    _bars(
        axes[0],
        [f"{_short(row['model'])}\n{runtime_name(row)}" for row in rows],
        values,
        [_colour(runtimes.index(row["runtime"])) for row in rows],
        [f"{value:.2f} %" for value in values],
    )
    for index, (name, baseline) in enumerate(baselines.items()):
        accuracy = 100 * _number(baseline["accuracy"])
        axes[0].axvline(
            accuracy,
            color=_INK,
            linestyle=("--", ":", "-.")[index % 3],
            linewidth=1.5,
            label=f"{_short(BASELINE_NAMES.get(name, name))}: {accuracy:.2f} %",
        )
    axes[0].set_xlim(0, 115)
    axes[0].set_xticks(range(0, 101, 20))
    axes[0].set_xlabel(f"{SCORES[score].lower().replace('f1', 'F1')} (%)")
    if baselines:
        figure_legend(axes[0])
    return figure


def runtime_name(row: Mapping[str, Any]) -> str:
    """The runtime of an accuracy row, with its kernels where these are not the usual ones."""
    kernels = row.get("kernels")
    runtime = plain_text(row["runtime"])
    return runtime if kernels in (None, "default") else f"{runtime}, {plain_text(kernels)} kernels"


def _draw_latency(reports: Sequence[Mapping]) -> Figure:
    bars = [
        (report, model, index) for index, report in enumerate(reports) for model in report["models"]
    ]
    figure, axes = new_figure(1, _bars_height(len(bars)))
    ratios = np.array([_number(model["ratio"]) for _, model, _ in bars])
    spread = np.array([np.percentile(model["ratios"], [10, 90]) for _, model, _ in bars]).T
    _bars(
        axes[0],
        [
            f"{_short(model['name'])}\n{plain_text(report['runtime'])}, "
            f"{threads(report['num_threads'])}"
            for report, model, _ in bars
        ],
        ratios,
        [_colour(index) for _, _, index in bars],
        [f"{model['ratio']:.2f} x ({model['median']:.3g} ms)" for _, model, _ in bars],
        ends=np.maximum(ratios, spread[1]),
    )
    axes[0].hlines(range(len(bars)), spread[0], spread[1], color=_INK, linewidth=1.5)
    axes[0].axvline(1, color=_INK, linestyle="--", linewidth=1)
    axes[0].set_xlim(0, 1.35 * max(1.0, np.nanmax(np.append(ratios, spread[1]))))
    axes[0].set_xlabel("latency over that of the first model, median and 10th to 90th percentile")
    return figure


def threads(count: int) -> str:
    """`count` threads in words."""
    return "1 thread" if count == 1 else f"{count} threads"


def _draw_operators(rows: Sequence[Mapping]) -> Figure:
    shown = sorted(rows, key=lambda row: -row["count"])[:_MAX_OPERATORS]
    kinds = {"all int8": _COLOURS[0], "other integers": _COLOURS[2], "float": _COLOURS[5]}
    figure, axes = new_figure(1, _bars_height(len(shown), each=0.3))
    counts = np.array([row["count"] for row in shown], float)
    row_kinds = [_dtype_kind(row) for row in shown]
    _bars(
        axes[0],
        [
            f"{_short(row['name'])}  ({', '.join(row['inputs'])} → {', '.join(row['outputs'])})"
            for row in shown
        ],
        counts,
        [kinds[kind] for kind in row_kinds],
        [f"{row['count']:,}" for row in shown],
    )
    for kind, colour in kinds.items():
        if kind in row_kinds:
            axes[0].bar(0, 0, color=colour, label=kind)
    axes[0].set_xlim(0, 1.15 * counts.max())
    more = len(rows) - len(shown)
    left_out = f" ({more} rarer kinds left out)" if more else ""
    axes[0].set_xlabel(f"operators in the graph{left_out}")
    figure_legend(axes[0])
    return figure


def _dtype_kind(row: Mapping[str, Any]) -> str:
    dtypes = {*row["inputs"], *row["outputs"]}
    if any("float" in dtype for dtype in dtypes):
        return "float"
    return "all int8" if dtypes == {"int8"} else "other integers"


def _draw_confusion_matrix(matrix: Mapping[str, Any]) -> Figure:
    """Counts of true labels (rows) predicted as each label (columns), in logarithmic colour."""
    from matplotlib.colors import LogNorm

    labels, counts = matrix["labels"], np.array(matrix["rows"], float)
    size = len(labels)
    side = min(max(5.0, 2.5 + 0.42 * size), 9.5)
    figure, (axes,) = new_figure(1, side, width=side + 1)
    shown = np.ma.masked_less_equal(counts, 0)
    image = axes.imshow(
        shown,
        cmap="viridis_r",
        norm=LogNorm(vmin=1, vmax=max(2.0, counts.max())),
        interpolation="nearest",
    )
    figure.colorbar(image, ax=axes, label="examples (logarithmic)", shrink=0.8)
    axes.set_xlabel("predicted label" + ("" if size <= _MAX_TICK_LABELS else f" (1 to {size})"))
    axes.set_ylabel("true label" + ("" if size <= _MAX_TICK_LABELS else f" (1 to {size})"))
    if size > _MAX_TICK_LABELS:
        axes.set_xticks([])
        axes.set_yticks([])
        return figure
    names = [_short(label) for label in labels]
    axes.set_xticks(range(size), names, rotation=90, parse_math=False)
    axes.set_yticks(range(size), names, parse_math=False)
    if size <= _MAX_CELL_NUMBERS:
        # The colours past about a third of the logarithmic scale need white figures.
        dark = max(2.0, counts.max()) ** 0.35
        for row, column in zip(*np.nonzero(counts), strict=True):
            count = counts[row, column]
            colour = "white" if count > dark else _INK
            axes.text(column, row, f"{count:.0f}", ha="center", va="center", color=colour)
    return figure


def _draw_training(stages: Mapping[str, Sequence[Mapping]]) -> Figure:
    figure, axes = new_figure(2, 3.8)
    for axis, metric, factor in zip(axes, ("loss", "accuracy"), (1, 100), strict=True):
        for index, (stage, epochs) in enumerate(stages.items()):
            numbers = [epoch["epoch"] for epoch in epochs]
            for prefix, split, style in (("", "training", "--o"), ("val_", "validation", "-o")):
                values = [factor * _number(epoch.get(prefix + metric)) for epoch in epochs]
                if not np.all(np.isnan(values)):
                    label = f"{_short(stage)}, {split}"
                    axis.plot(numbers, values, style, ms=3, color=_colour(index), label=label)
        axis.set_xlabel("epoch")
        axis.set_ylabel(metric if factor == 1 else f"{metric} (%)")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
    figure_legend(axes[0], columns=2)
    return figure


def _bars(
    axes: Axes,
    names: Sequence[str],
    values: np.ndarray,
    colours: Sequence[str],
    texts: Sequence[str],
    ends: np.ndarray | None = None,
) -> None:
    """Horizontal bars, the first at the top; `texts` are written right of `ends`."""
    values = np.nan_to_num(values)
    axes.barh(range(len(values)), values, color=colours, height=0.7)
    axes.set_yticks(range(len(values)), names, parse_math=False)
    axes.set_ylim(len(values) - 0.4, -0.6)
    for row, (end, text) in enumerate(
        zip(values if ends is None else np.nan_to_num(ends), texts, strict=True)
    ):
        axes.annotate(
            text,
            (end, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            # Baselines and the line at 1 may pass behind the figures.
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )
    axes.tick_params(axis="y", length=0)


def new_figure(
    columns: int, height: float, width: float = 9.0, rows: int = 1
) -> tuple[Figure, list[Axes]]:
    """Returns a figure of some inches and its axes, row by row."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def figure_legend(axes: Axes, columns: int = 3) -> None:
    """Puts the legend of what is drawn on some axes above their figure."""
    legend = axes.figure.legend(
        *axes.get_legend_handles_labels(), loc="outside upper center", ncols=columns, frameon=False
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def png_bytes(figure: Figure) -> bytes:
    """Returns a figure as a PNG file's bytes."""
    buffer = io.BytesIO()
    # Without the version of matplotlib equal results give equal bytes for longer.
    figure.savefig(buffer, format="png", dpi=130, metadata={"Software": None})
    return buffer.getvalue()


def _bars_height(count: int, each: float = 0.5) -> float:
    return 1.2 + each * max(count, 2)


def _colour(index: int) -> str:
    return _COLOURS[index % len(_COLOURS)]


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _short(value: object, length: int = 44) -> str:
    text = plain_text(value)
    return text if len(text) <= length else text[: length - 1] + "…"
