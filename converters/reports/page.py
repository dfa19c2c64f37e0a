"""Sections of a report, and their form as Markdown, HTML and terminal tables."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.terminal import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

# Markdown or GitHub's tables give a meaning to these; `<`, `>` and `&` become HTML entities.
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")

# Text columns of a terminal table are wrapped to no less than this many characters.
_MIN_TEXT_WIDTH = 16
# Of a rich table with these borders: one of padding and one of divider.
_COLUMN_GAP = 2


@dataclass(frozen=True)
class Section:
    """One table of a report, with a heading, a note on how to read it, and perhaps a plot.

    Args:
        key: identifies the section within the report.
        heading: what the section shows.
        columns: the headings of the table.
        rows: the cells of each row, as `plain_text` returns text.
        first_number: the index of the first column of numbers; all columns after it hold numbers.
        note: sentences between the heading and the table.
        failed: indices of the rows that stand out.
        plot: the key of one of the report's plots.

    Example:
        >>> section = Section("files", "Files", ("File", "Size"), (("a.tflite", "2.35 MB"),))
        >>> section.is_number(1)
        True
    """

    key: str
    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_number: int = 1
    note: str = ""
    failed: frozenset[int] = frozenset()
    plot: str | None = None

    def is_number(self, column: int) -> bool:
        """Returns whether a column, by its index, holds numbers."""
        return column >= self.first_number


def write_files(
    contents: Mapping[str, tuple[str, bytes]], folder: str | PathLike
) -> dict[str, Path]:
    """Writes the files of a report to a folder, each under a temporary name and then renamed.

    Args:
        contents: the name and the bytes of each file, by a key.
        folder: is made if it does not exist; files of the same names are replaced.

    Returns:
        The files' paths by key.

    Raises:
        UserError: the folder cannot be written to.
    """
    paths = {}
    for key, (name, content) in contents.items():
        paths[key] = Path(folder) / name
        try:
            with write_atomically(paths[key]) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            raise UserError(
                f"the report cannot be written to {paths[key]} ({error.strerror or error}); "
                "choose a folder that can be written to"
            ) from error
    return paths


def print_sections(sections: Iterable[Section], console: Console) -> None:
    """Prints the tables of a report.

    Args:
        sections: the tables in order.
        console: of rich; its width decides how tables are divided.
    """
    for section in sections:
        for part in to_terminal(section, console.width):
            console.print(part)
        console.print()


def to_markdown(title: str, sections: Sequence[Section], plots: Mapping[str, str]) -> str:
    """Returns a report as GitHub-flavoured Markdown.

    Args:
        title: the first heading.
        sections: the tables in order.
        plots: the relative link of each plot, by key.

    Returns:
        The text of a .md file.
    """
    lines = [f"# {escape_markdown(title)}"]
    for section in sections:
        lines += ["", f"## {section.heading}", ""]
        if section.note:
            lines += [escape_markdown(section.note), ""]
        if section.plot in plots:
            lines += [f"![{section.heading}]({plots[section.plot]})", ""]
        if section.rows:
            lines.append(markdown_table(section.columns, section.rows, section.first_number))
    return "\n".join(lines) + "\n"


def markdown_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], first_number: int = 1
) -> str:
    """Returns a table in GitHub-flavoured Markdown, with all cells escaped.

    Args:
        columns: the headings.
        rows: the cells of each row.
        first_number: the index of the first column that is aligned to the right.

    Returns:
        The lines of the table.
    """
    from tabulate import tabulate

    return tabulate(
        [list(map(escape_markdown, row)) for row in rows],
        list(map(escape_markdown, columns)),
        # The format `github` has no alignment of columns; GitHub reads that of `pipe`.
        tablefmt="pipe",
        colalign=["right" if column >= first_number else "left" for column in range(len(columns))],
        disable_numparse=True,
    )


def escape_markdown(text: str) -> str:
    """Returns text as Markdown that shows it and obeys nothing in it."""
    return _MARKDOWN_SPECIAL.sub(r"\\\1", html.escape(text, quote=False))


def to_html(title: str, sections: Sequence[Section], plots: Mapping[str, bytes]) -> str:
    """Returns a report as one HTML page that needs no other file.

    The page follows the reader's light or dark theme. Its security policy forbids scripts and
    the network.

    Args:
        title: of the page and its first heading.
        sections: the tables in order.
        plots: the PNG bytes of each plot, by key.

    Returns:
        The text of a .html file.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("converters.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2").render(
        title=title,
        sections=sections,
        plots={key: base64.b64encode(png).decode("ascii") for key, png in plots.items()},
    )


def to_terminal(section: Section, width: int) -> list[Table | Text]:
    """Returns a section as tables and a note for a rich console.

    Numbers are never cut: where their columns do not all fit, further tables hold the rest, each
    with the section's text columns again. Markup in the text is shown, not obeyed.

    Args:
        section: the table to show.
        width: of the console in characters.

    Returns:
        What the console prints, in order.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    parts: list[Table | Text] = [Text(section.heading, "bold")]
    for number, widths in enumerate(_column_widths(section, width)):
        if number > 0:
            parts.append(Text())
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
        for column, column_width in widths.items():
            table.add_column(
                Text(section.columns[column]),
                justify="right" if section.is_number(column) else "left",
                width=column_width,
                overflow="fold",
            )
        for index, row in enumerate(section.rows):
            style = "bold red" if index in section.failed else None
            table.add_row(*(Text(printable(row[column])) for column in widths), style=style)
        parts.append(table)
    if section.note:
        parts.append(Text(section.note, "dim"))
    return parts


def _column_widths(section: Section, width: int) -> list[dict[int, int]]:
    """Returns the widths by column of each table that fits `width`.

    Rich's own shrinking is not used because it cuts numbers once text columns are at their
    minimum.
    """
    from rich.cells import cell_len

    minimum, full = {}, {}
    for column, heading in enumerate(section.columns):
        cells = max((cell_len(row[column]) for row in section.rows), default=0)
        word = max(map(cell_len, heading.split()))
        is_number = section.is_number(column)
        minimum[column] = max(word, cells if is_number else min(cells, _MIN_TEXT_WIDTH))
        full[column] = max(cell_len(heading), cells)
    texts = [column for column in minimum if not section.is_number(column)]
    groups = [list(texts)]
    for column in [column for column in minimum if section.is_number(column)]:
        used = sum(minimum[other] + _COLUMN_GAP for other in [*groups[-1], column])
        if used > width and groups[-1] != texts:
            groups.append(list(texts))
        groups[-1].append(column)
    return [_spread(group, minimum, full, width - _COLUMN_GAP * len(group)) for group in groups]


def _spread(
    columns: Sequence[int], minimum: Mapping[int, int], full: Mapping[int, int], width: int
) -> dict[int, int]:
    """Grows columns from `minimum` towards `full` in turn, until they fill `width` characters."""
    widths = {column: minimum[column] for column in columns}
    growing = [column for column in columns if widths[column] < full[column]]
    spare = width - sum(widths.values())
    while growing and spare > 0:
        for column in growing[:spare]:
            widths[column] += 1
            spare -= 1
        growing = [column for column in growing if widths[column] < full[column]]
    return widths
