"""Files for the Task Library of TensorFlow Lite and for MediaPipe Tasks.

Both read models of texts by one signature: three int32 inputs [1, length] that the metadata call
`ids`, `mask` and `segment_ids`; one float32 output `probability` of a classifier, or the float32
outputs `end_logits` and `start_logits` of a finder of answers; and a BertTokenizer among the
metadata's input process units. The sources of the readers say so: bert_nl_classifier.cc,
text_embedder.cc and bert_question_answerer.cc (tensorflow/tflite-support),
bert_preprocessor_calculator.cc and classification_postprocessing_graph.cc
(google-ai-edge/mediapipe).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from converters.tflite.appended_operators import add_constant, add_tensor, append_operator
from converters.tflite.metadata import pack_metadata
from converters.tflite.model_metadata import ModelMetadata
from converters.tflite.plain_name import plain_name
from converters.tflite.signature_names import PROBABILITY
from converters.tflite.tflite_file import Model, TFLiteFile, unpack_model
from tfsqueeze.tasks import (
    MULTI_LABEL_CLASSIFICATION,
    QUESTION_ANSWERING,
    SENTENCE_EMBEDDINGS,
    TEXT_CLASSIFICATION,
)
from tfsqueeze.tokenizers.tokenizer_settings import PAD_TOKEN
from tfsqueeze.utils.errors import UserError

# kMaxSeqLen in bert_question_answerer.h: it fills inputs of this length and no other.
ANSWERER_LENGTH = 384

# What makes probabilities of the logits of a task.
_PROBABILITY_OPERATORS = {
    TEXT_CLASSIFICATION.name: "SOFTMAX",
    MULTI_LABEL_CLASSIFICATION.name: "LOGISTIC",
}
_TASKS = (*_PROBABILITY_OPERATORS, QUESTION_ANSWERING.name, SENTENCE_EMBEDDINGS.name)
_TYPES = "token_type_ids"
_INPUTS = ("input_ids", "attention_mask", _TYPES)
# What is added to the logits of tokens that cannot be part of an answer.
_NO_ANSWER_LOGIT = -10_000.0


def sign_for_task_library(model: Model) -> bytes:
    """Returns a file that the Task Library and MediaPipe Tasks open, given one of tfsqueeze.

    The network stays as it is. Classifiers and embedders of single texts may lack two of the
    inputs; they are added, and nothing reads them: the readers pad with 0, which the network knows
    as padding, and give every token of a single text type 0. Outputs become float32, those of
    classifiers probabilities. The logits of answers get low at tokens outside the context: the
    reader looks among the five best tokens of the whole row.

    Args:
        model: a packed .tflite file: its path, its bytes, or a `TFLiteFile`.

    Raises:
        UserError: the file is not sound, or the readers cannot give its model what it reads; the
            message says what.
    """
    file = TFLiteFile.open(model)
    about = file.metadata
    lengths = [graph.tensors[graph.inputs[0]].shape[1] for graph in file.graphs]
    require_task_library(about, lengths)
    unpacked = unpack_model(file)
    graph, signature = unpacked.subgraphs[0], unpacked.signatureDefs[0]
    inputs = _add_inputs(graph, signature, lengths[0])
    penalty = None
    if about.task == QUESTION_ANSWERING.name:
        penalty = _penalty_outside_context(unpacked, inputs[_TYPES], lengths[0])
    graph.outputs = np.array(
        [
            _finish_output(unpacked, int(index), signature, about.task, penalty)
            for index in graph.outputs
        ],
        np.int32,
    )
    return pack_metadata(unpacked, **vars(about))


def require_task_library(about: ModelMetadata, lengths: Sequence[int]) -> None:
    """Checks that the readers of the Task Library and MediaPipe can use a model.

    Args:
        about: what a file of the model says of it.
        lengths: the static lengths in tokens of the file.

    Raises:
        UserError: they cannot; the message says why.
    """
    problem = _problem(about, lengths)
    if problem is not None:
        raise UserError(f"the readers of the signature task-library {problem}")


def _problem(about: ModelMetadata, lengths: Sequence[int]) -> str | None:
    """Returns what the readers do that does not fit a model; None if they can use it."""
    answers = about.task == QUESTION_ANSWERING.name
    if about.task not in _TASKS:
        return f"take models for {', '.join(_TASKS)}, not for {about.task}; leave --signature out"
    if about.pairs and not answers:
        return "give a model single texts, and this one is for pairs; leave --signature out"
    if not about.tokenizer.get("do_lower_case", True):
        return "lower-case every text, and the model knows capitals; leave --signature out"
    if about.vocabulary.index(PAD_TOKEN) != 0:
        return (
            f"pad with id 0, which is {about.vocabulary[0]!r} in the model's vocabulary; leave "
            "--signature out"
        )
    if answers and about.tokenizer.get("match_types"):
        return (
            "give words that question and context share no token types of their own, and the "
            "model has match types; train it with --no-match-types, or leave --signature out"
        )
    if len(lengths) > 1:
        return f"take files of one length, not of {len(lengths)}; give one --max-length"
    if answers and lengths[0] != ANSWERER_LENGTH:
        return (
            f"give a finder of answers {ANSWERER_LENGTH} tokens, not {lengths[0]}; give "
            f"--max-length {ANSWERER_LENGTH} if the model has so many positions"
        )
    return None


def _add_inputs(graph: Any, signature: Any, length: int) -> dict[str, int]:
    """Adds those of the three inputs that a graph lacks; returns the tensors of all by name."""
    from ai_edge_litert import schema_py_generated as schema

    found = {plain_name(graph.tensors[index].name): int(index) for index in graph.inputs}
    for name in _INPUTS:
        if name not in found:
            found[name] = add_tensor(graph, name, [1, length], np.int32)
            graph.inputs = np.append(graph.inputs, found[name]).astype(np.int32)
            entry = schema.TensorMapT()
            entry.name, entry.tensorIndex = name.encode(), found[name]
            signature.inputs.append(entry)
    return found


def _penalty_outside_context(model: Any, types: int, length: int) -> int:
    """Adds a tensor [1, length]: 0 at the context and [CLS], strongly negative elsewhere.

    [CLS], which stands for no answer, is a question's token by its type.
    """
    table = np.array([_NO_ANSWER_LOGIT, 0.0], np.float32)
    first = np.zeros([1, length], np.float32)
    first[0, 0] = -_NO_ANSWER_LOGIT
    rows = append_operator(
        model,
        "GATHER",
        [add_constant(model, "answer_penalties", table), types],
        "answer_penalty_of_type",
    )
    return append_operator(
        model, "ADD", [rows, add_constant(model, "answer_penalty_of_cls", first)], "answer_penalty"
    )


def _finish_output(model: Any, index: int, signature: Any, task: str, penalty: int | None) -> int:
    """Appends what an output lacks to be as the readers want it; returns the new output."""
    from ai_edge_litert import schema_py_generated as schema

    tensor = model.subgraphs[0].tensors[index]
    name = plain_name(tensor.name)
    steps = [("DEQUANTIZE", [])] if tensor.type == schema.TensorType.INT8 else []
    if task in _PROBABILITY_OPERATORS:
        steps.append((_PROBABILITY_OPERATORS[task], []))
        name = PROBABILITY
    if penalty is not None:
        steps.append(("ADD", [penalty]))
    tensor.name = f"{name}_0".encode()
    last = index
    for number, (operator, others) in enumerate(steps, 1):
        last = append_operator(model, operator, [last, *others], f"{name}_{number}")
    model.subgraphs[0].tensors[last].name = name.encode()
    for output in signature.outputs:
        if output.tensorIndex == index:
            output.tensorIndex, output.name = last, name.encode()
    return last
