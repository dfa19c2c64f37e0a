"""What all commands share: the terminal, JSON output and one-line errors."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

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

# Results go to standard output; progress and errors to standard error, so that pipes stay clean.
output = Console()
messages = Console(stderr=True)


def input_lines() -> list[str]:
    """The lines of standard input; whatever the bytes are, undecodable ones become U+FFFD."""
    return sys.stdin.buffer.read().decode("utf-8", "replace").splitlines()


class OneLineErrors(typer.core.TyperGroup):
    """A group of commands whose user errors are one line and exit status 1."""

    def invoke(self, ctx: typer.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            message = str(error)
        except ModuleNotFoundError as error:
            if error.name in (None, "tfsqueeze", "converters"):
                raise
            message = (
                f"the package {error.name.split('.')[0]} is not installed; this command "
                "needs those of the extra `train`: pip install 'tfsqueeze[train]'"
            )
        messages.print(f"[red]error:[/red] {escape(message)}", soft_wrap=True)
        raise typer.Exit(1)


def print_json(value: Any) -> None:
    """Prints a value as JSON on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def step(text: str) -> None:
    """Says on standard error what begins now."""
    messages.print(f"[bold]>[/bold] {escape(text)}", soft_wrap=True)


@contextlib.contextmanager
def counting_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Yields a function that shows on standard error what is counted, how many are done and how
    many there are; nothing is shown before it is called."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=messages,
        transient=True,
    )
    tasks: dict[str, int] = {}

    def show(text: str, done: int, total: int) -> None:
        if text not in tasks:
            bar.start()
            tasks[text] = bar.add_task(text)
        # One that is done gives way to what comes after it.
        bar.update(tasks[text], completed=done, total=total, visible=done < total)

    try:
        yield show
    finally:
        # It prints a line where it stops, which an error's one line shall not share.
        if tasks:
            bar.stop()


def training_progress(stage: str, epochs: int, steps: int, samples: int | None = None) -> Sequence:
    """Returns the Keras callbacks that show a stage's progress on standard error.

    samples: those of an epoch, for their rate to be shown.
    """
    import tf_keras as keras

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
            self.task = self.bar.add_task(f"{stage} training", total=epochs * steps, rate="")
            self.bar.start()

        def on_epoch_begin(self, epoch, logs=None):
            self.bar.update(self.task, completed=epoch * steps)

        def on_train_batch_end(self, batch, logs=None):
            self.bar.advance(self.task)
            speed = self.bar.tasks[0].speed
            if samples and speed:
                self.bar.update(self.task, rate=f"{speed * samples / steps:,.0f} samples/s")

        def on_epoch_end(self, epoch, logs=None):
            # What chooses the epoch, in each task; pretraining has none of them.
            score = next(
                (name for name in ("score", "f1", "accuracy", "cosine") if f"val_{name}" in logs),
                None,
            )
            value = f", validation {score} {100 * logs[f'val_{score}']:.2f} %" if score else ""
            self.bar.console.print(f"  {stage} epoch {epoch + 1}: loss {logs['loss']:.4f}{value}")

        def on_train_end(self, logs=None):
            self.bar.stop()

    return [Bar()]
