"""`tfsqueeze predict-files`."""

from __future__ import annotations

from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Json, PipelineOptions, Runtime, Threads
from tfsqueeze.cli.console import output, print_json
from tfsqueeze.cli.prediction_options import (
    DocStride,
    MaxAnswerTokens,
    NoAnswerThreshold,
    TopK,
    prediction_options,
)


def predict_files(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A .tflite file that `tfsqueeze convert` wrote, with labels and vocabulary "
            "inside.",
        ),
    ],
    pattern: Annotated[
        str,
        typer.Argument(
            help="Path of the files to read, with or without `*`. Files may be compressed, as in "
            "'texts/*.txt.gz'. Each line is a text. In a line, a tab separates the texts of a "
            "pair, or a question and its context. A line may also be a JSON object with "
            "`question` and `context`."
        ),
    ],
    prefix: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="PREFIX",
            help="What the paths of the JSON lines files begin with, before -00000-of-00004.jsonl.",
        ),
    ],
    top_k: TopK = 5,
    max_answer_tokens: MaxAnswerTokens = 30,
    doc_stride: DocStride = None,
    no_answer_threshold: NoAnswerThreshold = None,
    runtime: Runtime = "litert",
    threads: Threads = 1,
    pipeline_options: PipelineOptions = "",
    json: Json = False,
) -> None:
    r"""Predict each line of many files, on one machine or on many, with Apache Beam.

    The rows are those of `predict --json`, in no order. MODEL and the other
    paths may be in any file system that Beam knows, such as gs://.

    Examples:
      tfsqueeze predict-files model.tflite "texts/*.txt" --output labels/part

      tfsqueeze predict-files model.tflite "texts/*.txt" --output labels/part \
      --pipeline-options "--runner=FlinkRunner --flink_master=localhost:8081"
    """
    from converters.inference.beam_prediction import FilePredictionOptions, open_predictor
    from converters.inference.beam_prediction import predict_files as predict_on_beam
    from tfsqueeze.tasks import QUESTION_ANSWERING

    predictor = open_predictor(model, runtime, threads)
    options = FilePredictionOptions(
        runtime,
        threads,
        reads_pairs=predictor.metadata.pairs or predictor.task.name == QUESTION_ANSWERING.name,
        predict=prediction_options(
            predictor.task, top_k, max_answer_tokens, doc_stride, no_answer_threshold
        ),
        top_k=top_k,
    )
    files = predict_on_beam(model, pattern, prefix, options, pipeline_options)
    if json:
        print_json({"files": files})
    else:
        output.print("\n".join(files), soft_wrap=True, markup=False, highlight=False)
