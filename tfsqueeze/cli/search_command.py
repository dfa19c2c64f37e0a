"""`tfsqueeze search`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tfsqueeze.cli.arguments import Json, ModelFile, Runtime, TextColumn, Threads
from tfsqueeze.cli.console import input_lines, output, print_json


def search(
    model: ModelFile,
    corpus: Annotated[
        Path,
        typer.Argument(
            help="The texts to search in: a .txt file, one a line, or the text column of a .tsv, .csv "
            "or .jsonl file."
        ),
    ],
    queries: Annotated[
        list[str] | None,
        typer.Argument(help="What to search for; without any, each line of standard input."),
    ] = None,
    top_k: Annotated[int, typer.Option(min=1, help="How many texts are found.")] = 5,
    runtime: Runtime = None,
    threads: Threads = 1,
    text_column: TextColumn = "text",
    json: Json = False,
) -> None:
    """Finds the texts that are nearest in meaning, by a .tflite file for sentence-embeddings.

    Examples:

      tfsqueeze search embedder.tflite faq.txt "how do I get my money back"
    """
    from dataclasses import asdict

    from converters.inference.sentence_embeddings_predictor import SentenceEmbeddingsPredictor
    from tfsqueeze.data.readers.text_lines import read_plain_texts

    embedder = SentenceEmbeddingsPredictor.from_file(model, runtime, threads)
    texts = read_plain_texts(corpus, text_column=text_column).texts
    if not queries:
        queries = input_lines()
    found = embedder.search(texts, queries, top_k)
    if json:
        print_json(
            [
                {"query": query, "matches": [asdict(match) for match in matches]}
                for query, matches in zip(queries, found, strict=True)
            ]
        )
        return
    for query, matches in zip(queries, found, strict=True):
        table = Table("cosine", "number", "text", title=query, title_justify="left")
        for match in matches:
            table.add_row(f"{match.score:.3f}", str(match.index + 1), match.text)
        output.print(table, markup=False)
