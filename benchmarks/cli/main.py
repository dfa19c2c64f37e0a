"""The command line: `python -m benchmarks COMMAND`.

A command loads TensorFlow and what it measures only when it runs.
"""

from __future__ import annotations

import typer

from benchmarks.cli.backbone_commands import (
    backbone,
    backbone_texts,
    languages,
    multilingual_texts,
)
from benchmarks.cli.distillation_commands import initializations, shapes
from benchmarks.cli.quantization_commands import formulations, post_training
from benchmarks.cli.scale_commands import large_data, scale
from benchmarks.cli.speed_commands import instructions, models, operators
from benchmarks.cli.target_commands import cortex_m, targets
from benchmarks.cli.task_commands import few_examples, tasks
from benchmarks.cli.throughput_commands import throughput, training
from tfsqueeze.cli.console import OneLineErrors

app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Measure SqueezeBERT and its alternatives side by side, in interleaved rounds.",
)

# In the order of the help.
for _command in (
    models,
    instructions,
    operators,
    formulations,
    initializations,
    shapes,
    backbone,
    post_training,
    throughput,
    large_data,
    scale,
    targets,
    cortex_m,
    backbone_texts,
    multilingual_texts,
    languages,
    few_examples,
    training,
    tasks,
):
    app.command()(_command)
