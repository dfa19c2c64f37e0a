"""`tfsqueeze info`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Json
from tfsqueeze.cli.console import Table, output, print_json


def info(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Name of a preset, a .tflite file, or the folder of a run or of a checkpoint. "
            "Without it, what is installed."
        ),
    ] = None,
    max_length: Annotated[
        int | None,
        typer.Option(
            help="Number of tokens for which a preset's multiply-accumulates are counted. By "
            "default 128, or the preset's maximum if that is less."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show what is installed, or the facts of a preset, a .tflite file, a run or a checkpoint.

    Examples:
      tfsqueeze info

      tfsqueeze info squeezebert-micro

      tfsqueeze info mine.tflite
    """
    if name is None:
        facts = _installation()
    elif Path(name).is_dir():
        facts = _folder(Path(name), max_length)
    elif Path(name).suffix == ".tflite" or Path(name).exists():
        facts = _file(name)
    else:
        facts = _preset(name, max_length)
    if json:
        print_json(facts)
        return
    for title, rows in facts.items():
        table = Table(title=title, show_header=False, title_justify="left")
        for row, value in rows.items():
            table.add_row(str(row), f"{value:,}" if isinstance(value, int) else str(value))
        output.print(table)


def _installation():
    from converters.runtime.interpreters import available_runtimes
    from tfsqueeze.configs.presets import PRESETS
    from tfsqueeze.data.sources.named_datasets import DATASETS
    from tfsqueeze.utils.versions import installed_versions

    return {
        "presets": {name: _preset_line(name) for name in PRESETS},
        "datasets": {name: dataset.description for name, dataset in DATASETS.items()},
        "runtimes": {name: "installed" for name in available_runtimes()},
        "versions": installed_versions(),
    }


def _preset_line(name):
    from tfsqueeze.configs.presets import load_preset
    from tfsqueeze.models.complexity import count_macs, count_parameters

    config = load_preset(name)
    length = min(128, config.max_position_embeddings)
    return (
        f"{sum(count_parameters(config).values()) / 1e6:.2f} M parameters, "
        f"{sum(count_macs(config, length).values()) / 1e6:.0f} M multiply-accumulates "
        f"for {length} tokens"
    )


def _preset(name, max_length):
    from tfsqueeze.configs.presets import load_preset

    return _config(load_preset(name), max_length)


def _folder(folder, max_length):
    from tfsqueeze.checkpoints.model_sources import CONFIG_FILE
    from tfsqueeze.models.architectures import read_config
    from tfsqueeze.training.checkpoint import open_checkpoint
    from tfsqueeze.training.run_folder import read_run_settings
    from tfsqueeze.training.trained_run import is_run

    if is_run(folder):
        settings = read_run_settings(folder)
        facts = {"task": settings.task, "trained on": settings.dataset}
        config, tokens = read_config(folder / CONFIG_FILE), None
    else:
        checkpoint = open_checkpoint(folder)
        facts, config = {"task": checkpoint.task.name}, checkpoint.config
        tokens = {"vocabulary": checkpoint.tokenizer.vocab_size, **checkpoint.tokenizer.settings()}
    return {
        "model": {"architecture": config.architecture, **facts},
        "labels": dict(config.id2label),
        **({} if tokens is None else {"tokenizer": tokens}),
        **_config(config, max_length),
    }


def _config(config, max_length):
    from tfsqueeze.models.complexity import count_macs, count_parameters

    length = max_length or min(128, config.max_position_embeddings)
    parameters, macs = count_parameters(config), count_macs(config, length)
    return {
        "parameters": {**parameters, "total": sum(parameters.values())},
        f"multiply-accumulates for {length} tokens": {**macs, "total": sum(macs.values())},
        "config": config.to_dict(),
    }


def _file(path):
    from converters.runtime.interpreters import open_model
    from converters.tflite.inspection import offending_operators, summarize_operators
    from converters.tflite.tflite_file import TFLiteFile

    file = TFLiteFile.open(path)
    # A file of another tool is refused before a runtime sees it.
    metadata = file.metadata
    model = open_model(file)
    offenders = offending_operators(file.operators, allow_float_output=True)

    def tensors(details):
        return {
            f"{tensor.name}": f"{tensor.dtype} {list(tensor.shape)}, scale {tensor.scale:g}, "
            f"zero point {tensor.zero_point}"
            for tensor in details
        }

    return {
        "file": {
            "bytes": len(file.content),
            "name": metadata.name,
            "description": metadata.description,
            "task": metadata.task,
            "every op int8": "no" if offenders else "yes",
        },
        "inputs": tensors(model.input_details),
        "outputs": tensors(model.output_details),
        "operators": {row["name"]: row["count"] for row in summarize_operators(file.operators)},
        "labels": dict(enumerate(metadata.labels)),
        **({"slots": dict(enumerate(metadata.slots))} if metadata.slots else {}),
        "tokenizer": {**metadata.tokenizer, "vocabulary": len(metadata.vocabulary)},
    }
