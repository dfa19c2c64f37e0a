"""ncnn models of ONNX graphs, by pnnx, ncnn's converter."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from benchmarks.backends import NCNN_PARAM, NCNN_WEIGHTS


def convert(graph: onnx.ModelProto, length: int, vocab_size: int) -> bytes:
    """Returns a zip archive of the two files of an ncnn model in float32; a comment has the length.

    graph: a model of input_ids, int32 [1, length], that does not look for padding: pnnx leaves out
        comparisons of ids.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        onnx.save(_with_ids_in_range(graph, vocab_size), folder / "model.onnx")
        done = subprocess.run(
            [str(_program()), "model.onnx", f"inputshape=[1,{length}]i32", "fp16=0"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        archive = io.BytesIO()
        if not (folder / NCNN_PARAM).exists():
            raise RuntimeError(f"pnnx wrote no model: {done.stdout[-200:]}")
        layers = _without_clip((folder / NCNN_PARAM).read_text("utf-8"))
        with zipfile.ZipFile(archive, "w") as file:
            file.comment = str(length).encode()
            file.writestr(NCNN_PARAM, layers)
            file.write(folder / NCNN_WEIGHTS, NCNN_WEIGHTS)
        return archive.getvalue()


def _program() -> Path:
    """The program in the package pnnx; the package itself imports PyTorch."""
    found = importlib.util.find_spec("pnnx")
    assert found is not None and found.origin is not None
    return Path(found.origin).with_name("pnnx")


def _without_clip(param: str) -> str:
    """Returns the layers without the first, which clips the ids.

    To ncnn, the integers of ids are the bits of floats, of which clipping makes zeros.
    """
    magic, counts, ids, clip, *others = param.splitlines()
    # A layer has its type, name, numbers of inputs and outputs, these, and its settings.
    kind, _, _, _, clipped, output, *_ = clip.split()
    assert kind == "Clip" and ids.split()[-1] == clipped
    layers, tensors = (int(count) - 1 for count in counts.split())
    others[0] = others[0].replace(f" 1 1 {output} ", f" 1 1 {clipped} ")
    return "\n".join([magic, f"{layers} {tensors}", ids, *others]) + "\n"


def _with_ids_in_range(graph: onnx.ModelProto, vocab_size: int) -> onnx.ModelProto:
    """Returns a copy that clips the ids: pnnx runs the graph on any integers."""
    graph = onnx.ModelProto.FromString(graph.SerializeToString())
    for node in graph.graph.node:
        inputs = ["ids_in_range" if name == "input_ids" else name for name in node.input]
        node.input[:] = inputs
    limits = {"least_id": 0, "greatest_id": vocab_size - 1}
    graph.graph.initializer.extend(
        numpy_helper.from_array(np.array(value, np.int32), name) for name, value in limits.items()
    )
    graph.graph.node.insert(0, helper.make_node("Clip", ["input_ids", *limits], ["ids_in_range"]))
    return graph
