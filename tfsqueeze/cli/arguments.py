"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
RunFolder = Annotated[Path, typer.Argument(help="A folder that `tfsqueeze train` filled.")]
ModelFile = Annotated[
    Path,
    typer.Argument(
        help="A .tflite file that `tfsqueeze convert` wrote; labels and vocabulary are inside."
    ),
]
Data = Annotated[
    str,
    typer.Argument(
        help="A dataset's name (`tfsqueeze info` lists them), or a folder with train, val and test "
        "files: .tsv, .csv or .jsonl for texts (or RTE's .xml for pairs), CoNLL files for "
        "token-classification, SNIPS' .json for intent-and-slots, SQuAD's .json for "
        "question-answering, .txt files (a text a line) for sentence-embeddings and masked-lm; "
        "of the last three it may be a single file."
    ),
]
Target = Annotated[
    str, typer.Option(help="The device: `android`, `edgetpu`, `ethos-u` or `micro`.")
]
TextColumn = Annotated[str, typer.Option(help="The column that holds the texts.")]
TextPairColumn = Annotated[
    str | None, typer.Option(help="The column that holds the second texts, where texts are pairs.")
]
LabelColumn = Annotated[str, typer.Option(help="The column that holds the labels.")]
Runtime = Annotated[
    str | None, typer.Option(help="`litert` or `tflite-runtime`; LiteRT by default.")
]
Threads = Annotated[int, typer.Option(min=1, help="Threads of the runtime.")]
Report = Annotated[
    Path | None,
    typer.Option(help="A folder for the report: JSON, Markdown, PNG plots and one HTML page."),
]
