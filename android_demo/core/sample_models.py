"""Writes the models that the Kotlin tests read.

    python android_demo/core/sample_models.py

They have the inputs, outputs and metadata of each task, and no network: their logits are zeros, and
the tests bring others.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converters.inference.search_index import SearchIndex
from converters.tflite.flatbuffer import serialize_model
from converters.tflite.metadata import pack_metadata
from converters.tflite.signatures import merge_lengths
from converters.tflite.tflite_file import TFLiteFile
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.utils.files import write_atomically

FOLDER = Path(__file__).parent / "src/test/resources/io/github/tfsqueeze/core"
_WORDS = "the cat sat on a mat play ##ing songs by new york where is it".split()
_VOCABULARY = [*SPECIAL_TOKENS, *_WORDS, *"?,.'東"]
_SETTINGS = {"do_lower_case": True, "strip_accents": None, "model_max_length": 16}
_SCALE, _ZERO_POINT = 0.25, 3


def sample_models() -> dict[str, bytes]:
    """Returns the content of the files by name."""
    tags = ["B-artist", "B-place", "I-artist", "I-place", "O"]
    return {
        "text-classification.tflite": _model(
            [8, 16], ["input_ids"], {"logits": [2]}, labels=["negative", "positive"]
        ),
        "pairs.tflite": _model(
            [16],
            ["input_ids", "attention_mask", "token_type_ids"],
            {"logits": [2]},
            labels=["different", "same"],
            pairs=True,
        ),
        "multi-label-classification.tflite": _model(
            [8, 16],
            ["input_ids"],
            {"logits": [3]},
            labels=["billing", "delivery", "urgent"],
            task="multi-label-classification",
            # The first is the probability of a logit of 1.0, by another formula than that of
            # predictions; the second is that of 0.0.
            decoding={"thresholds": [1 / (1 + math.exp(-1.0)), 0.5, 0.99]},
        ),
        "multi-label-pairs.tflite": _model(
            [16],
            ["input_ids", "attention_mask", "token_type_ids"],
            {"logits": [2]},
            labels=["follows", "repeats"],
            task="multi-label-classification",
            pairs=True,
            decoding={"thresholds": [0.25, 0.75]},
        ),
        "regression.tflite": _model(
            [8, 16],
            ["input_ids"],
            {"logits": [1]},
            labels=[],
            task="regression",
            decoding={"mean": 1000.0, "scale": 10.0},
        ),
        "regression-pairs.tflite": _model(
            [16],
            ["input_ids", "attention_mask", "token_type_ids"],
            {"logits": [1]},
            labels=[],
            task="regression",
            pairs=True,
            decoding={"mean": 2.7, "scale": 1.46},
        ),
        "token-classification.tflite": _model(
            [16], ["input_ids"], {"logits": [16, 5]}, labels=tags, task="token-classification"
        ),
        "intent-and-slots.tflite": _model(
            [16],
            ["input_ids"],
            {"slot_logits": [16, 5], "intent_logits": [2]},
            labels=["play", "weather"],
            slots=tags,
            task="intent-and-slots",
        ),
        "question-answering.tflite": _model(
            [16],
            ["input_ids", "token_type_ids"],
            {"start_logits": [16], "end_logits": [16]},
            labels=["answer", "no answer"],
            task="question-answering",
        ),
        "matched-answers.tflite": _model(
            [16],
            ["input_ids", "token_type_ids"],
            {"start_logits": [16], "end_logits": [16]},
            labels=["answer", "no answer"],
            task="question-answering",
            tokenizer={**_SETTINGS, "match_types": {"stop_words": ["the", "is"]}},
            decoding={"no_answer_threshold": 1.0, "temperature": 2.5},
        ),
        "sentence-embeddings.tflite": _model(
            [8, 16],
            ["input_ids"],
            {"embeddings": [4]},
            labels=[],
            task="sentence-embeddings",
        ),
    }


def write_samples(folder: Path) -> None:
    """Writes the models, and the texts that the one of sentence-embeddings searches.

    Args:
        folder: the folder to write to.
    """
    for name, content in sample_models().items():
        with write_atomically(folder / name) as path:
            path.write_bytes(content)
    model = TFLiteFile.open(folder / "sentence-embeddings.tflite")
    vectors = np.array([[3, 0, 0, 4], [17, -3, -3, -3], [0, 5, 5, 0]], np.float32)
    texts = ["the cat", "a mat", "東京 \U0001f600"]
    index = SearchIndex.of(texts, vectors, (1.0, -3), lambda _: vectors, model.digest)
    index.save(folder / "sentence-embeddings.safetensors")


def _model(
    lengths, inputs, outputs, *, task="text-classification", tokenizer=_SETTINGS, **metadata
) -> bytes:
    graphs = {length: _graph(length, inputs, outputs) for length in lengths}
    graph = merge_lengths(graphs) if len(graphs) > 1 else graphs[lengths[0]]
    return pack_metadata(
        graph,
        name=f"sample of {task}",
        description="A model whose logits are zeros.",
        vocabulary=_VOCABULARY,
        tokenizer=tokenizer,
        extra={},
        task=task,
        **metadata,
    )


def _graph(length, inputs, outputs) -> bytes:
    """Returns a .tflite file whose outputs are zeros, whatever its inputs are."""
    graph, signature, model = schema.SubGraphT(), schema.SignatureDefT(), schema.ModelT()
    graph.tensors, graph.operators = [], []
    model.buffers, model.operatorCodes = [schema.BufferT()], [_reshape_code()]
    graph.inputs = [_tensor(graph, name, [1, length], schema.TensorType.INT32) for name in inputs]
    graph.outputs = [
        _tensor(graph, name, [1, *shape], schema.TensorType.INT8, quantized=True)
        for name, shape in outputs.items()
    ]
    for output, shape in zip(graph.outputs, outputs.values(), strict=True):
        graph.operators.append(_zeros(model, graph, output, shape))
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs = [_entry(*item) for item in zip(inputs, graph.inputs, strict=True)]
    signature.outputs = [_entry(*item) for item in zip(outputs, graph.outputs, strict=True)]
    model.version, model.subgraphs, model.signatureDefs = 3, [graph], [signature]
    return serialize_model(model)


def _reshape_code():
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESHAPE
    code.version = 1
    return code


def _zeros(model, graph, output, shape):
    """Returns a RESHAPE of a constant, which writes logits of zero."""
    operator, options, buffer = schema.OperatorT(), schema.ReshapeOptionsT(), schema.BufferT()
    buffer.data = np.full(math.prod(shape), _ZERO_POINT, np.uint8)
    model.buffers.append(buffer)
    zeros = _tensor(graph, "zeros", shape, schema.TensorType.INT8, quantized=True)
    graph.tensors[zeros].buffer = len(model.buffers) - 1
    options.newShape = [1, *shape]
    operator.inputs, operator.outputs, operator.opcodeIndex = [zeros], [output], 0
    operator.builtinOptionsType = schema.BuiltinOptions.ReshapeOptions
    operator.builtinOptions = options
    return operator


def _tensor(graph, name, shape, kind, quantized=False) -> int:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name.encode(), shape, kind, 0
    if quantized:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [_SCALE], [_ZERO_POINT]
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _entry(name, index):
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name.encode(), index
    return entry


if __name__ == "__main__":
    write_samples(FOLDER)
