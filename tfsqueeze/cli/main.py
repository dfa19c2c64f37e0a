"""The command line: `tfsqueeze COMMAND`.

Besides `TrainedRun.convert`, this is the only part of tfsqueeze that imports `converters`. A
command loads TensorFlow only when it runs.
"""

from __future__ import annotations

import importlib
import logging
import os
import warnings

import typer
from rich.markup import escape

from tfsqueeze.cli.console import OneLineErrors, messages, prepare_terminal
from tfsqueeze.utils.terminal import printable

app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="SqueezeBERT for phones, Edge TPUs and microcontrollers: train a model "
    "quantization-aware, convert it to a fully-int8 .tflite file, and verify that it runs.\n\n"
    "Start with [bold]tfsqueeze demo[/bold]. Then train on your own file:\n\n"
    "  tfsqueeze train my_data/ --output runs/mine\n\n"
    "  tfsqueeze convert runs/mine --output mine.tflite\n\n"
    '  tfsqueeze predict mine.tflite "some text"',
)


@app.callback()
def _prepare() -> None:
    prepare_terminal()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Beam warns through the root logger, even about what no command uses.
    logging.getLogger().setLevel(logging.ERROR)
    # It logs the traceback of an error that it raises, too.
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    logging.getLogger("absl").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="tensorflow|tf_keras|keras")
    warnings.showwarning = _show_warning


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    messages.print(f"[yellow]warning:[/yellow] {escape(printable(str(message)))}", soft_wrap=True)


for _name in (
    "demo",
    "prepare",
    "pretrain",
    "train",
    "compare",
    "convert",
    "verify",
    "evaluate",
    "diff",
    "robustness",
    "predict",
    "predict-files",
    "search",
    "export",
    "check",
    "benchmark",
    "info",
    "doctor",
):
    _function = _name.replace("-", "_")
    _module = importlib.import_module(f"tfsqueeze.cli.{_function}_command")
    app.command(_name)(getattr(_module, _function))
