"""One .tflite file for several lengths, with the weights once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from converters.tflite.signature_names import signature_key
from converters.tflite.tflite_file import Model, unpack_model


def merge_lengths(models: Mapping[int, Model | Any]) -> Any:
    """Merges the .tflite models of one network at several static lengths into one.

    Args:
        models: the models by length, each with one subgraph and one signature: files, as paths,
            bytes or `TFLiteFile`s; or unpacked models (`ModelT`), which are changed.

    Returns:
        An unpacked model with a subgraph and a signature (`signature_key`) for each length; the
        longest comes first, which interpreters that know no signatures run. Constants with the
        same content, and so the weights, are there once.

    Raises:
        UserError: a file cannot be read, or is not sound.
    """
    longest, *others = sorted(models, reverse=True)
    merged = unpack_model(models[longest])
    merged.signatureDefs[0].signatureKey = signature_key(longest).encode()
    buffers = {_data(buffer): index for index, buffer in enumerate(merged.buffers)}
    codes = {_code(code): index for index, code in enumerate(merged.operatorCodes)}
    for length in others:
        model = unpack_model(models[length])
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
    return merged


def _data(buffer: Any) -> bytes:
    # 0, the first buffer's, stands for none.
    return b"" if buffer.data is None else np.asarray(buffer.data, np.uint8).tobytes()


def _code(code: Any) -> tuple[int, bytes, int]:
    return code.builtinCode, code.customCode, code.version
