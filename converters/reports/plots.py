"""Plots of a report, drawn with matplotlib's objects so that no global state is touched."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.reports.formatting import integer, number_of, plain_text, ratio, score_text, shorten
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks import known_scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which colour-blind readers can tell apart.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_INK = "#30363c"
_MAX_TICK_LABELS = 40
_MAX_CELL_NUMBERS = 16
_MAX_OPERATORS = 24
_MAX_NAME_LENGTH = 44

BASELINE_NAMES = {
    "majority": "majority class",
    "tfidf_logistic_regression": "TF-IDF + logistic regression",
}


def draw_plots(results: Mapping[str, Any]) -> dict[str, bytes]:
    """Draws the plots of a report.

    Args:
        results: follows the schema of `converters.reports.verification_report`; the plots show its
            keys `accuracy` (with `baselines` as lines), `latency`, `operators`,
            `confusion_matrix`, `reliability` and `training`.

    Returns:
        PNG bytes by key, for each of these keys that has a value. `accuracy` shows the first known
        score that all its rows have, and is left out where there is none.
    """
    plots = {}
    rows = results.get("accuracy") or []
    for score in known_scores().values() if rows else ():
        if all(score.name in row for row in rows):
            figure = draw_score(score, rows, results.get("baselines") or {})
            plots["accuracy"] = png_bytes(figure)
            break
    drawers = {
        "latency": _draw_latency,
        "operators": _draw_operators,
        "confusion_matrix": _draw_confusion_matrix,
        "reliability": _draw_reliability,
        "training": _draw_training,
    }
    return plots | {
        key: png_bytes(draw(results[key])) for key, draw in drawers.items() if results.get(key)
    }


def draw_score(score: Score, rows: Sequence[Mapping], baselines: Mapping[str, Mapping]) -> Figure:
    """Draws the values of a score, on an axis in percent only where the score is a fraction of 1.

    Args:
        score: all rows have it.
        rows: the key `accuracy` of the results of a report.
        baselines: the key `baselines`; each that has the score is a vertical line.
    """
    baselines = {name: row for name, row in baselines.items() if score.name in row}
    figure, (axes,) = new_figure(1, _bars_height(len(rows)) + 0.25 * len(baselines))
    runtimes = list(dict.fromkeys(row["runtime"] for row in rows))
    factor = 100 if score.format == "percent" else 1
    values = np.array([factor * _or_nan(row[score.name]) for row in rows])
    draw_bars(
        axes,
        [f"{_short(row['model'])}\n{runtime_name(row)}" for row in rows],
        values,
        [_colour(runtimes.index(row["runtime"])) for row in rows],
        [score_text(score, row) for row in rows],
    )
    for index, (name, baseline) in enumerate(baselines.items()):
        axes.axvline(
            factor * _or_nan(baseline[score.name]),
            color=_INK,
            linestyle=("--", ":", "-.")[index % 3],
            linewidth=1.5,
            label=f"{_short(BASELINE_NAMES.get(name, name))}: {score_text(score, baseline)}",
        )
    if score.format == "percent":
        axes.set_xlim(0, 115)
        axes.set_xticks(range(0, 101, 20))
        axes.set_xlabel(f"{score.title} (%)", parse_math=False)
    else:
        shown = np.nan_to_num([*values, *(_or_nan(row[score.name]) for row in baselines.values())])
        axes.set_xlim(1.15 * min(0.0, *shown), 1.15 * max(0.0, *shown) or 1.0)
        axes.set_xlabel(score.title, parse_math=False)
    if baselines:
        figure_legend(axes)
    return figure


def runtime_name(row: Mapping[str, Any]) -> str:
    """Returns the runtime of an accuracy row, with its kernels where these are not the default."""
    kernels = row.get("kernels")
    runtime = plain_text(row["runtime"])
    return runtime if kernels in (None, "default") else f"{runtime}, {plain_text(kernels)} kernels"


def _draw_latency(reports: Sequence[Mapping]) -> Figure:
    bars = [
        (report, model, index) for index, report in enumerate(reports) for model in report["models"]
    ]
    figure, axes = new_figure(1, _bars_height(len(bars)))
    ratios = np.array([_or_nan(model["ratio"]) for _, model, _ in bars])
    spread = np.array([np.percentile(model["ratios"], [10, 90]) for _, model, _ in bars]).T
    draw_bars(
        axes[0],
        [
            f"{_short(model['name'])}\n{plain_text(report['runtime'])}, "
            f"{number_of(report['num_threads'], 'thread')}"
            for report, model, _ in bars
        ],
        ratios,
        [_colour(index) for _, _, index in bars],
        [f"{ratio(model['ratio'])} ({model['median']:.3g} ms)" for _, model, _ in bars],
        ends=np.maximum(ratios, spread[1]),
    )
    axes[0].hlines(range(len(bars)), spread[0], spread[1], color=_INK, linewidth=1.5)
    axes[0].axvline(1, color=_INK, linestyle="--", linewidth=1)
    axes[0].set_xlim(0, 1.35 * max(1.0, np.nanmax(np.append(ratios, spread[1]))))
    axes[0].set_xlabel("latency over that of the first model, median and 10th to 90th percentile")
    return figure


def _draw_operators(rows: Sequence[Mapping]) -> Figure:
    shown = sorted(rows, key=lambda row: -row["count"])[:_MAX_OPERATORS]
    kinds = {"all int8": _COLOURS[0], "other integers": _COLOURS[2], "float": _COLOURS[5]}
    figure, axes = new_figure(1, _bars_height(len(shown), each=0.3))
    counts = np.array([row["count"] for row in shown], float)
    row_kinds = [_dtype_kind(row) for row in shown]
    draw_bars(
        axes[0],
        [
            f"{_short(row['name'])}  ({', '.join(row['inputs'])} → {', '.join(row['outputs'])})"
            for row in shown
        ],
        counts,
        [kinds[kind] for kind in row_kinds],
        [integer(row["count"]) for row in shown],
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
    """Draws how often a true label (row) is predicted as each label (column)."""
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


def _draw_reliability(bins: Sequence[Mapping]) -> Figure:
    """Draws the accuracy of each interval of confidence beside the line of perfect calibration."""
    figure, (axes,) = new_figure(1, 4.2, width=5.2)
    for row in bins:
        axes.bar(
            100 * row["lower"],
            100 * row["accuracy"],
            width=100 * (row["upper"] - row["lower"]),
            align="edge",
            color=_colour(0),
            edgecolor="white",
        )
    means, accuracies = ([100 * row[name] for row in bins] for name in ("confidence", "accuracy"))
    axes.plot([0, 100], [0, 100], "--", color=_INK, label="perfect calibration")
    axes.plot(means, accuracies, "o", ms=4, color=_colour(1), label="mean of an interval")
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("highest probability (%)")
    axes.set_ylabel("accuracy (%)")
    axes.grid(alpha=0.3)
    figure_legend(axes)
    return figure


def _draw_training(stages: Mapping[str, Sequence[Mapping]]) -> Figure:
    figure, axes = new_figure(2, 3.8)
    for axis, metric, factor in zip(axes, ("loss", "accuracy"), (1, 100), strict=True):
        for index, (stage, epochs) in enumerate(stages.items()):
            numbers = [epoch["epoch"] for epoch in epochs]
            for prefix, split, style in (("", "training", "--o"), ("val_", "validation", "-o")):
                values = [factor * _or_nan(epoch.get(prefix + metric)) for epoch in epochs]
                if not np.all(np.isnan(values)):
                    label = f"{_short(stage)}, {split}"
                    axis.plot(numbers, values, style, ms=3, color=_colour(index), label=label)
        axis.set_xlabel("epoch")
        axis.set_ylabel(metric if factor == 1 else f"{metric} (%)")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
    figure_legend(axes[0], columns=2)
    return figure


def draw_bars(
    axes: Axes,
    names: Sequence[str],
    values: Sequence[float] | np.ndarray,
    colours: Sequence[str],
    texts: Sequence[str],
    ends: Sequence[float] | np.ndarray | None = None,
) -> None:
    """Draws horizontal bars with their values beside them, the first at the top.

    Args:
        axes: to draw on.
        names: what each bar is of.
        values: the length of each bar; NaN has none.
        colours: of each bar.
        texts: are written beside the bars.
        ends: the right end of what is drawn in each row; by default that of its bar.
    """
    values = np.nan_to_num(values)
    axes.barh(range(len(values)), values, color=colours, height=0.7)
    axes.set_yticks(range(len(values)), names, parse_math=False)
    axes.set_ylim(len(values) - 0.4, -0.6)
    # Baselines and the line at 1 may pass behind the texts.
    label_bars(
        axes,
        values if ends is None else np.nan_to_num(ends),
        texts,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
    )
    axes.tick_params(axis="y", length=0)


def label_bars(
    axes: Axes,
    ends: Sequence[float] | np.ndarray,
    texts: Sequence[str],
    gap: float = 4,
    bbox: Mapping[str, Any] | None = None,
) -> None:
    """Writes a text to the right of each horizontal bar.

    Args:
        axes: have the bars.
        ends: the right end of each bar.
        texts: one for each bar.
        gap: between end and text, in points.
        bbox: of the texts, as matplotlib takes it.
    """
    for row, (end, text) in enumerate(zip(ends, texts, strict=True)):
        axes.annotate(
            text,
            (end, row),
            xytext=(gap, 0),
            textcoords="offset points",
            va="center",
            bbox=bbox,
            parse_math=False,
        )


def new_figure(
    columns: int, height: float, width: float = 9.0, rows: int = 1
) -> tuple[Figure, list[Axes]]:
    """Returns a new figure and its axes.

    Args:
        columns: of axes.
        height: of the figure in inches.
        width: of the figure in inches.
        rows: of axes.

    Returns:
        The figure, and its axes row by row.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def figure_legend(axes: Axes, columns: int = 3) -> None:
    """Puts the legend of one of a figure's axes above the figure.

    Args:
        axes: have what the legend names.
        columns: of the legend.
    """
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


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _short(value: object) -> str:
    return shorten(value, _MAX_NAME_LENGTH)
