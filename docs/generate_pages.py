"""Writes the pages of the site that come from the code, and copies notebooks, results and guide.

    python docs/generate_pages.py

`make docs` runs it before it builds the site.
"""

from __future__ import annotations

import ast
import shutil
import string
from collections.abc import Iterator, Sequence
from pathlib import Path

from tfsqueeze.configs.presets import PRESETS, load_preset
from tfsqueeze.recipes.setting_rules import SETTING_RULES, Fixed

REPOSITORY = Path(__file__).resolve().parents[1]
_DOCS = REPOSITORY / "docs"
# Not errors that a user can meet: messages of this kind are read in the code.
_SHORTEST_MESSAGE = 12


def main() -> None:
    """Writes all pages."""
    for name, text in {"presets": presets(), "settings": settings(), "errors": errors()}.items():
        (_DOCS / "reference" / f"{name}.md").write_text(text, "utf-8")
    tutorials = _DOCS / "tutorials"
    tutorials.mkdir(exist_ok=True)
    for notebook in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
        shutil.copy(notebook, tutorials / notebook.name)
    guide = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")
    (_DOCS / "contributing.md").write_text(guide.replace("](docs/", "]("), "utf-8")
    copy_results(REPOSITORY / "benchmarks" / "results", _DOCS / "measurements")


def copy_results(results: Path, folder: Path) -> None:
    """Copies the tables and pictures that benchmarks wrote, so that the site shows their figures.

    Args:
        results: the folder of all results.
        folder: takes the pages, one for each table, and an `index.md` that lists them.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    lines = []
    for table in sorted([*results.glob("*.md"), *results.glob("*/*.md")]):
        for file in (table, table.with_suffix(".png")):
            if file.exists():
                shutil.copy(file, folder / file.name)
        title = table.read_text("utf-8").partition("\n")[0].removeprefix("# ")
        lines.append(f"- [{title}]({table.name})\n")
    (folder / "index.md").write_text(
        "# All tables\n\nAs `python -m benchmarks` wrote them; `benchmarks/README.md` has the "
        "commands.\n\n" + "".join(lines),
        "utf-8",
    )


def presets() -> str:
    """Returns the page of presets."""
    fields = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
              "intermediate_size", "max_position_embeddings", "hidden_act")  # fmt: skip
    rows = [
        (f"`{name}`", PRESETS[name], *(str(getattr(load_preset(name), field)) for field in fields))
        for name in PRESETS
    ]
    return (
        "# Presets\n\nA preset is a named configuration: `--preset NAME`, or "
        '`tfsqueeze.load_preset("NAME")`.\n\n'
        + _table(("preset", "for", *(f"`{field}`" for field in fields)), rows)
    )


def settings() -> str:
    """Returns the page of the rules by which `train` chooses settings."""
    rows = [
        (
            f"`{rule.option}`",
            rule.when,
            f"`{rule.value.value}`" if isinstance(rule.value, Fixed) else "from the data",
            rule.source,
        )
        for rule in SETTING_RULES
    ]
    return (
        "# Settings that `train` chooses\n\nThe rules are in "
        "`tfsqueeze/recipes/setting_rules.py`, in this order. The first that fits the data sets an "
        "option. `train` prints the reason. [Your own data](../your-own-data.md) explains them.\n\n"
        + _table(("option", "for", "value", "the rule rests on"), rows)
    )


def errors() -> str:
    """Returns the page of error messages, by the module that raises them."""
    parts = [
        "# Errors\n\nEvery error is one sentence that says what was wrong, where, and what to do; "
        "the command ends with status 1. An ellipsis stands for a name or a value.\n"
    ]
    for package in ("tfsqueeze", "converters"):
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            messages = sorted(set(messages_of(path.read_text("utf-8"))))
            if messages:
                module = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
                lines = "\n".join(f"- {_escaped(message)}" for message in messages)
                parts.append(f"## `{module}`\n\n{lines}\n")
    return "\n".join(parts)


def messages_of(source: str) -> Iterator[str]:
    """Yields the messages of the errors that a module raises.

    Args:
        source: the text of the module.

    Example:
        >>> list(messages_of('raise UserError(f"{path} is empty; name another file")'))
        ['… is empty; name another file']
    """
    for node in ast.walk(ast.parse(source)):
        is_error = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "UserError"
        if is_error and node.args:
            message = _template(node.args[0])
            if len(message.strip("… ")) >= _SHORTEST_MESSAGE:
                yield message


def _template(node: ast.expr) -> str:
    """Returns the text of a string, with an ellipsis for what is only known at run time."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_template, node.values))
    if isinstance(node, ast.BinOp):
        return _template(node.left) + _template(node.right)
    return "…"


def _escaped(text: str) -> str:
    special = set(string.punctuation) & set("\\`*_{}[]<>|#")
    return "".join(f"\\{character}" if character in special else character for character in text)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


if __name__ == "__main__":
    main()
