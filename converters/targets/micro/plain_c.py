"""The plain C of a trained run: all sources, without an interpreter."""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from converters.targets.micro.decoder_sources import DECODERS
from converters.targets.micro.generated_sources import tokenizer_sources
from converters.targets.micro.network_sources import network_sources
from converters.targets.micro.tokenizer_tables import build_tables
from converters.tflite.inspection import list_operators
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

_PACKAGE = "converters.targets.micro"
# What a classifier in C needs on any runtime.
_TOKENIZER_TEMPLATES = ("tokenizer.h", "tokenizer.c")
_DECODER_TEMPLATES = ("classifier.h", "classifier.c")
_TEMPLATES = ("tfsqueeze.h", "tfsqueeze.c", "tfsqueeze_kernels.h", "tfsqueeze_kernels.c")
_EXAMPLE_TEMPLATES = ("main.c", "CMakeLists.txt", "README.md")
# The C sources to compile, but for the example.
C_SOURCES = (
    "tfsqueeze.c",
    "tfsqueeze_kernels.c",
    "network.c",
    "tokenizer.c",
    "tokenizer_tables.c",
    "classifier.c",
    "classifier_tables.c",
)


@dataclass(frozen=True)
class PlainC:
    """A classifier as C sources.

    Attributes:
        texts: the sources by file name.
        network_bytes: the size of the weights and tables of the network.
        table_bytes: the size of the tables of tokenizer and labels.
        arena_bytes: the size of the memory that the network computes in.
        kernels: the names of the kernels that the network calls.
    """

    texts: dict[str, str]
    network_bytes: int
    table_bytes: int
    arena_bytes: int
    kernels: tuple[str, ...]


def plain_c(run: TrainedRun, model: bytes, max_length: int) -> PlainC:
    """Returns all C sources of a run but the example (`example_sources`).

    Args:
        run: a text classifier of single texts.
        model: the bytes of its int8 .tflite file.
        max_length: the static length of the file in tokens.

    Raises:
        UserError: the run is for another task, or the kernels in C lack an operator of the model.
    """
    if run.task.name != TEXT_CLASSIFICATION.name:
        raise UserError(
            f"the runtime c is for {TEXT_CLASSIFICATION.name} so far; export a model for "
            f"{run.task.name} with --runtime tflite-micro"
        )
    network = network_sources(model, max_length)
    tables = build_tables(run.tokenizer.vocabulary, run.tokenizer.lowercase)
    tokenizer = tokenizer_sources(run.tokenizer, tables)
    logits = list_operators(model)[-1].outputs[0]
    classifier = DECODERS[run.task.name].generate(run.task, run.label_names, logits)
    return PlainC(
        texts={
            **network.texts,
            **tokenizer.texts,
            **classifier.texts,
            **_read("templates", _TOKENIZER_TEMPLATES),
            **_read(f"templates/{run.task.name}", _DECODER_TEMPLATES),
            **_read("plain_c_templates", _TEMPLATES),
        },
        network_bytes=network.constant_bytes,
        table_bytes=tokenizer.constant_bytes + classifier.constant_bytes,
        arena_bytes=network.arena_bytes,
        kernels=network.kernels,
    )


def example_sources(**values: object) -> dict[str, str]:
    """Returns the example, its README and how to build it, by file name.

    Args:
        **values: what stands for `$name` and so on in them.
    """
    return {
        name: string.Template(text).substitute(values)
        for name, text in _read("plain_c_templates", _EXAMPLE_TEMPLATES).items()
    }


def _read(folder: str, names: Iterable[str]) -> dict[str, str]:
    files = resources.files(_PACKAGE) / folder
    return {name: (files / name).read_text("utf-8") for name in names}
