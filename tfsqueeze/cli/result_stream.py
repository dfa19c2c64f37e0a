"""Results on standard output as they come: a JSON array, or a table."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment, Segments

from tfsqueeze.cli.console import Table, output

# How wide a column is that shares a terminal's width with others, in cells.
_NARROWEST, _WIDEST = 12, 60


@contextlib.contextmanager
def streamed_json() -> Iterator[Callable[[Sequence[str]], None]]:
    """Writes a JSON array on standard output, in ASCII, which any encoding can hold.

    The array is closed whatever ends the block, so what is there is valid JSON. An error before
    the first element leaves nothing.

    Yields:
        A function that writes elements at once, each a text of `json_element`.
    """
    is_empty = True

    def write(elements: Sequence[str]) -> None:
        nonlocal is_empty
        for element in elements:
            sys.stdout.write("[\n  " if is_empty else ",\n  ")
            is_empty = False
            sys.stdout.write(element)
        sys.stdout.flush()

    try:
        yield write
    except BaseException:
        if not is_empty:
            sys.stdout.write("\n]\n")
        raise
    sys.stdout.write("[]\n" if is_empty else "\n]\n")


def json_element(value: Any) -> str:
    """Returns a value as the JSON text of an element of `streamed_json`.

    Args:
        value: a JSON-able value.
    """
    # Strings have no line breaks in JSON.
    return json.dumps(value, indent=2).replace("\n", "\n  ")


@contextlib.contextmanager
def streamed_table(
    widths: Mapping[str, int],
) -> Iterator[Callable[[Sequence[Mapping[str, str]]], None]]:
    """Prints a table whose rows are shown at once, before those that follow are known.

    So a column's width cannot follow from its cells: longer ones take several lines.

    Args:
        widths: the width of columns by their headings, in cells. The other columns share the
            rest of the terminal's width.

    Yields:
        A function that prints rows, each a text by the heading of its column; the headings of
        the first row are those of the table.
    """
    columns: dict[str, int] = {}
    last_line: list[Segment] = []

    def write(rows: Sequence[Mapping[str, str]]) -> None:
        if not rows:
            return
        is_first = not columns
        if is_first:
            columns.update(_column_widths(list(rows[0]), widths))
        table = Table(show_header=is_first)
        for heading, width in columns.items():
            table.add_column(heading, width=width, overflow="fold")
        for row in rows:
            table.add_row(*row.values())
        lines = output.render_lines(table, pad=False, new_lines=True)
        # The lines above and below the rows stand there once.
        last_line[:] = lines.pop()
        _print(lines if is_first else lines[1:])

    try:
        yield write
    finally:
        if last_line:
            _print([last_line])


def _column_widths(headings: Sequence[str], widths: Mapping[str, int]) -> dict[str, int]:
    """Returns the width of each column, without its borders and the spaces beside them."""
    known = {
        heading: min(max(widths[heading], cell_len(heading)), _WIDEST)
        for heading in headings
        if heading in widths
    }
    room = output.width - 3 * len(headings) - 1 - sum(known.values())
    share = room // max(len(headings) - len(known), 1)
    return {
        heading: known.get(heading, min(max(share, _NARROWEST), _WIDEST)) for heading in headings
    }


def _print(lines: Sequence[Sequence[Segment]]) -> None:
    output.print(Segments([segment for line in lines for segment in line]), end="")
