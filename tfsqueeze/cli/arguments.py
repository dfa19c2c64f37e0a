"""Arguments and options that several commands take."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from converters.runtime.interpreters import Runtime as RuntimeName
from converters.targets.target_names import TargetName
from tfsqueeze.training.training_options import DistributionName, Precision

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
TrainingPrecision = Annotated[
    Precision,
    typer.Option(
        help="Precision of training: `float32`; `bfloat16` or `float16` for products in 16 bits; "
        "`auto` for bfloat16 if the processor has products of bfloat16 and a step is faster with "
        "them."
    ),
]
DistributeOption = Annotated[
    DistributionName | None,
    typer.Option(
        "--distribute",
        metavar="mirrored|multi-worker",
        help="Train on several devices: `mirrored` for all GPUs of this machine, `multi-worker` "
        "for the machines that the environment variable TF_CONFIG names. Each batch is divided "
        "among them.",
    ),
]
GradientAccumulationSteps = Annotated[
    int, typer.Option(help="Number of batches after which the weights change.")
]
RunFolder = Annotated[Path, typer.Argument(help="A folder that `tfsqueeze train` wrote.")]
RunOrCheckpoint = Annotated[
    str,
    typer.Argument(
        metavar="RUN_OR_CHECKPOINT",
        help="A folder that `tfsqueeze train` wrote; or a fine-tuned checkpoint: a folder in "
        "Hugging Face's layout, a hub id, or `all-minilm-l6-v2`.",
    ),
]
Calibration = Annotated[
    list[str] | None,
    typer.Option(
        help="Texts without labels that a checkpoint is calibrated on: a file with a text on each "
        "line, a .tsv file with a pair on each line, a folder of .txt files, or the name of a "
        "dataset. Repeatable.",
    ),
]
ModelFile = Annotated[
    Path,
    typer.Argument(
        help="A .tflite file that `tfsqueeze convert` wrote, with labels and vocabulary inside."
    ),
]
Data = Annotated[
    str,
    typer.Argument(
        help="Name of a dataset (`tfsqueeze info` lists them), or a folder with train, val and "
        "test files: .tsv, .csv, .jsonl, .json, .parquet or .tfrecord for texts with labels or "
        "numbers (or RTE's .xml for pairs), CoNLL files for token-classification, SNIPS' .json for "
        "intent-and-slots, "
        "SQuAD's .json for question-answering, .txt files with a text on each line for "
        "sentence-embeddings and masked-lm, tables of pairs for sentence-embeddings with "
        "--text-pair-column. Each may be compressed, as in .csv.gz. Or a single file, or several "
        "as a pattern in quotes, such as 'data/part-*.tsv': then 20 %, at most 50,000, are held "
        "out as the test part (none if texts have no labels), and 10 % of the rest for validation."
    ),
]
Target = Annotated[TargetName, typer.Option(help="The kind of device.")]
TargetRuntime = Annotated[
    str | None,
    typer.Option(
        "--runtime",
        help="What runs the model on the device. `micro` has `tflite-micro`, the default, and "
        "`c`, the network as plain C without an interpreter.",
    ),
]
TextColumn = Annotated[str, typer.Option(help="Column with the texts.")]
TextPairColumn = Annotated[
    str | None,
    typer.Option(
        help="Column with the second texts, if the texts are pairs. By default found by its usual "
        "names, such as sentence2 or hypothesis."
    ),
]
LabelColumn = Annotated[str, typer.Option(help="Column with the labels.")]
LabelSeparator = Annotated[
    str,
    typer.Option(help="What stands between two labels of a text, for multi-label-classification."),
]
KeepNanLabels = Annotated[
    bool,
    typer.Option(
        "--keep-nan-labels",
        help="Read `nan`, `NA`, `None` and whatever else pandas takes for a missing value as "
        "labels. By default they are refused.",
    ),
]
Runtime = Annotated[RuntimeName, typer.Option(help="The runtime that runs the file.")]
Threads = Annotated[int, typer.Option(min=1, help="Number of threads of the runtime.")]
PipelineOptions = Annotated[
    str,
    typer.Option(
        metavar="OPTIONS",
        help="Options of Apache Beam and of its runner, in one text. By default the pipeline runs "
        "on this machine.",
    ),
]
Report = Annotated[
    Path | None,
    typer.Option(
        help="Folder for the report, which is JSON, Markdown, PNG plots and one HTML page."
    ),
]


def choices(name: str, values: Iterable[str]) -> type[enum.Enum]:
    """Returns an enum of the values that a repeatable option takes.

    The parser refuses other values, and the help lists all of them. For an option that is not
    repeatable a `Literal` does the same.

    Args:
        name: the name of the enum.
        values: the values.

    Example:
        >>> [choice.value for choice in choices("Noise", ["ocr", "swap"])]
        ['ocr', 'swap']
    """
    return enum.Enum(name, {value: value for value in values}, type=str)
