"""`tfsqueeze search`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Json, ModelFile, Runtime, TextColumn, Threads
from tfsqueeze.cli.console import Table, output, print_json, read_input_lines


def search(
    model: ModelFile,
    corpus: Annotated[
        Path,
        typer.Argument(
            help="The texts to search: the lines of a .txt file, or the text column of a .tsv, "
            ".csv or .jsonl file."
        ),
    ],
    queries: Annotated[
        list[str] | None,
        typer.Argument(
            help="What to search for. Without any, each line of standard input is a query."
        ),
    ] = None,
    top_k: Annotated[int, typer.Option(min=1, help="Number of texts to find for each query.")] = 5,
    runtime: Runtime = "litert",
    threads: Threads = 1,
    text_column: TextColumn = "text",
    json: Json = False,
) -> None:
    """Find the texts that are nearest in meaning, with a .tflite file for sentence-embeddings.

    Examples:
      tfsqueeze search embedder.tflite faq.txt "how do I get my money back"
    """
    from dataclasses import asdict

    from converters.inference.sentence_embeddings_predictor import SentenceEmbeddingsPredictor
    from tfsqueeze.data.readers.text_lines import read_plain_texts

    embedder = SentenceEmbeddingsPredictor.open(model, runtime, threads)
    texts = read_plain_texts(corpus, text_column=text_column).texts
    if not queries:
        queries = read_input_lines()
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
        output.print(table)
