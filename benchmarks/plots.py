"""Plots of benchmarks, drawn with matplotlib's objects so that no global state is touched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from converters.reports.formatting import decimals, milliseconds, number_of, percent, ratio
from converters.reports.plots import draw_bars, label_bars, new_figure, png_bytes

# Okabe and Ito's colours, which colour-blind readers can tell apart.
_COLOURS = {
    "litert": "#0072B2",
    "tflite-runtime": "#E69F00",
    "onnxruntime": "#009E73",
    "openvino": "#CC79A7",
    "openvino-bfloat16": "#D55E00",
    "ncnn": "#56B4E9",
}
_INK = "#30363c"


def draw_instructions(runs: Sequence[dict[str, Any]]) -> bytes:
    """Draws each model's instructions, a panel for each processor, the fewest at the top."""
    rows = [sorted(run["instructions"], key=lambda row: row["total"]) for run in runs]
    figure, panels = _figure(len(runs), max(map(len, rows)))
    for panel, run, models in zip(panels, runs, rows, strict=True):
        millions = [row["total"] / 1e6 for row in models]
        _runtime_bars(
            panel,
            [row["name"] for row in models],
            millions,
            [
                f"{decimals(value, 0)}, {ratio(row['times_fewer'], 1)}"
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
    return png_bytes(figure)


def draw_models(runs: Sequence[dict[str, Any]]) -> bytes:
    """Draws each model's latency, a panel for each run, the fastest at the top."""
    rows = [sorted(run["models"], key=lambda row: row["median"]) for run in runs]
    figure, panels = _figure(len(runs), max(map(len, rows)))
    for panel, run, models in zip(panels, runs, rows, strict=True):
        labels = [row["name"] for row in models]
        texts = [
            milliseconds(row["median"], 1)
            + ("" if row["speedup"] is None else f", {ratio(row['speedup'], 1)}")
            for row in models
        ]
        medians = [row["median"] for row in models]
        _runtime_bars(panel, labels, medians, texts, models, [row["p90"] for row in models])
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
            f"{number_of(run['num_threads'], 'thread')}; x faster than {run['baseline']}"
        )
    return png_bytes(figure)


def draw_operators(runs: Sequence[dict[str, Any]]) -> bytes:
    """Draws the share of the roofline of each operator that the model runs."""
    rows = [[row for row in run["operators"] if row["count"]] for run in runs]
    figure, panels = _figure(len(runs), max(map(len, rows)))
    for panel, run, operators in zip(panels, runs, rows, strict=True):
        _runtime_bars(
            panel,
            [f"{row['name']}, {row['dtype']}" for row in operators],
            [100 * row["roofline_share"] for row in operators],
            [
                f"{decimals(1e3 * row['milliseconds']['median'], 0)} us x {row['count']}"
                for row in operators
            ],
            operators,
            [100 * row["roofline_share"] for row in operators],
        )
        panel.set_xlim(0, 130 * max(row["roofline_share"] for row in operators))
        panel.set_xlabel(f"% of the roofline, {number_of(run['num_threads'], 'thread')}")
    return png_bytes(figure)


def draw_formulations(runs: Sequence[dict[str, Any]]) -> bytes:
    """Draws the points of accuracy that each formulation loses, a panel for each dataset."""
    figure, panels = _figure(len(runs), max(len(run["formulations"]) for run in runs))
    for panel, run in zip(panels, runs, strict=True):
        rows = run["formulations"]
        losses = [100 * row["loss"] for row in rows]
        _runtime_bars(
            panel,
            [f"{row['name']}, {row['file']}" for row in rows],
            losses,
            list(map(decimals, losses)),
            rows,
            [max(loss, 0.0) for loss in losses],
        )
        panel.axvline(0, color=_INK, linewidth=1)
        panel.axvline(0.5, color=_INK, linewidth=1, linestyle=":")
        panel.set_xlim(min(*losses, -0.5), max(*losses, 0.5) + 0.2)
        panel.set_xlabel(f"points of accuracy lost against Keras float on {run['data']}")
    return png_bytes(figure)


def draw_throughput(runs: Sequence[dict[str, Any]]) -> bytes:
    """Draws the texts per second of each part, on a logarithmic axis."""
    rows = [[row for row in run["throughput"] if row["unit"] == "texts/s"] for run in runs]
    figure, panels = _figure(len(runs), max(map(len, rows)))
    for panel, run, parts in zip(panels, runs, rows, strict=True):
        medians = [row["median"] for row in parts]
        texts = [decimals(median, 0) for median in medians]
        _plain_bars(panel, [row["name"] for row in parts], medians, texts)
        panel.set_xscale("log")
        panel.set_xlabel(f"texts per second, {run['preset']} at length {run['length']}")
    return png_bytes(figure)


def draw_short_distillations(runs: Sequence[dict[str, Any]], kind: str) -> bytes:
    """Draws each student's 1 - cosine after the steps, a panel for each run.

    Args:
        runs: the runs.
        kind: the key of a run's rows.
    """
    return _draw_values(
        runs,
        kind,
        lambda row: row["name"],
        lambda row: row["end"]["sentences"],
        lambda run: f"1 - cosine after {run['steps']:,} steps",
    )


def draw_backbone(runs: Sequence[dict[str, Any]]) -> bytes:
    """Draws the accuracy on frozen embeddings, a panel for each dataset."""
    return _draw_values(
        runs,
        "backbone",
        lambda row: row["name"],
        lambda row: 100 * row["accuracy"],
        lambda run: f"accuracy (%) on {Path(run['data']).name}",
    )


def draw_post_training(runs: Sequence[dict[str, Any]]) -> bytes:
    """Draws the accuracy of int8 without training, a panel for each dataset."""
    return _draw_values(
        runs,
        "post-training",
        lambda row: row["name"],
        lambda row: 100 * row["accuracy"],
        lambda run: f"accuracy (%) of {run['model']} on {run['data']}",
    )


def draw_targets(runs: Sequence[dict[str, Any]]) -> bytes:
    """Draws the share of multiply-accumulates on each device's accelerator."""
    figure, panels = _figure(len(runs), max(len(run["targets"]) for run in runs))
    for panel, run in zip(panels, runs, strict=True):
        rows = run["targets"]
        shares = [row["macs_on_device"] / row["macs"] for row in rows]
        _plain_bars(
            panel,
            [f"{row['preset']}, {row['device']}" for row in rows],
            [100 * share for share in shares],
            [percent(share, 1) for share in shares],
            _COLOURS["litert"],
        )
        panel.set_xlim(0, 115)
        panel.set_xlabel(f"% of multiply-accumulates on the accelerator, {run['data']}")
    return png_bytes(figure)


def draw_training(runs: Sequence[dict[str, Any]]) -> bytes:
    """Returns the plot of tokens per second in training as PNG bytes."""
    return _draw_values(
        runs,
        "training",
        lambda row: f"{row['preset']}, {row['stage']}, {row['length']}, {row['precision']}",
        lambda row: row["tokens_per_second"]["this"] / 1000,
        lambda run: "thousand tokens per second",
    )


def draw_large_data(runs: Sequence[dict[str, Any]]) -> bytes:
    """Draws the peak of memory at the end of each step."""
    return _draw_values(
        runs,
        "large-data",
        lambda row: f"{row['step']}, {row['rows']:,}, {row['way']}",
        lambda row: (row["peak_bytes"] or 0) / 1e9,
        lambda run: "peak memory, GB",
    )


def draw_languages(runs: Sequence[dict[str, Any]]) -> bytes:
    """Draws Spearman's correlation of each model and language."""
    return _draw_values(
        [
            {"languages": [row for row in run["languages"] if row["spearman"] is not None]}
            for run in runs
        ],
        "languages",
        lambda row: f"{row['name']}, {row['language']}",
        lambda row: row["spearman"],
        lambda run: "Spearman's correlation",
    )


def draw_few_examples(runs: Sequence[dict[str, Any]]) -> bytes:
    """Draws the score of each training on few examples."""
    return _draw_values(
        runs,
        "few-examples",
        lambda row: f"{row['name']}, {row['examples']} examples, {row['epochs']} epochs",
        lambda row: 100 * row["score"],
        lambda run: "score in percent",
    )


def draw_scale(runs: Sequence[dict[str, Any]]) -> bytes:
    """Draws the texts per second of each command and number of processes."""
    return _draw_values(
        runs,
        "scale",
        lambda row: f"{row['name']}, {row['length']} tokens, {row['workers']}",
        lambda row: row["rate"],
        lambda run: "texts per second",
    )


def _draw_values(runs, kind, name, value, label) -> bytes:
    """Draws one value of each row, a panel for each run.

    name, value: return those of a row. label: returns the title of a run's axis.
    """
    figure, panels = _figure(len(runs), max(len(run[kind]) for run in runs))
    for panel, run in zip(panels, runs, strict=True):
        values = list(map(value, run[kind]))
        _plain_bars(panel, list(map(name, run[kind])), values, list(map(decimals, values)))
        panel.set_xlim(0, 1.2 * max(values))
        panel.set_xlabel(label(run))
    return png_bytes(figure)


def _plain_bars(panel, names, values, texts, colour=_INK) -> None:
    """Draws bars of one colour, the first at the top."""
    panel.barh(range(len(values)), values, color=colour, height=0.7)
    panel.set_yticks(range(len(values)), names, parse_math=False)
    panel.invert_yaxis()
    label_bars(panel, values, texts)


def _runtime_bars(panel, names, values, texts, rows, ends) -> None:
    """Draws bars in the colours of the rows' runtimes, with a legend of these."""
    draw_bars(panel, names, values, [_COLOURS[_runtime(row)] for row in rows], texts, ends)
    for backend in dict.fromkeys(map(_runtime, rows)):
        panel.bar(0, 0, color=_COLOURS[backend], label=backend)
    panel.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)


def _runtime(row) -> str:
    return row.get("backend") or row["runtime"]


def _figure(panels: int, bars: int):
    return new_figure(1, panels * (1.2 + 0.32 * max(bars, 3)), width=11, rows=panels)
