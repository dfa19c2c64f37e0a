"""Generates the C tables that decode int8 logits: labels, probabilities, numbers.

An int8 logit has 256 values. What Python decodes for each stands in a table, so that C computes
nothing that could differ.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from converters.runtime.interpreters import TensorDetails
from converters.targets.micro.c_syntax import (
    GENERATED,
    array_definition,
    define,
    float_literal,
    header_file,
    string_literal,
)
from converters.targets.micro.generated_sources import SourceFiles
from converters.tflite.tflite_operators import Tensor
from tfsqueeze.tasks import MULTI_LABEL_CLASSIFICATION, REGRESSION, TEXT_CLASSIFICATION, Task
from tfsqueeze.tasks.encodings import Encodings

_LOGITS = np.arange(-128, 128, dtype=np.int8)
_NO_ROWS = Encodings({})


@dataclasses.dataclass(frozen=True)
class Decoder:
    """The C code that decodes the logits of a task's models.

    The folder of the task in `templates` has the parts that are the same for all models.

    Attributes:
        name: the name of its sources, and the prefix of its functions.
        functions: what the functions compute, for the export's README.
        tables: what the tables hold, likewise.
        example: what the example prints, likewise.
        generate: returns NAME_tables.h and NAME_tables.c, given the task, the labels in the order
            of the logits, and the model's int8 output.
    """

    name: str
    functions: str
    tables: str
    example: str
    generate: Callable[[Task, Sequence[str], Tensor], SourceFiles]


def classifier_sources(task: Task, labels: Sequence[str], logits: Tensor) -> SourceFiles:
    """Returns the tables of a classifier.

    They hold the labels, the quantization of the logits, and the exponential of every difference
    that two logits may have.

    Args:
        task: the task.
        labels: the labels in the order of the logits.
        logits: the output of the model, int8.
    """
    scale = logits.scales[0]
    exponentials = _Array(
        "const float classifier_exponentials[256]",
        [float_literal(math.exp(-scale * i)) for i in range(len(_LOGITS))],
        4 * len(_LOGITS),
        "/* exp(-scale * i) */",
    )
    constants = _classifier_constants(labels, logits)
    return _sources("classifier", constants, [_labels(labels), exponentials])


def multi_label_sources(task: Task, labels: Sequence[str], logits: Tensor) -> SourceFiles:
    """Returns the tables of a classifier with several labels for a text.

    They hold the labels, the quantization of the logits, the probability that each logit stands
    for, and the lowest logit with which a text has a label.

    Args:
        task: the task with its thresholds.
        labels: the labels in the order of the logits.
        logits: the output of the model, int8.
    """
    values = np.repeat(_real_values(logits)[:, None], len(labels), axis=1)
    output = task.outputs["logits"]
    has_label = output.decisions(values, _NO_ROWS)
    decoded = output.decode(values, _NO_ROWS, labels)
    lowest = _Array(
        "const int16_t classifier_lowest_logits[CLASSIFIER_LABELS]",
        # The text has a label at the highest logits, if at any.
        [str(len(_LOGITS) // 2 - count) for count in has_label.sum(axis=0)],
        2 * len(labels),
        "/* From this logit on a text has the label; 128 means never. */",
    )
    probabilities = _Array(
        "const float classifier_probabilities[256]",
        [float_literal(float(np.float32(one.probabilities[0]))) for one in decoded],
        4 * len(_LOGITS),
        "/* The probability of a label, for each logit from -128 to 127. */",
    )
    constants = _classifier_constants(labels, logits)
    return _sources("classifier", constants, [_labels(labels), lowest, probabilities])


def regressor_sources(task: Task, labels: Sequence[str], logits: Tensor) -> SourceFiles:
    """Returns the tables of a regressor: the numbers that it can tell, and their texts.

    Args:
        task: the task with its mean and its scale.
        labels: none.
        logits: the output of the model, int8.
    """
    decoded = task.outputs["logits"].decode(_real_values(logits)[:, None], _NO_ROWS, labels)
    written = [f"{number:.6g}" for number in decoded]
    text_bytes = max(map(len, written)) + 1
    numbers = _Array(
        "const double regressor_numbers[256]",
        [repr(number) for number in decoded],
        8 * len(_LOGITS),
        "/* The number for each logit from -128 to 127. */",
    )
    texts = _Array(
        "const char regressor_texts[256][REGRESSOR_TEXT_BYTES]",
        [string_literal(text) for text in written],
        text_bytes * len(_LOGITS),
        "/* The same as text, with six digits. */",
    )
    constants = define("REGRESSOR_TEXT_BYTES", text_bytes)
    return _sources("regressor", constants, [numbers, texts])


DECODERS = {
    TEXT_CLASSIFICATION.name: Decoder(
        "classifier",
        functions="label and probabilities of int8 logits",
        tables="labels, and the exponentials of the softmax",
        example="the label and the probability of a text",
        generate=classifier_sources,
    ),
    MULTI_LABEL_CLASSIFICATION.name: Decoder(
        "classifier",
        functions="which labels a text has by its int8 logits, and the probabilities of all",
        tables="labels, their thresholds, and the probability that each logit stands for",
        example="the labels of a text and their probabilities",
        generate=multi_label_sources,
    ),
    REGRESSION.name: Decoder(
        "regressor",
        functions="the number of an int8 logit, and its text",
        tables="the number that each logit stands for",
        example="the number of a text",
        generate=regressor_sources,
    ),
}


class _Array(NamedTuple):
    """A constant array: its declaration, its elements, their size, and what the header says."""

    declaration: str
    values: Sequence[str]
    constant_bytes: int
    comment: str


def _labels(labels: Sequence[str]) -> _Array:
    return _Array(
        "const char *const classifier_labels[CLASSIFIER_LABELS]",
        [string_literal(label) for label in labels],
        sum(len(label.encode()) + 1 + 4 for label in labels),
        "/* In the order of the logits. */",
    )


def _classifier_constants(labels: Sequence[str], logits: Tensor) -> str:
    return (
        define("CLASSIFIER_LABELS", len(labels))
        + "/* Real value = scale * (logit - zero point). */\n"
        + define("CLASSIFIER_SCALE", float_literal(logits.scales[0]))
        + define("CLASSIFIER_ZERO_POINT", f"({logits.zero_point})")
    )


def _sources(name: str, constants: str, arrays: Sequence[_Array]) -> SourceFiles:
    declarations = "".join(f"{array.comment}\nextern {array.declaration};\n" for array in arrays)
    definitions = "\n".join(array_definition(array.declaration, array.values) for array in arrays)
    guard = f"{name.upper()}_TABLES_H"
    return SourceFiles(
        {
            f"{name}_tables.h": header_file(guard, f"{constants}\n{declarations}"),
            f"{name}_tables.c": f'{GENERATED}#include "{name}_tables.h"\n\n{definitions}',
        },
        sum(array.constant_bytes for array in arrays),
    )


def _real_values(logits: Tensor) -> np.ndarray:
    """Returns what the predictors decode for each of `_LOGITS`: float32 [256]."""
    details = TensorDetails(
        logits.name, _LOGITS.dtype, logits.shape, logits.scales[0], logits.zero_point
    )
    return details.dequantize(_LOGITS)
