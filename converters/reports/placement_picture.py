"""Where operators run, as a table for the terminal and a picture of the graph.

Both take the `operators` of a report on a target: dicts with `index`, `name`, `output`, `shape`,
`placement`, `reason`, `macs`, and the tensor numbers `inputs` and `outputs`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

_COLOURS = ("#2a9d8f", "#8d99ae", "#e76f51")  # the accelerator, the CPU within reach, the CPU
_WIDTH, _HEIGHT, _FONT = 1.9, 0.32, 5.0
_MAX_PIXELS = 30_000  # libpng and viewers


def placement_table(operators: Sequence[Mapping[str, Any]], *, only_cpu: bool = False) -> Table:
    """One line per operator and status, in the file's order; runs of like ones are one line.

    only_cpu: leaves out what is on the accelerator.
    """
    table = Table(title="Operators", title_justify="left")
    for heading in ("at", "operator", "count", "runs on", "M MACs", "why"):
        table.add_column(heading, justify="right" if heading in ("count", "M MACs") else "left")
    runs: list[list[Mapping[str, Any]]] = []
    for row in operators:
        if only_cpu and row["placement"] != "CPU":
            continue
        key = row["name"], row["placement"], row["reason"]
        if runs and key == tuple(runs[-1][0][k] for k in ("name", "placement", "reason")):
            runs[-1].append(row)
        else:
            runs.append([row])
    for run in runs:
        first, last = run[0]["index"], run[-1]["index"]
        table.add_row(
            f"{first}" if first == last else f"{first}-{last}",
            run[0]["name"],
            str(len(run)),
            run[0]["placement"],
            f"{sum(row['macs'] for row in run) / 1e6:.3f}",
            run[0]["reason"],
        )
    return table


def draw_graph(operators: Sequence[Mapping[str, Any]], title: str) -> dict[str, bytes]:
    """Draws the graph, coloured by placement: what runs on the accelerator, what would if it did
    not follow an operator on the CPU, and what the accelerator does not take.

    Returns the picture by suffix, `svg` and `png`.
    """
    import matplotlib.patches as patches
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    places = _layout(operators)
    width = max(x for x, _ in places) - min(x for x, _ in places) + 1.5
    height = max(y for _, y in places) + 4
    figure = Figure(figsize=(max(6.0, _WIDTH * width), _HEIGHT * height))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    left = min(x for x, _ in places)
    axes.set_xlim(left - 0.75, left - 0.75 + max(width, 6.0 / _WIDTH))
    axes.set_ylim(height - 0.5, -3)
    made = {tensor: i for i, row in enumerate(operators) for tensor in row["outputs"]}
    for i, row in enumerate(operators):
        for source in {made[tensor] for tensor in row["inputs"] if tensor in made}:
            (x0, y0), (x1, y1) = places[source], places[i]
            axes.plot([x0, x1], [y0 + 0.3, y1 - 0.3], color="#999999", linewidth=0.5, zorder=1)
    for (x, y), row in zip(places, operators, strict=True):
        axes.add_patch(
            patches.FancyBboxPatch(
                (x - 0.45, y - 0.3),
                0.9,
                0.6,
                boxstyle="round,pad=0,rounding_size=0.1",
                facecolor=_colour(row),
                edgecolor="none",
                zorder=2,
            )
        )
        axes.text(
            x,
            y,
            f"{row['name']}\n{'x'.join(map(str, row['shape']))}",
            ha="center",
            va="center",
            fontsize=_FONT,
            color="white",
            zorder=3,
        )
    axes.text(left - 0.6, -2.2, title, fontsize=9, weight="bold")
    accelerator = next(
        (row["placement"] for row in operators if row["placement"] != "CPU"), "accelerator"
    )
    for i, (colour, text) in enumerate(
        zip(
            _COLOURS,
            (f"on the {accelerator}", "on the CPU, after an operator that is", "on the CPU"),
            strict=True,
        )
    ):
        axes.text(left - 0.6 + i * 1.3, -1.4, text, fontsize=6, color=colour, weight="bold")
    pictures = {}
    dpi = min(150.0, _MAX_PIXELS / max(figure.get_size_inches()))
    for suffix in ("svg", "png"):
        stream = io.BytesIO()
        figure.savefig(
            stream, format=suffix, dpi=dpi, metadata={"Date": None} if suffix == "svg" else None
        )
        pictures[suffix] = stream.getvalue()
    return pictures


def _colour(row: Mapping[str, Any]) -> str:
    if row["placement"] != "CPU":
        return _COLOURS[0]
    return _COLOURS[1] if row.get("is_supported") else _COLOURS[2]


def _layout(operators: Sequence[Mapping[str, Any]]) -> list[tuple[float, float]]:
    """A row for each operator by the longest path to it, those of a row side by side."""
    depth_of: dict[int, int] = {}
    rows: dict[int, list[int]] = {}
    for i, row in enumerate(operators):
        depth = 1 + max(
            (depth_of[tensor] for tensor in row["inputs"] if tensor in depth_of), default=-1
        )
        for tensor in row["outputs"]:
            depth_of[tensor] = depth
        rows.setdefault(depth, []).append(i)
    places = [(0.0, 0.0)] * len(operators)
    for depth, members in rows.items():
        for position, i in enumerate(members):
            places[i] = (position - (len(members) - 1) / 2, float(depth))
    return places
