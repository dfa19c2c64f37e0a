"""The terminal: results, progress, and errors of one line."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import rich.table
import typer
import typer.core
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.terminal import printable

if TYPE_CHECKING:
    from tfsqueeze.tasks import Task


class _Terminal(Console):
    """A console that leaves a pipe without a reader to `OneLineErrors`."""

    def on_broken_pipe(self) -> None:
        """Raises the error again, where rich would end the process with status 1."""
        raise


# Results go to standard output; progress and errors go to standard error, so that pipes stay clean.
output = _Terminal()
messages = _Terminal(stderr=True)


_REFUSED_WRITES = {
    getattr(errno, name)
    for name in (
        *("ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "ENOTDIR", "EISDIR", "EEXIST"),
        # Of a mount point, which nothing can take the place of.
        "EBUSY",
    )
}


class Table(rich.table.Table):
    """A table that shows its title and its cells as they are: markup and escapes stay text.

    Args:
        *headers: the headings of the columns.
        title: the title, if there is one.
        **options: further arguments of rich's table.
    """

    def __init__(self, *headers: str, title: str | None = None, **options: Any) -> None:
        super().__init__(*headers, **options)
        self.title = None if title is None else Text(printable(title))

    def add_row(self, *cells: Any, **options: Any) -> None:
        """Adds a row.

        Args:
            *cells: a text for each column.
            **options: further arguments of rich's `add_row`.
        """
        super().add_row(
            *(Text(printable(cell)) if isinstance(cell, str) else cell for cell in cells),
            **options,
        )


class OneLineErrors(typer.core.TyperGroup):
    """A group of commands in which a user's error is one line and exit status 1.

    An interrupted command ends with the status that a shell gives for the signal.
    """

    def invoke(self, ctx: typer.Context) -> Any:
        """Invokes a command, and turns the errors that a user can cause into one line."""
        try:
            result = super().invoke(ctx)
            # What a full or closed pipe refuses would otherwise be known only after the end.
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            # The reader, such as `head`, has all that it wanted.
            _discard_output()
            raise typer.Exit(128 + signal.SIGPIPE) from None
        except KeyboardInterrupt:
            messages.print("[red]interrupted[/red]")
            raise typer.Exit(128 + signal.SIGINT) from None
        except UserError as error:
            message = str(error)
        except OSError as error:
            if error.errno not in _REFUSED_WRITES:
                raise
            where = f"{error.filename}: " if error.filename else ""
            message = f"cannot write: {where}{error.strerror}"
            _discard_output()
        except typer.BadParameter as error:
            # Pydantic, which checks values for Typer, puts the kind of its error first.
            message = error.format_message().replace("Value error, ", "")
        except ModuleNotFoundError as error:
            if error.name in (None, "tfsqueeze", "converters"):
                raise
            message = (
                f"the package {error.name.split('.')[0]} is not installed; this command "
                "needs those of the extra `train`: pip install 'tfsqueeze[train]'"
            )
        messages.print(f"[red]error:[/red] {escape(printable(message))}", soft_wrap=True)
        raise typer.Exit(1)


def _discard_output() -> None:
    """Sends what is still to be written to nowhere, since Python writes it when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def prepare_terminal() -> None:
    """Makes output survive any encoding of the terminal, and SIGTERM end as Ctrl-C does."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminate)


def _terminate(number: int, _: object) -> None:
    messages.print("[red]terminated[/red]")
    raise SystemExit(128 + number)


def print_json(value: Any) -> None:
    """Prints a value as JSON on standard output, in ASCII, which any encoding can hold."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def print_step(text: str) -> None:
    """Prints the name of a step that begins, on standard error."""
    messages.print(f"[bold]>[/bold] {escape(printable(text))}", soft_wrap=True)


@contextlib.contextmanager
def counting_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Shows bars of what is counted, on standard error.

    Yields:
        A function to call with what is counted, how many are done, and of how many. The first
        call shows the first bar.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=messages,
        transient=True,
    )
    rows: dict[str, Any] = {}

    def show(text: str, done: int, total: int) -> None:
        if text not in rows:
            bar.start()
            rows[text] = bar.add_task(text)
        # A bar that is full makes room for the next one.
        bar.update(rows[text], completed=done, total=total, visible=done < total)

    try:
        yield show
    finally:
        # It prints a line when it stops, which must not share the line of an error.
        if rows:
            bar.stop()


@contextlib.contextmanager
def rate_progress(what: str, is_shown: bool) -> Iterator[Callable[[int], None]]:
    """Shows how many are done of what has no known number, and how many a second.

    Args:
        what: what is counted.
        is_shown: whether to show it, if standard error is a terminal.

    Yields:
        A function to call with how many more are done.
    """
    if not (is_shown and messages.is_terminal):
        yield lambda _: None
        return
    bar = Progress(
        TextColumn("{task.completed:,} {task.description}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[rate]}"),
        console=messages,
        transient=True,
    )
    row = bar.add_task(what, total=None, rate="")

    def advance(count: int) -> None:
        bar.advance(row, count)
        speed = bar.tasks[0].speed
        if speed:
            bar.update(row, rate=f"{speed:,.0f} {what}/s")

    with bar:
        yield advance


@contextlib.contextmanager
def calibration_progress() -> Iterator[Callable[[int, int], None]]:
    """Shows how many layers of a checkpoint are calibrated; yields what to call with the counts."""
    with counting_progress() as show:
        yield lambda done, total: show("layers calibrated", done, total)


def training_progress(
    task: Task | None = None, chosen: str | None = None
) -> Callable[..., Sequence[Any]]:
    """Returns a function that makes the Keras callbacks which show a stage's progress.

    They show a bar, and after each epoch its loss and its validation score, on standard error.

    Args:
        task: the task that is trained, which names the score; None for pretraining, which has no
            validation.
        chosen: the metric that the run chose to monitor; None for the task's.

    Returns:
        A function of a stage's name, its epochs, its steps per epoch, and, for their rate to be
        shown, the samples per epoch.
    """

    def callbacks(stage: str, epochs: int, steps: int, samples: int | None = None) -> Sequence[Any]:
        import tf_keras as keras

        from tfsqueeze.training.epoch_line import epoch_line
        from tfsqueeze.training.fit import monitor

        score = None if task is None else monitor(task, chosen)

        class Bar(keras.callbacks.Callback):
            def on_train_begin(self, logs=None):
                self.bar = Progress(
                    TextColumn("{task.description}"),
                    BarColumn(),
                    MofNCompleteColumn(),
                    TimeElapsedColumn(),
                    TimeRemainingColumn(),
                    TextColumn("{task.fields[rate]}"),
                    console=messages,
                )
                self.row = self.bar.add_task(f"{stage} training", total=epochs * steps, rate="")
                self.bar.start()

            def on_epoch_begin(self, epoch, logs=None):
                self.bar.update(self.row, completed=epoch * steps)

            def on_train_batch_end(self, batch, logs=None):
                self.bar.advance(self.row)
                speed = self.bar.tasks[0].speed
                if samples and speed:
                    self.bar.update(self.row, rate=f"{speed * samples / steps:,.0f} samples/s")

            def on_epoch_end(self, epoch, logs=None):
                self.bar.console.print(f"  {epoch_line(stage, epoch, logs, score)}")

            def on_train_end(self, logs=None):
                self.bar.stop()

        return [Bar()]

    return callbacks
