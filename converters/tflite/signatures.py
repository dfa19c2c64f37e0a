"""One .tflite file for several lengths, with the weights once."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from converters.tflite.flatbuffer import serialize_model

_KEY = re.compile(r"length_(\d+)")


def signature_key(max_length: int) -> str:
    """The name of the signature for texts of up to `max_length` tokens."""
    return f"length_{max_length}"


def signature_length(key: str) -> int | None:
    """The length that a signature's name tells, or None for a name that tells none."""
    match = _KEY.fullmatch(key)
    return int(match[1]) if match else None


def merge_lengths(contents: Mapping[int, bytes]) -> bytes:
    """Puts .tflite files of one model at several static lengths together.

    contents: the files by length, each with one subgraph and one signature.

    Returns a file with a subgraph and a signature (`signature_key`) for each; the longest is the
    first, which interpreters that know no signatures run. Constants of like content, and so the
    weights, are there once.
    """
    from ai_edge_litert import schema_py_generated as schema

    longest, *others = sorted(contents, reverse=True)
    merged = schema.ModelT.InitFromPackedBuf(contents[longest])
    merged.signatureDefs[0].signatureKey = signature_key(longest).encode()
    buffers = {_data(buffer): index for index, buffer in enumerate(merged.buffers)}
    codes = {_code(code): index for index, code in enumerate(merged.operatorCodes)}
    for length in others:
        model = schema.ModelT.InitFromPackedBuf(contents[length])
        (graph,), (signature,) = model.subgraphs, model.signatureDefs
        for tensor in graph.tensors:
            buffer = model.buffers[tensor.buffer]
            if _data(buffer) not in buffers:
                buffers[_data(buffer)] = len(merged.buffers)
                merged.buffers.append(buffer)
            tensor.buffer = buffers[_data(buffer)]
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            if _code(code) not in codes:
                codes[_code(code)] = len(merged.operatorCodes)
                merged.operatorCodes.append(code)
            operator.opcodeIndex = codes[_code(code)]
        signature.subgraphIndex = len(merged.subgraphs)
        signature.signatureKey = signature_key(length).encode()
        merged.subgraphs.append(graph)
        merged.signatureDefs.append(signature)
    return serialize_model(merged, sum(map(len, contents.values())))


def _data(buffer) -> bytes:
    # 0, the first buffer's, stands for none.
    return b"" if buffer.data is None else np.asarray(buffer.data, np.uint8).tobytes()


def _code(code) -> tuple:
    return code.builtinCode, code.customCode, code.version
