"""The terminal: texts stay texts, and a command that is stopped ends as a shell expects."""

from __future__ import annotations

import errno
import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from tfsqueeze.cli import console, main
from tfsqueeze.cli.console import Table

REPOSITORY = Path(__file__).resolve().parents[3]


def start(*arguments, stdout=subprocess.PIPE, start_new_session=False, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", "from tfsqueeze.cli.main import app; app()", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        start_new_session=start_new_session,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        # A shell starts what runs in its background, such as these tests, without Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_cells_and_titles_are_shown_as_they_are():
    table = Table("label", title="[bold]title")
    for label in ("[/]", "[bold]x[/bold]", "\x1b[31mred"):
        table.add_row(label)
    terminal = Console(width=60, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    terminal.print(table)
    text = terminal.export_text()
    for shown in ("[bold]title", "[/]", "[bold]x[/bold]", "�[31mred"):
        assert shown in text
    assert "\x1b" not in text


def test_a_warning_shows_no_escape_sequences_of_a_file(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(main, "messages", Console(file=shown, width=60))
    main._show_warning("tensor \x1b[2J\x1b]0;owned\x07 \x9b31m [bold]x")
    assert shown.getvalue() == "warning: tensor �[2J�]0;owned� �31m [bold]x\n"


def test_a_device_that_is_busy_is_one_line(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(console, "messages", Console(file=shown, width=60))
    monkeypatch.setattr(console, "_discard_output", lambda: None)
    app = typer.Typer(cls=console.OneLineErrors)

    @app.command()
    def write():
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), "out")

    app.callback()(lambda: None)
    assert CliRunner().invoke(app, ["write"]).exit_code == 1
    assert shown.getvalue() == "error: cannot write: out: Device or resource busy\n"


@pytest.mark.parametrize("is_shown", [True, False])
def test_progress_without_an_end_counts(is_shown, monkeypatch):
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=60)
    monkeypatch.setattr(console, "messages", terminal)
    with console.rate_progress("texts", is_shown) as advance:
        for _ in range(3):
            advance(500)
            time.sleep(0.01)
    found = re.sub(r"\x1b\[[0-9;]*m", "", shown.getvalue())
    assert ("1,500 texts" in found and "texts/s" in found) if is_shown else found == ""


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_any_encoding_of_the_terminal_prints(encoding, options, topics_model):
    process = start("predict", topics_model, "the 東京 cat ☃", *options, PYTHONIOENCODING=encoding)
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error.decode()
    assert b"animals" in out


def test_a_reader_that_has_enough_is_no_error():
    process = start("info", "--json")
    process.stdout.close()
    error = process.stderr.read().decode()
    process.stdin.close()
    assert (process.wait(60), error) == (128 + signal.SIGPIPE, "")


def test_a_full_output_is_one_line():
    with open("/dev/full", "wb") as full:
        process = start("info", "--json", stdout=full)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert error.decode().splitlines() == ["error: cannot write: No space left on device"]


@pytest.mark.parametrize(
    ("number", "message"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")]
)
def test_signals_end_with_one_line(number, message, topics_model):
    process = start("predict", topics_model)
    time.sleep(4)  # It waits for lines of standard input then.
    process.send_signal(number)
    # `communicate` would close standard input, which ends the command too.
    assert process.wait(60) == 128 + number
    error = process.stderr.read().decode()
    assert error.splitlines()[-1] == message and "Traceback" not in error


@pytest.mark.slow
def test_a_folder_that_is_a_file_is_one_line(trained_run, tmp_path):
    (tmp_path / "file").write_text("")
    process = start("convert", trained_run.folder, "--output", tmp_path / "file" / "m.tflite")
    _, error = process.communicate(timeout=200)
    assert process.returncode == 1
    assert error.decode().splitlines()[-1].startswith("error: cannot write: ")
    assert "Traceback" not in error.decode()
