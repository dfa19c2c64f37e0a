"""A .tflite file as the teacher that reads texts while they are prepared."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from converters.inference.beam_prediction import open_predictor
from converters.runtime.interpreters import Runtime
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.pretraining.text_teacher import Parts, ReadTexts, TextTeacher
from tfsqueeze.tasks import SENTENCE_EMBEDDINGS, TEXT_CLASSIFICATION
from tfsqueeze.utils.beam_pipelines import absolute_path
from tfsqueeze.utils.errors import UserError


def open_teacher(model: str, runtime: Runtime = "litert", num_threads: int = 1) -> TextTeacher:
    """Opens a .tflite file that gives texts the logits of labels, or sentence vectors.

    Args:
        model: the path of the file, in any file system that Beam knows.
        runtime: see `Predictor.open`.
        num_threads: threads of the runtime in each process.

    Raises:
        UserError: Beam is not installed, or the file cannot be used or is for another task.
    """
    predictor: Any = open_predictor(model, runtime, num_threads)
    labels, channels = None, None
    if predictor.task.name == TEXT_CLASSIFICATION.name:
        labels = predictor.metadata.labels
    elif predictor.task.name == SENTENCE_EMBEDDINGS.name:
        channels = predictor.encode(["a text"]).shape[1]
    else:
        raise UserError(
            f"{model} is for {predictor.task.name}; a teacher of prepared texts labels texts "
            f"({TEXT_CLASSIFICATION.name}) or embeds them ({SENTENCE_EMBEDDINGS.name})"
        )
    return TextTeacher(
        functools.partial(_load, absolute_path(model), runtime, num_threads),
        predictor.max_length,
        labels,
        channels,
        predictor.metadata.pairs,
        predictor.digest,
    )


def _load(model: str, runtime: Runtime, num_threads: int) -> ReadTexts:
    predictor: Any = open_predictor(model, runtime, num_threads)
    is_embedder = predictor.task.name == SENTENCE_EMBEDDINGS.name
    pairs = predictor.metadata.pairs

    def read(texts: Sequence[Parts]) -> np.ndarray:
        for parts in texts:
            if len(parts) != 1 + pairs:
                raise UserError(
                    f"the teacher reads {'pairs of texts' if pairs else 'single texts'}, and "
                    f"{parts[0][:40]!r} is {'a single text' if pairs else 'one of a pair'}; "
                    f"prepare {'.tsv files of pairs' if pairs else 'files without tabs'}"
                )
        columns = list(zip(*texts, strict=True))
        if is_embedder:
            return predictor.encode(columns[0])
        dataset = TextDataset(
            "texts", list(columns[0]), text_pairs=list(columns[1]) if pairs else None
        )
        return np.concatenate(
            [logits["logits"] for _, logits, _ in predictor.run_in_batches(dataset)]
        )

    return read
