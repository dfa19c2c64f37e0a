"""`tfsqueeze prepare`."""

from __future__ import annotations

from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Json, PipelineOptions, Runtime
from tfsqueeze.cli.console import Table, output, print_json
from tfsqueeze.pretraining.preparation_options import PreparationOptions

_DEFAULTS = PreparationOptions()


def prepare(
    texts: Annotated[
        list[str],
        typer.Argument(
            help="Files of plain text with a text or paragraph on each line, .tsv files with a "
            "pair of texts on each line, folders of .txt files, or paths with `*`. A file may be "
            "compressed, as in .txt.gz."
        ),
    ],
    output_folder: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help="Folder for the prepared texts. If it is finished, nothing is done again; if it "
            "was interrupted, it is made anew.",
        ),
    ],
    tokenizer: Annotated[
        str, typer.Option(help="Folder with a tokenizer, or the name of a backbone.")
    ] = _DEFAULTS.tokenizer,
    max_length: Annotated[
        int, typer.Option(help="Maximum number of tokens of a row of text.")
    ] = _DEFAULTS.max_length,
    min_words: Annotated[
        int, typer.Option(help="Drop texts with fewer words that have a letter.")
    ] = _DEFAULTS.min_words,
    duplicate_similarity: Annotated[
        float,
        typer.Option(
            help="Drop a text if the Jaccard similarity of its character 5-grams to those of "
            "another text is at least this. 1 drops only texts that differ in case alone."
        ),
    ] = _DEFAULTS.duplicate_similarity,
    noisy_copies: Annotated[
        int, typer.Option(help="Number of noisy copies of each text to add.")
    ] = _DEFAULTS.noisy_copies,
    noise_level: Annotated[
        float, typer.Option(help="Share of letters, words or spaces that a noise edits.")
    ] = _DEFAULTS.noise_level,
    seed: Annotated[int, typer.Option(help="Seed of the noises.")] = _DEFAULTS.seed,
    shards: Annotated[
        int, typer.Option(help="Number of TFRecord files; 0 for as many as the runner chooses.")
    ] = _DEFAULTS.num_shards,
    teacher: Annotated[
        str | None,
        typer.Option(
            help="A .tflite file that reads each text. If it labels texts, the rows have its "
            "logits, and `train` learns from them. If it embeds texts, the rows have its "
            "sentence vectors, and `pretrain` learns from them."
        ),
    ] = None,
    runtime: Runtime = "litert",
    pipeline_options: PipelineOptions = "",
    json: Json = False,
) -> None:
    """Clean, deduplicate and tokenize texts once, with Apache Beam.

    Examples:
      tfsqueeze prepare my_texts/ --output shards

      tfsqueeze pretrain shards --output runs/backbone

      tfsqueeze prepare my_texts/ --output taught --teacher teacher.tflite

      tfsqueeze train taught --output runs/student
    """
    from tfsqueeze.pretraining.text_pipeline import prepare_texts

    options = PreparationOptions(
        tokenizer=tokenizer,
        max_length=max_length,
        min_words=min_words,
        duplicate_similarity=duplicate_similarity,
        noisy_copies=noisy_copies,
        noise_level=noise_level,
        seed=seed,
        num_shards=shards,
    )
    text_teacher = None
    if teacher is not None:
        from converters.inference.preparation_teacher import open_teacher

        text_teacher = open_teacher(teacher, runtime)
    manifest = prepare_texts(output_folder, texts, options, pipeline_options, text_teacher)
    if json:
        print_json({"folder": output_folder, "counts": manifest.counts, "files": manifest.files})
        return
    table = Table("counted", "number", title=output_folder)
    for name, count in manifest.counts.items():
        table.add_row(name.replace("_", " "), f"{count:,}")
    output.print(table)
