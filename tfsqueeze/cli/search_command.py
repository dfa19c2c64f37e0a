"""`tfsqueeze search`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Json, ModelFile, Runtime, TextColumn, Threads
from tfsqueeze.cli.console import Table, output, print_step
from tfsqueeze.cli.input_lines import input_lines
from tfsqueeze.cli.result_stream import json_element, streamed_json

_QUERIES_PER_BATCH = 16


def search(
    model: ModelFile,
    corpus: Annotated[
        Path,
        typer.Argument(
            help="The texts to search: the lines of a .txt file, or the text column of a .tsv, "
            ".csv or .jsonl file. Or an index that --save-index wrote."
        ),
    ],
    queries: Annotated[
        list[str] | None,
        typer.Argument(
            help="What to search for. Without any, each line of standard input is a query."
        ),
    ] = None,
    top_k: Annotated[int, typer.Option(min=1, help="Number of texts to find for each query.")] = 5,
    save_index: Annotated[
        Path | None,
        typer.Option(
            help="File for the texts and their vectors, which the next search reads in place of "
            "the texts. Its name ends in .safetensors. Without a query, nothing else is done."
        ),
    ] = None,
    runtime: Runtime = "litert",
    threads: Threads = 1,
    text_column: TextColumn = "text",
    json: Json = False,
) -> None:
    """Find the texts that are nearest in meaning, with a .tflite file for sentence-embeddings.

    Examples:
      tfsqueeze search embedder.tflite faq.txt "how do I get my money back"

      tfsqueeze search embedder.tflite faq.txt --save-index faq.safetensors

      tfsqueeze search embedder.tflite faq.safetensors "how do I get my money back"
    """
    from dataclasses import asdict

    from converters.inference.search_index import INDEX_SUFFIX
    from converters.inference.sentence_embeddings_predictor import SentenceEmbeddingsPredictor
    from tfsqueeze.data.readers.text_lines import read_plain_texts

    embedder = SentenceEmbeddingsPredictor.open(model, runtime, threads)
    if corpus.suffix == INDEX_SUFFIX:
        index = embedder.open_index(corpus)
    else:
        index = embedder.index(read_plain_texts(corpus, text_column=text_column).texts)
    if save_index is not None:
        index.save(save_index)
        print_step(f"{len(index):,} texts are in {save_index}")
        if not queries:
            return
    with streamed_json() if json else contextlib.nullcontext() as write:
        for some in [queries] if queries else input_lines(_QUERIES_PER_BATCH):
            found = zip(some, index.search(some, top_k), strict=True)
            if write is not None:
                write(
                    [
                        json_element(
                            {"query": query, "matches": [asdict(match) for match in matches]}
                        )
                        for query, matches in found
                    ]
                )
                continue
            for query, matches in found:
                table = Table("cosine", "number", "text", title=query, title_justify="left")
                for match in matches:
                    table.add_row(f"{match.score:.3f}", str(match.index + 1), match.text)
                output.print(table)
