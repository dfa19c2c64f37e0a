"""The terminal: results, progress, and errors of one line."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

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

from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from tfsqueeze.tasks import Task

# Results go to standard output; progress and errors go to standard error, so that pipes stay clean.
output = Console()
messages = Console(stderr=True)


class OneLineErrors(typer.core.TyperGroup):
    """A group of commands in which a user's error is one line and exit status 1."""

    def invoke(self, ctx: typer.Context) -> Any:
        """Invokes a command, and turns the errors that a user can cause into one line."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            message = str(error)
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
        messages.print(f"[red]error:[/red] {escape(message)}", soft_wrap=True)
        raise typer.Exit(1)


def read_input_lines() -> list[str]:
    """Returns the lines of standard input; bytes that are not UTF-8 become U+FFFD."""
    return sys.stdin.buffer.read().decode("utf-8", "replace").splitlines()


def print_json(value: Any) -> None:
    """Prints a value as JSON on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_step(text: str) -> None:
    """Prints the name of a step that begins, on standard error."""
    messages.print(f"[bold]>[/bold] {escape(text)}", soft_wrap=True)


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


def training_progress(task: Task | None = None) -> Callable[..., Sequence[Any]]:
    """Returns a function that makes the Keras callbacks which show a stage's progress.

    They show a bar, and after each epoch its loss and its validation score, on standard error.

    Args:
        task: the task that is trained, which names the score; None for pretraining, which has no
            validation.

    Returns:
        A function of a stage's name, its epochs, its steps per epoch, and, for their rate to be
        shown, the samples per epoch.
    """

    def callbacks(stage: str, epochs: int, steps: int, samples: int | None = None) -> Sequence[Any]:
        import tf_keras as keras

        from tfsqueeze.training.fit import monitor

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
                value = ""
                if task is not None:
                    name = monitor(task)
                    score = name.removeprefix("val_")
                    value = f", validation {score} {100 * logs[name]:.2f} %"
                self.bar.console.print(
                    f"  {stage} epoch {epoch + 1}: loss {logs['loss']:.4f}{value}"
                )

            def on_train_end(self, logs=None):
                self.bar.stop()

        return [Bar()]

    return callbacks
