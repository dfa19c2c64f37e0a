"""Generates the C tables that decode int8 outputs: labels, numbers, tags, vectors.

An int8 logit has 256 values. What Python decodes for each stands in a table, so that C decides as
Python does. Cosines are the exception: C adds whole numbers where Python adds float32.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from converters.runtime.interpreters import TensorDetails
from converters.targets.micro.c_syntax import (
    GENERATED,
    array_definition,
    define,
    float_literal,
    header_file,
    string_literal,
    unsigned_type,
)
from converters.targets.micro.generated_sources import SourceFiles
from converters.tflite.tflite_operators import Tensor
from tfsqueeze.decoding.answer_spans import MAX_ANSWER_TOKENS, N_BEST
from tfsqueeze.decoding.bio import tag_type
from tfsqueeze.decoding.tag_sequences import allowed_transitions
from tfsqueeze.tasks import (
    INTENT_AND_SLOTS,
    MULTI_LABEL_CLASSIFICATION,
    QUESTION_ANSWERING,
    REGRESSION,
    SENTENCE_EMBEDDINGS,
    TEXT_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
)
from tfsqueeze.tasks.encodings import Encodings
from tfsqueeze.tasks.question_answering import QuestionAnswering
from tfsqueeze.tasks.task import Task

_LOGITS = np.arange(-128, 128, dtype=np.int8)
_NO_ROWS = Encodings({})


@dataclasses.dataclass(frozen=True)
class Decoder:
    """The C code that decodes one output of a model.

    The folder of the decoder in `templates/decoders` has the parts that are the same for all
    models.

    Attributes:
        name: the name of its sources, and the prefix of its functions.
        folder: its folder.
        functions: what the functions compute, for the export's README.
        tables: what the tables hold, likewise.
        generate: returns NAME_tables.h and NAME_tables.c.
    """

    name: str
    folder: str
    functions: str
    tables: str
    generate: Callable[[DecodedOutput], SourceFiles]


@dataclasses.dataclass(frozen=True)
class DecodedOutput:
    """An output of a model, and how it is decoded.

    Attributes:
        task: the task, which decodes in Python.
        name: the name of the output.
        classes: the names of the classes by what they are of: an output, or answers.
        tensors: the int8 tensors of all outputs by name.
        max_length: the number of tokens of a text.
        search_texts: the texts that an embedder finds; none for others.
        search_vectors: their vectors, int8 [texts, channels].
    """

    task: Task
    name: str
    classes: Mapping[str, Sequence[str]]
    tensors: Mapping[str, Tensor]
    max_length: int
    search_texts: Sequence[str] = ()
    search_vectors: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def output(self) -> Any:
        """How Python decodes the output."""
        return self.task.outputs[self.name]

    @property
    def class_names(self) -> Sequence[str]:
        """The names of its classes in order; none for numbers and vectors."""
        return self.classes.get(self.name, ())

    @property
    def tensor(self) -> Tensor:
        """Its int8 tensor."""
        return self.tensors[self.name]


def classifier_sources(decoded: DecodedOutput) -> SourceFiles:
    """Returns the tables of a classifier.

    They hold the labels, the quantization of the logits, and the exponential of every difference
    that two logits may have.

    Args:
        decoded: the logits of a `TextLabel`.
    """
    constants = _classifier_constants(decoded)
    arrays = [_labels(decoded.class_names), _exponentials("classifier", decoded.tensor)]
    return _sources("classifier", constants, arrays)


def multi_label_sources(decoded: DecodedOutput) -> SourceFiles:
    """Returns the tables of a classifier with several labels for a text.

    They hold the labels, the quantization of the logits, the probability that each logit stands
    for, and the lowest logit with which a text has a label.

    Args:
        decoded: the logits of a `TextLabels` with its thresholds.
    """
    labels, output = decoded.class_names, decoded.output
    values = np.repeat(_real_values(decoded.tensor)[:, None], len(labels), axis=1)
    has_label = output.decisions(values, _NO_ROWS, labels)
    found = output.decode(values, _NO_ROWS, labels)
    lowest = _Array(
        "const int16_t classifier_lowest_logits[CLASSIFIER_LABELS]",
        # The text has a label at the highest logits, if at any.
        [str(len(_LOGITS) // 2 - count) for count in has_label.sum(axis=0)],
        2 * len(labels),
        "/* From this logit on a text has the label; 128 means never. */",
    )
    probabilities = _Array(
        "const float classifier_probabilities[256]",
        [float_literal(float(np.float32(one.probabilities[0]))) for one in found],
        4 * len(_LOGITS),
        "/* The probability of a label, for each logit from -128 to 127. */",
    )
    constants = _classifier_constants(decoded)
    return _sources("classifier", constants, [_labels(labels), lowest, probabilities])


def regressor_sources(decoded: DecodedOutput) -> SourceFiles:
    """Returns the tables of a regressor: the numbers that it can tell, and their texts.

    Args:
        decoded: the logits of a `TextNumber` with its mean and its scale.
    """
    found = decoded.output.decode(_real_values(decoded.tensor)[:, None], _NO_ROWS, ())
    written = [f"{number:.6g}" for number in found]
    text_bytes = max(map(len, written)) + 1
    numbers = _Array(
        "const double regressor_numbers[256]",
        [repr(number) for number in found],
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


def tagger_sources(decoded: DecodedOutput) -> SourceFiles:
    """Returns the tables of a tagger of words.

    They hold the tags, which tag may follow which, and the value and the exponentials of logits.
    Values are whole numbers, so that their sums are exact, as those of Python's float64 are.

    Args:
        decoded: the logits of a `WordTag`.

    Raises:
        UserError: a class is neither O nor B- or I- with a type.
    """
    tags = list(decoded.class_names)
    types_of_tags = [tag_type(tag, index) for index, tag in enumerate(tags)]
    types = sorted({kind for kind in types_of_tags if kind is not None})
    begins, _ = allowed_transitions(tags)
    tag_dtype, tag_bytes = unsigned_type(len(tags) - 1)
    count, longest = len(tags), max(1, decoded.max_length - 2)
    constants = (
        define("TAGGER_TAGS", count)
        + define("TAGGER_TYPES", len(types))
        + define("TAGGER_MAX_WORDS", longest)
        + "/* What tagger_decode takes of the stack, about. */\n"
        + define("TAGGER_STACK_BYTES", 16 * count + longest * (tag_bytes + -(-count // 8)) + 64)
        + f"\ntypedef {tag_dtype} tagger_tag;\n"
    )
    arrays = [
        _Array(
            "const char *const tagger_tags[TAGGER_TAGS]",
            [string_literal(tag) for tag in tags],
            sum(len(tag.encode()) + 1 + 4 for tag in tags),
            "/* In the order of the logits. */",
        ),
        _Array(
            f"const char *const tagger_types[{max(1, len(types))}]",
            [string_literal(kind) for kind in types],
            sum(len(kind.encode()) + 1 + 4 for kind in types),
            "/* The types of spans. */",
        ),
        _Array(
            "const int16_t tagger_types_of_tags[TAGGER_TAGS]",
            [str(-1 if kind is None else types.index(kind)) for kind in types_of_tags],
            2 * count,
            "/* The type of the spans that a tag is a part of; -1 for O. */",
        ),
        _Array(
            "const uint8_t tagger_continues[TAGGER_TAGS]",
            [str(int(tag[0] == "I")) for tag in tags],
            count,
            "/* 1 for I- tags, which continue a span of their type. */",
        ),
        _Array(
            "const tagger_tag tagger_begins[TAGGER_TAGS]",
            [
                str(index if begins[index] else tags.index(f"B-{kind}"))
                for index, kind in enumerate(types_of_tags)
            ],
            tag_bytes * count,
            "/* The B- that an I- may follow beside itself; else the tag itself. */",
        ),
        _Array(
            "const int64_t tagger_scores[256]",
            [str(score) for score in _whole_values([decoded.tensor])[0][0]],
            8 * len(_LOGITS),
            "/* The value of each logit from -128 to 127, in a unit of which all are multiples. */",
        ),
        _exponentials("tagger", decoded.tensor),
    ]
    return _sources("tagger", constants, arrays)


def answerer_sources(decoded: DecodedOutput) -> SourceFiles:
    """Returns the tables of a finder of answers: the values of the logits of start and end.

    Values are whole numbers, as those of `tagger_sources` are.

    Args:
        decoded: the logits of the start; the task has the threshold and the temperature.
    """
    task = decoded.task
    assert isinstance(task, QuestionAnswering)
    outputs = ("start_logits", "end_logits")
    scores, unit = _whole_values([decoded.tensors[name] for name in outputs])
    threshold = task.threshold_for(decoded.classes)
    constants = (
        define("ANSWERER_CANDIDATES", N_BEST)
        + define("ANSWERER_MAX_TOKENS", MAX_ANSWER_TOKENS)
        + "/* Real value = unit * score. */\n"
        + define("ANSWERER_UNIT", float_literal(unit))
        + "/* The divisor of the scores in the softmax. */\n"
        + define("ANSWERER_TEMPERATURE", float_literal(task.temperature))
        + "/* 1 if some questions have no answer. */\n"
        + define("ANSWERER_KNOWS_NO_ANSWER", int(threshold is not None))
    )
    if threshold is not None:
        constants += (
            '/* By how much the score of "no answer" may exceed that of an answer. */\n'
            + define("ANSWERER_HIGHEST_LEAD", f"INT64_C({math.floor(threshold / unit)})")
        )
    arrays = [
        _Array(
            f"const int64_t answerer_{name.removesuffix('_logits')}_scores[256]",
            [str(score) for score in values],
            8 * len(_LOGITS),
            f"/* The value of each of the {name.replace('_', ' ')} from -128 to 127. */",
        )
        for name, values in zip(outputs, scores, strict=True)
    ]
    return _sources("answerer", constants, arrays)


def embedder_sources(decoded: DecodedOutput) -> SourceFiles:
    """Returns the tables of an embedder: the texts that it finds, and their vectors.

    Args:
        decoded: the vector of a `TextVector`.
    """
    texts, channels = decoded.search_texts, decoded.tensor.elements
    constants = (
        define("EMBEDDER_CHANNELS", channels)
        + define("EMBEDDER_ZERO_POINT", f"({decoded.tensor.zero_point})")
        + define("EMBEDDER_TEXTS", len(texts))
    )
    rows = max(1, len(texts))
    arrays = [
        _Array(
            f"const char *const embedder_texts[{rows}]",
            [string_literal(text) for text in texts],
            sum(len(text.encode()) + 1 + 4 for text in texts),
            "/* The texts to search. */",
        ),
        _Array(
            f"const int8_t embedder_vectors[{rows}][EMBEDDER_CHANNELS]",
            ["{" + ", ".join(map(str, row)) + "}" for row in decoded.search_vectors.tolist()]
            or ["{0}"],
            len(texts) * channels,
            "/* The vectors of these texts. */",
        ),
    ]
    return _sources("embedder", constants, arrays)


_CLASSIFIER = Decoder(
    "classifier",
    "text_label",
    functions="label and probabilities of int8 logits",
    tables="labels, and the exponentials of the softmax",
    generate=classifier_sources,
)
_TAGGER = Decoder(
    "tagger",
    "word_tags",
    functions="the most probable valid tags of words, and the spans that they tell",
    tables="tags, types of spans, and the value of each logit",
    generate=tagger_sources,
)
# The decoders of a task by the output that they decode; that of answers takes the end logits, too.
DECODERS: dict[str, dict[str, Decoder]] = {
    TEXT_CLASSIFICATION.name: {"logits": _CLASSIFIER},
    MULTI_LABEL_CLASSIFICATION.name: {
        "logits": Decoder(
            "classifier",
            "several_labels",
            functions="which labels a text has by its int8 logits, and the probabilities of all",
            tables="labels, their thresholds, and the probability that each logit stands for",
            generate=multi_label_sources,
        )
    },
    REGRESSION.name: {
        "logits": Decoder(
            "regressor",
            "number",
            functions="the number of an int8 logit, and its text",
            tables="the number that each logit stands for",
            generate=regressor_sources,
        )
    },
    TOKEN_CLASSIFICATION.name: {"logits": _TAGGER},
    INTENT_AND_SLOTS.name: {"intent_logits": _CLASSIFIER, "slot_logits": _TAGGER},
    QUESTION_ANSWERING.name: {
        "start_logits": Decoder(
            "answerer",
            "answer",
            functions="the best answers over all rows of a context, and their probability",
            tables="the value of each logit, and the threshold of no answer",
            generate=answerer_sources,
        )
    },
    SENTENCE_EMBEDDINGS.name: {
        "embeddings": Decoder(
            "embedder",
            "text_vector",
            functions="how alike two vectors are, and the search for the nearest ones",
            tables="the texts to search, and their vectors",
            generate=embedder_sources,
        )
    },
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


def _exponentials(name: str, logits: Tensor) -> _Array:
    return _Array(
        f"const float {name}_exponentials[256]",
        # Through float32, so that what is too small for it is 0 and no error of the compiler.
        [
            float_literal(float(np.float32(math.exp(-logits.scales[0] * i))))
            for i in range(len(_LOGITS))
        ],
        4 * len(_LOGITS),
        "/* exp(-scale * i) */",
    )


def _classifier_constants(decoded: DecodedOutput) -> str:
    logits = decoded.tensor
    return (
        define("CLASSIFIER_LABELS", len(decoded.class_names))
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


def _whole_values(tensors: Sequence[Tensor]) -> tuple[list[list[int]], float]:
    """Returns what the predictors add up, for each of `_LOGITS`, and the unit of these numbers.

    The unit, which is the same for all tensors, makes them whole.
    """
    values = np.stack([_real_values(tensor) for tensor in tensors]).astype(np.float64)
    _, exponents = np.frexp(values[values != 0])
    # float32 has 24 significant bits.
    shift = 24 - int(exponents.min())
    return [[int(value) for value in row] for row in np.ldexp(values, shift)], 2.0**-shift
