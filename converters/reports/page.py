"""Sections of a report, and how they are set as Markdown, HTML and terminal tables."""

from __future__ import annotations

import base64
import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

# What Markdown or GitHub's tables give a meaning to; `<`, `>` and `&` become HTML entities.
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")

# A terminal's text columns are wrapped to no less than this many characters.
_LEAST_TEXT = 16
# Of a rich table with these borders: one of padding and one of divider.
_COLUMN_GAP = 2

_STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c2126; --faint: #5d6770;
  --line: #d9dee3; --band: #f4f6f8; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --ink: #e4e7ea; --faint: #9aa4ad;
  --line: #343b42; --band: #1d2126; --bad: #ff8a80; } }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
p { color: var(--faint); margin: .4rem 0 .8rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; min-width: 20rem; }
th, td { padding: .35rem .75rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { border-bottom-width: 2px; font-weight: 600; overflow-wrap: normal; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th.number { white-space: normal; }
tbody tr:nth-child(even) { background: var(--band); }
tr.failed td { color: var(--bad); font-weight: 600; }
img { display: block; max-width: 100%; box-sizing: border-box; margin: 0 0 1rem; padding: .5rem;
  background: #ffffff; border: 1px solid var(--line); border-radius: .5rem; }
"""


@dataclass(frozen=True)
class Section:
    """One table of a report, with a heading, a sentence on how to read it, and maybe a plot.

    `columns` are headings; those from number `first_number` on hold numbers. `rows` hold plain
    text that has gone through `plain_text`. Encodings listed in `failed` stand out. `plot` names one
    of the report's plots.
    """

    key: str
    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_number: int = 1
    note: str = ""
    failed: frozenset[int] = frozenset()
    plot: str | None = None


def write_files(
    contents: Mapping[str, tuple[str, bytes]], folder: str | PathLike
) -> dict[str, Path]:
    """Writes the files of a report to a folder, each renamed into place when whole.

    Args:
        contents: the name and the bytes of each file, by a key.
        folder: made if it is not there; files of the same names are replaced.

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
    """Prints the tables of a report."""
    for section in sections:
        for part in to_terminal(section, console.width):
            console.print(part)
        console.print()


def plain_text(value: object) -> str:
    """One line of `value` that is safe to show: no control characters, no lone surrogates."""
    line = " ".join(str(value).split())
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") else c for c in line)


def to_markdown(title: str, sections: Sequence[Section], plots: Mapping[str, str]) -> str:
    """The report as GitHub-flavoured Markdown; `plots` has the relative link of each plot."""
    lines = [f"# {_markdown(title)}"]
    for section in sections:
        lines += ["", f"## {section.heading}", ""]
        if section.note:
            lines += [_markdown(section.note), ""]
        if section.plot in plots:
            lines += [f"![{section.heading}]({plots[section.plot]})", ""]
        if not section.rows:
            continue
        rules = [
            "---:" if _is_number(section, column) else "---"
            for column in range(len(section.columns))
        ]
        lines += [_markdown_row(map(_markdown, section.columns)), _markdown_row(rules)]
        lines += [_markdown_row(map(_markdown, row)) for row in section.rows]
    return "\n".join(lines) + "\n"


def to_html(title: str, sections: Sequence[Section], plots: Mapping[str, bytes]) -> str:
    """The report as one HTML page with no links; `plots` has the PNG bytes of each plot.

    The page follows the reader's light or dark theme. Its security policy forbids scripts and
    the network.
    """
    body = "\n".join(_html_section(section, plots) for section in sections)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{html.escape(title)}</h1>
{body}
</main>
</body>
</html>
"""


def to_terminal(section: Section, width: int) -> list[Table | Text]:
    """The section as tables and a note for a rich console of `width` characters.

    Numbers are never cut: where their columns do not all fit, further tables hold the rest, each
    with the section's text columns again. Markup in the text is shown, not obeyed.
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
                justify="right" if _is_number(section, column) else "left",
                width=column_width,
                overflow="fold",
            )
        for index, row in enumerate(section.rows):
            style = "bold red" if index in section.failed else None
            table.add_row(*(Text(row[column]) for column in widths), style=style)
        parts.append(table)
    if section.note:
        parts.append(Text(section.note, "dim"))
    return parts


def _column_widths(section: Section, width: int) -> list[dict[int, int]]:
    """Widths by column for each table that fits `width`.

    Rich's own shrinking is not used because it cuts numbers once text columns are at their least.
    """
    from rich.cells import cell_len

    least, full = {}, {}
    for column, heading in enumerate(section.columns):
        cells = max((cell_len(row[column]) for row in section.rows), default=0)
        word = max(map(cell_len, heading.split()))
        is_number = _is_number(section, column)
        least[column] = max(word, cells if is_number else min(cells, _LEAST_TEXT))
        full[column] = max(cell_len(heading), cells)
    texts = [column for column in least if not _is_number(section, column)]
    groups = [list(texts)]
    for column in [column for column in least if _is_number(section, column)]:
        used = sum(least[other] + _COLUMN_GAP for other in [*groups[-1], column])
        if used > width and groups[-1] != texts:
            groups.append(list(texts))
        groups[-1].append(column)
    return [_spread(group, least, full, width - _COLUMN_GAP * len(group)) for group in groups]


def _spread(
    columns: Sequence[int], least: Mapping[int, int], full: Mapping[int, int], width: int
) -> dict[int, int]:
    """Grows columns from `least` towards `full` in turn, until they fill `width` characters."""
    widths = {column: least[column] for column in columns}
    growing = [column for column in columns if widths[column] < full[column]]
    spare = width - sum(widths.values())
    while growing and spare > 0:
        for column in growing[:spare]:
            widths[column] += 1
            spare -= 1
        growing = [column for column in growing if widths[column] < full[column]]
    return widths


def _is_number(section: Section, column: int) -> bool:
    return column >= section.first_number


def _markdown(text: str) -> str:
    return _MARKDOWN_SPECIAL.sub(r"\\\1", html.escape(text, quote=False))


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _html_section(section: Section, plots: Mapping[str, bytes]) -> str:
    parts = [f'<section id="{section.key}">', f"<h2>{html.escape(section.heading)}</h2>"]
    if section.note:
        parts.append(f"<p>{html.escape(section.note)}</p>")
    if section.plot in plots:
        data = base64.b64encode(plots[section.plot]).decode("ascii")
        alt = html.escape(f"Plot: {section.heading}")
        parts.append(f'<img alt="{alt}" src="data:image/png;base64,{data}">')
    if section.rows:
        heads = _html_cells(section, "th", section.columns)
        parts.append(f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>')
        for index, row in enumerate(section.rows):
            failed = ' class="failed"' if index in section.failed else ""
            parts.append(f"<tr{failed}>{_html_cells(section, 'td', row)}</tr>")
        parts.append("</tbody></table></div>")
    parts.append("</section>")
    return "\n".join(parts)


def _html_cells(section: Section, tag: str, cells: Sequence[str]) -> str:
    classes = [
        ' class="number"' if _is_number(section, column) else "" for column in range(len(cells))
    ]
    return "".join(
        f"<{tag}{class_}>{html.escape(cell)}</{tag}>"
        for class_, cell in zip(classes, cells, strict=True)
    )
