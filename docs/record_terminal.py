"""Runs commands and draws what they print as a picture: docs/terminal.svg.

    python docs/record_terminal.py

It trains a small model on Reuters R8 for some minutes, in a folder that is removed.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

_PICTURE = Path(__file__).resolve().parent / "terminal.svg"
_WIDTH = 96
_COMMANDS = (
    ("train", "reuters-r8", "--output", "runs/news", "--target", "micro", "--epochs", "4"),
    ("convert", "runs/news", "--output", "news.tflite"),
    ("predict", "news.tflite", "profits rose in the third quarter"),
)


def main() -> None:
    """Writes the picture."""
    console = Console(record=True, width=_WIDTH, file=io.StringIO())
    with tempfile.TemporaryDirectory() as folder:
        for words in _COMMANDS:
            shown = " ".join(f'"{word}"' if " " in word else word for word in words)
            console.print(Text(f"$ tfsqueeze {shown}", style="bold green"))
            for line in _run(words, folder):
                console.print(Text(line))
            console.print()
    svg = console.export_svg(title="tfsqueeze")
    # The fonts would come from another server.
    _PICTURE.write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL), "utf-8")


def _run(words: tuple[str, ...], folder: str) -> list[str]:
    """Returns the lines that a command prints, without progress bars."""
    program = "from tfsqueeze.cli.main import app; app()"
    result = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        env={"COLUMNS": str(_WIDTH), "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": ":".join(sys.path)},
    )
    lines = result.stdout.splitlines()
    return [line.rstrip() for line in lines if line.strip() and "━━━━ " not in line]


if __name__ == "__main__":
    main()
