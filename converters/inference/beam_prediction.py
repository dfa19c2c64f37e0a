"""Predictions of the lines of many files, as a pipeline of Apache Beam."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping
from typing import Any

from converters.inference.prediction_rows import (
    Row,
    decode_line,
    pair_of_line,
    prediction_fields,
)
from converters.inference.prediction_workers import predict_rows
from converters.inference.predictor import Predictor
from converters.runtime.interpreters import Runtime
from converters.tflite.tflite_file import TFLiteFile
from tfsqueeze.utils.beam_pipelines import (
    absolute_path,
    find_files,
    find_shards,
    read_file,
    remove_unfinished,
    require_beam,
    run_pipeline,
)
from tfsqueeze.utils.errors import UserError

_SUFFIX = ".jsonl"
_ROWS_PER_BATCH = 256


@dataclasses.dataclass(frozen=True)
class FilePredictionOptions:
    """How the lines of files are predicted.

    Args:
        runtime: see `Predictor.open`.
        num_threads: threads of the runtime in each process.
        reads_pairs: whether a line is a pair of texts, or a question with its context.
        predict: options of the predictor's `predict`.
        top_k: the number of candidates of an answer to keep.
    """

    runtime: Runtime = "litert"
    num_threads: int = 1
    reads_pairs: bool = False
    predict: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    top_k: int = 5


def predict_files(
    model: str,
    pattern: str,
    prefix: str,
    options: FilePredictionOptions,
    pipeline_options: str = "",
) -> list[str]:
    """Predicts each line of many files, and writes files of JSON lines.

    A line becomes one row, as in `tfsqueeze predict --json`. The rows are in no order; each has its
    text. Files appear under their names when all are whole.

    Args:
        model: the path of a packed .tflite file. Like the other paths it may be in any file system
            that Beam knows.
        pattern: the path of the files, with `*` and `?`. A packed file is read by its suffix, as in
            .txt.gz.
        prefix: what the paths of the written files begin with, before `-00000-of-00004.jsonl`.
        options: how to predict.
        pipeline_options: see `run_pipeline`.

    Returns:
        The paths of the written files.

    Raises:
        UserError: Beam is not installed, there are no files to read, there are files with the
            prefix already, or the model refuses a line.
    """
    require_beam()
    if not find_files(pattern):
        raise UserError(f"no file matches {pattern}")
    written = find_shards(prefix, _SUFFIX)
    if written:
        raise UserError(f"{written[0]} exists; choose another prefix, or remove it")
    build = functools.partial(_build, absolute_path(model), pattern, prefix, options)
    try:
        run_pipeline(build, pipeline_options)
    except BaseException:
        remove_unfinished(prefix)
        raise
    return find_shards(prefix, _SUFFIX)


def open_predictor(model: str, runtime: Runtime, num_threads: int) -> Predictor:
    """Opens a packed .tflite file that may be in any file system that Beam knows.

    Args:
        model: its path.
        runtime: see `Predictor.open`.
        num_threads: threads of the runtime.

    Raises:
        UserError: Beam is not installed, or the file cannot be used.
    """
    require_beam()
    return Predictor.open(TFLiteFile(read_file(model), model), runtime, num_threads)


def _build(
    model: str, pattern: str, prefix: str, options: FilePredictionOptions, pipeline: Any
) -> None:
    import apache_beam as beam
    from apache_beam.coders import BytesCoder
    from apache_beam.ml.inference.base import RunInference

    _ = (
        pipeline
        | "Read" >> beam.io.ReadFromText(pattern, coder=BytesCoder(), delimiter=b"\n")
        | "Parse" >> beam.Map(functools.partial(_row, options)).with_output_types(tuple)
        # A bundle of a file may be large; the rows of one can run on several machines.
        | beam.Reshuffle()
        | RunInference(_model_handler(model, options))
        | "Write" >> beam.io.WriteToText(prefix, file_name_suffix=_SUFFIX)
    )


def _row(options: FilePredictionOptions, line: bytes) -> Row:
    text = decode_line(line)
    if not options.reads_pairs:
        return (text,)
    pair = pair_of_line(text)
    if pair is None:
        raise UserError(
            f"the line {text[:40]!r} is not a JSON object with `question` and `context`"
        )
    return pair


def _model_handler(model: str, options: FilePredictionOptions) -> Any:
    """Returns the `ModelHandler` of a file, which each process of a runner opens once."""
    from apache_beam.ml.inference.base import ModelHandler

    class PredictorHandler(ModelHandler[Row, str, Predictor]):
        def load_model(self) -> Predictor:
            return open_predictor(model, options.runtime, options.num_threads)

        def run_inference(self, batch, model, inference_args=None):
            render = functools.partial(_json_line, options.top_k)
            return predict_rows(model, batch, render, options.predict)

    return PredictorHandler(max_batch_size=_ROWS_PER_BATCH)


def _json_line(top_k: int, _: Row, prediction: Any) -> str:
    return json.dumps(prediction_fields(prediction, top_k))
