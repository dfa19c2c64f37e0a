"""Shows where operators run: the rows of a table, and a picture of the graph.

Both take the `operators` of a report on a target: dictionaries with `index`, `name`, `output`,
`shape`, `placement`, `reason`, `macs`, and the tensor numbers `inputs` and `outputs`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from converters.reports.formatting import millions
from tfsqueeze.utils.terminal import printable

PLACEMENT_HEADINGS = ("at", "operator", "count", "runs on", "M MACs", "why")

_COLOURS = ("#2a9d8f", "#8d99ae", "#e76f51")  # the accelerator, the CPU within reach, the CPU
_WIDTH, _HEIGHT, _FONT = 1.9, 0.32, 5.0
_MAX_PIXELS = 30_000  # of a side: libpng and viewers take no more


def placement_rows(operators: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Returns the rows of a table of operators and their placement, in the file's order.

    Neighbours of the same name, placement and reason share one row.

    Args:
        operators: as this module's docstring describes them.

    Returns:
        For each row a text for each of `PLACEMENT_HEADINGS`.
    """
    rows = []
    for (name, placement, reason), group in groupby(
        operators, itemgetter("name", "placement", "reason")
    ):
        alike = list(group)
        first, last = alike[0]["index"], alike[-1]["index"]
        rows.append(
            (
                f"{first}" if first == last else f"{first}-{last}",
                name,
                str(len(alike)),
                placement,
                millions(sum(row["macs"] for row in alike), 3),
                reason,
            )
        )
    return rows


def draw_graph(operators: Sequence[Mapping[str, Any]], title: str) -> dict[str, bytes]:
    """Draws the graph of operators, coloured by placement.

    One colour is for operators on the accelerator, one for those that would run there if they did
    not follow an operator on the CPU, and one for those that the accelerator does not support.

    Args:
        operators: as this module's docstring describes them.
        title: is written above the graph.

    Returns:
        The bytes of the picture by suffix, `svg` and `png`.
    """
    import matplotlib.patches as patches
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    positions = _layout(operators)
    # A graph may have no operators.
    columns, rows = zip(*(positions or [(0.0, 0.0)]), strict=True)
    left = min(columns)
    width = max(columns) - left + 1.5
    height = max(rows) + 4
    figure = Figure(figsize=(max(6.0, _WIDTH * width), _HEIGHT * height))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set_xlim(left - 0.75, left - 0.75 + max(width, 6.0 / _WIDTH))
    axes.set_ylim(height - 0.5, -3)
    made = {tensor: i for i, row in enumerate(operators) for tensor in row["outputs"]}
    for i, row in enumerate(operators):
        for source in {made[tensor] for tensor in row["inputs"] if tensor in made}:
            (x0, y0), (x1, y1) = positions[source], positions[i]
            axes.plot([x0, x1], [y0 + 0.3, y1 - 0.3], color="#999999", linewidth=0.5, zorder=1)
    for (x, y), row in zip(positions, operators, strict=True):
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
            f"{printable(row['name'])}\n{'x'.join(map(str, row['shape']))}",
            ha="center",
            va="center",
            fontsize=_FONT,
            color="white",
            zorder=3,
            parse_math=False,
        )
    axes.text(left - 0.6, -2.2, printable(title), fontsize=9, weight="bold", parse_math=False)
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
    """Returns the position of each operator: a row by the longest path to it, side by side."""
    depth_of: dict[int, int] = {}
    rows: dict[int, list[int]] = {}
    for i, row in enumerate(operators):
        depth = 1 + max(
            (depth_of[tensor] for tensor in row["inputs"] if tensor in depth_of), default=-1
        )
        for tensor in row["outputs"]:
            depth_of[tensor] = depth
        rows.setdefault(depth, []).append(i)
    positions = [(0.0, 0.0)] * len(operators)
    for depth, members in rows.items():
        for index, i in enumerate(members):
            positions[i] = (index - (len(members) - 1) / 2, float(depth))
    return positions
