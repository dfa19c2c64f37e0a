"""The kernels in C compute what the reference kernels compute, bit by bit, at any quantization."""

from __future__ import annotations

import shutil
import subprocess
from importlib import resources

import numpy as np
import pytest

from converters.cortex_m.cortex_m_emulator import BOARDS, compile_program, run_program
from converters.runtime.interpreters import open_model
from converters.runtime.workers import run_in_workers
from converters.targets.micro.network_interface import NetworkInterface
from converters.targets.micro.network_sources import network_sources
from tests.converters.targets.micro.conftest import PROGRAMS, SANITIZERS, WARNINGS
from tests.converters.targets.micro.graph_builder import ROWS, VOCABULARY, GraphBuilder
from tfsqueeze.utils.errors import UserError

INPUTS = 60
NEAR_ZERO = {"lowest": 120, "zero_point": 124}


def add(graph, name="ADD", activation=0, other=None):
    left, right = graph.look_up(5), graph.look_up(5) if other is None else other(graph)
    wide = graph.like(left)["scale"] * 1.5
    return graph.operator(
        name,
        [left, right],
        graph.shapes[left],
        *(wide, int(graph.random.integers(-60, 60))),
        fusedActivationFunction=activation,
    )


def repeated_on_the_left(graph, name):
    row = graph.look_up(1)
    return graph.operator(name, [row, graph.look_up(6)], (1, ROWS, 6), fusedActivationFunction=0)


def multiply(graph, other, factor=1 / 90, **source):
    left = graph.look_up(5, **source)
    right = other(graph)
    scale = graph.like(left)["scale"] * graph.like(right)["scale"] / factor
    return graph.operator("MUL", [left, right], (1, ROWS, 5), scale, 10, fusedActivationFunction=0)


def square(graph):
    x = graph.look_up(5)
    scale = graph.like(x)["scale"] ** 2 * 100
    return graph.operator("MUL", [x, x], (1, ROWS, 5), scale, -100, fusedActivationFunction=0)


def minimum(graph):
    left = graph.look_up(5)
    mask = graph.look_up(1, **graph.like(left))
    return graph.operator("MINIMUM", [left, mask], (1, ROWS, 5), **graph.like(left))


def dense(graph, depth=6, channels=5, **options):
    rows = graph.look_up(depth)
    if options.get("name", "CONV_2D") == "CONV_2D":
        rows = graph.reshape(rows, 1, 1, ROWS, depth)
    return graph.dense(rows, channels, **options)


def fully_connected(graph, **options):
    rows = graph.reshape(graph.look_up(6), ROWS, 6)
    return graph.dense(rows, 5, name="FULLY_CONNECTED", **options)


def split_products(graph):
    """Products of the parts of rows, joined again."""
    rows = graph.reshape(graph.look_up(12), 1, 1, ROWS, 12)
    axis = graph.constant(np.array(3, np.int32))
    first = graph.operator(
        "SPLIT", [axis, rows], (1, 1, ROWS, 4), **graph.like(rows), outputs=3, numSplits=3
    )
    parts = [first, first + 1, first + 2]
    scale = graph.like(rows)["scale"]
    products = [graph.dense(part, 3, scale=scale) for part in parts]
    for product in products:
        graph.set_zero_point(product, 7)
    return graph.operator(
        "CONCATENATION",
        products,
        (1, 1, ROWS, 9),
        scale,
        7,
        axis=-1,
        fusedActivationFunction=0,
    )


def split_and_add(graph):
    """Parts of rows that are no operands of products are copied."""
    rows = graph.look_up(10)
    axis = graph.constant(np.array(-1, np.int32))
    part = graph.operator(
        "SPLIT", [axis, rows], (1, ROWS, 5), **graph.like(rows), outputs=2, numSplits=2
    )
    return graph.operator("ADD", [part, part + 1], (1, ROWS, 5), graph.scale() + 0.05, 3)


def join_rows(graph):
    left = graph.look_up(3)
    right = graph.look_up(4, **graph.like(left))
    return graph.operator(
        "CONCATENATION", [left, right, left], (1, ROWS, 10), **graph.like(left), axis=2
    )


def depthwise(graph, taps):
    rows = graph.reshape(graph.look_up(5), 1, 1, ROWS, 5)
    scales = tuple(graph.scale() for _ in range(5))
    weights = graph.random.integers(-127, 128, (1, 1, taps, 5)).astype(np.int8)
    bias = graph.random.integers(-900, 900, 5).astype(np.int32)
    source = graph.like(rows)["scale"]
    return graph.operator(
        "DEPTHWISE_CONV_2D",
        [
            rows,
            graph.constant(weights, scales, axis=3),
            graph.constant(bias, tuple(source * scale for scale in scales)),
        ],
        (1, 1, ROWS, 5),
        source * scales[0] * 200,
        *(5,),
        strideH=1,
        strideW=1,
        padding=0,
        depthMultiplier=1,
        fusedActivationFunction=1,
    )


def matmul(graph):
    left, right = graph.look_up(3, 6), graph.look_up(5, 6)
    scale = graph.like(left)["scale"] * graph.like(right)["scale"] * 200
    return graph.operator("BATCH_MATMUL", [left, right], (1, ROWS, 3, 5), scale, -9, adjY=True)


def matmul_of_columns(graph):
    left, right = graph.look_up(3, 5), graph.look_up(5, 6)
    scale = graph.like(left)["scale"] * graph.like(right)["scale"] * 200
    return graph.operator("BATCH_MATMUL", [left, right], (1, ROWS, 3, 6), scale, 4, adjY=False)


def softmax(graph, scale, beta=1.0):
    scores = graph.look_up(9, scale=scale)
    return graph.operator("SOFTMAX", [scores], (1, ROWS, 9), 1 / 256, -128, beta=beta)


def one_input(graph, name, source, scale, zero_point):
    """An operator of rows with the quantization `source`."""
    rows = graph.look_up(5, **source)
    return graph.operator(name, [rows], (1, ROWS, 5), scale, zero_point)


def reduce_max(graph, axis, shape):
    rows = graph.look_up(3, 4)
    axes = graph.constant(np.array([axis], np.int32))
    return graph.operator("REDUCE_MAX", [rows, axes], shape, **graph.like(rows), keepDims=False)


def transpose(graph, *axes):
    rows = graph.look_up(3, 4)
    order = graph.constant(np.array(axes, np.int32))
    shape = tuple((1, ROWS, 3, 4)[axis] for axis in axes)
    return graph.operator("TRANSPOSE", [rows, order], shape, **graph.like(rows))


def first_row(graph):
    rows = graph.look_up(4)
    numbers = [graph.constant(np.array(x, np.int32)) for x in ([0, 2, 0], [1, 3, 4], [1, 1, 1])]
    return graph.operator(
        "STRIDED_SLICE", [rows, *numbers], (1, 4), **graph.like(rows), shrinkAxisMask=2
    )


def some_rows(graph):
    rows = graph.look_up(4)
    numbers = [graph.constant(np.array(x, np.int32)) for x in ([0, 2, 0], [1, 3, -1])]
    return graph.operator("SLICE", [rows, *numbers], (1, 3, 4), **graph.like(rows))


GRAPHS = {
    "add": add,
    "add with relu6": lambda graph: add(graph, activation=3),
    "add with relu_n1_to_1": lambda graph: add(graph, activation=2),
    "add a number for each row": lambda graph: add(graph, other=lambda g: g.look_up(1)),
    "add to a number for each row": lambda graph: repeated_on_the_left(graph, "ADD"),
    "add a constant": lambda graph: add(graph, other=lambda g: g.int8_constant(5)),
    "add constant rows": lambda graph: add(graph, other=lambda g: g.int8_constant(ROWS, 5)),
    "subtract": lambda graph: add(graph, name="SUB"),
    "subtract from a number for each row": lambda graph: repeated_on_the_left(graph, "SUB"),
    "multiply": lambda graph: multiply(graph, lambda g: g.look_up(5)),
    "multiply by a number for each row": lambda graph: multiply(graph, lambda g: g.look_up(1)),
    "multiply by a constant": lambda graph: multiply(graph, lambda g: g.int8_constant()),
    "multiply by more than one": lambda graph: multiply(
        graph, lambda g: g.look_up(5, **NEAR_ZERO), 3.3, **NEAR_ZERO
    ),
    "square": square,
    "minimum": minimum,
    "dense": dense,
    "dense of a multiple of 4": lambda graph: dense(graph, depth=8, channels=4),
    "dense of one channel": lambda graph: dense(graph, depth=9, channels=1),
    "dense with relu": lambda graph: dense(graph, activation=1),
    "dense with relu6": lambda graph: dense(graph, activation=3),
    "dense of one scale": lambda graph: dense(graph, per_channel=False),
    "dense that magnifies": lambda graph: dense(graph, factor=1.7),
    "dense of two groups": lambda graph: dense(graph, depth=12, channels=6, group_depth=6),
    "fully connected": fully_connected,
    "fully connected of one scale": lambda graph: fully_connected(graph, per_channel=False),
    "split products": split_products,
    "split and add": split_and_add,
    "join rows": join_rows,
    "depthwise of 3": lambda graph: depthwise(graph, 3),
    "depthwise of 4": lambda graph: depthwise(graph, 4),
    "batch matmul": matmul,
    "batch matmul of columns": matmul_of_columns,
    "softmax": lambda graph: softmax(graph, 0.03),
    "softmax of small steps": lambda graph: softmax(graph, 1e-3),
    "softmax of large steps": lambda graph: softmax(graph, 0.6),
    "softmax with beta": lambda graph: softmax(graph, 0.05, beta=0.5),
    "rsqrt": lambda graph: one_input(
        graph, "RSQRT", {"lowest": -100, "scale": 0.02, "zero_point": -100}, 0.02, -128
    ),
    "logistic": lambda graph: one_input(graph, "LOGISTIC", {"scale": 0.05}, 1 / 256, -128),
    "tanh": lambda graph: one_input(graph, "TANH", {"scale": 0.03}, 1 / 128, 0),
    "gelu": lambda graph: one_input(graph, "GELU", {"scale": 0.03}, 0.02, -100),
    "l2 normalization": lambda graph: one_input(
        graph, "L2_NORMALIZATION", {"scale": 0.02, "zero_point": 7}, 1 / 128, 0
    ),
    "quantize": lambda graph: one_input(graph, "QUANTIZE", {"scale": 0.02}, 0.03, 5),
    "maximum of columns": lambda graph: reduce_max(graph, 2, (1, ROWS, 4)),
    "maximum of rows": lambda graph: reduce_max(graph, 3, (1, ROWS, 3)),
    "transpose heads": lambda graph: transpose(graph, 0, 2, 1, 3),
    "transpose all": lambda graph: transpose(graph, 3, 1, 0, 2),
    "first row": first_row,
    "some rows": some_rows,
}


@pytest.fixture(scope="module")
def cases():
    """The file of each graph, and inputs."""
    models = {}
    for seed, (name, make) in enumerate(GRAPHS.items()):
        graph = GraphBuilder(seed)
        models[name] = graph.build(make(graph))
    ids = np.random.default_rng(0).integers(0, VOCABULARY, (INPUTS, ROWS)).astype(np.int32)
    return models, ids


@pytest.fixture(scope="module")
def run_network(tmp_path_factory, compiler):
    """Compiles the C of a file with sanitizers, and runs it on token ids."""
    folder = tmp_path_factory.mktemp("kernels")
    kernels, options = folder / "kernels.o", [compiler, *WARNINGS, *SANITIZERS]
    write_kernels(folder)
    subprocess.run([*options, "-c", folder / "tfsqueeze_kernels.c", "-o", kernels], check=True)

    def run(model: bytes, ids: np.ndarray) -> np.ndarray:
        sources = write_network(model, ids, folder)
        program = folder / "program"
        subprocess.run([*options, *sources, kernels, "-o", program], check=True)
        subprocess.run([program], cwd=folder, check=True, timeout=60)
        return np.fromfile(folder / "output.bin", np.int8).reshape(len(ids), -1)

    return run


def write_kernels(folder):
    templates = resources.files("converters.targets.micro") / "templates" / "plain_c"
    for name in ("tfsqueeze_kernels.h", "tfsqueeze_kernels.c"):
        (folder / name).write_text((templates / name).read_text("utf-8"), "utf-8")


def write_network(model, ids, folder):
    """Writes sources and input; returns the sources but the kernels."""
    for name, text in network_sources(model, NetworkInterface.of_model(model)).texts.items():
        (folder / name).write_text(text, "utf-8")
    shutil.copy(PROGRAMS / "run_network.c", folder)
    (folder / "input.bin").write_bytes(ids.tobytes())
    return [folder / "run_network.c", folder / "network.c"]


def reference(model, ids):
    opened = open_model(model, "litert", "reference")
    return np.concatenate([opened.run(row[None]) for row in ids])


@pytest.mark.parametrize("name", GRAPHS)
def test_the_numbers_are_those_of_the_reference_kernels(name, cases, run_network):
    models, ids = cases
    expected = reference(models[name], ids)
    assert len(np.unique(expected)) > 3
    np.testing.assert_array_equal(run_network(models[name], ids), expected)


@pytest.mark.micro
def test_tensorflow_lite_micro_has_the_same_numbers(cases):
    from converters.targets.micro.micro_interpreter import predict

    models, ids = cases
    names = [name for name in GRAPHS if name != "gelu"]  # of which it has no kernel
    calls = [(models[name], {"input_ids": ids}, 1 << 20) for name in names]
    for name, found in zip(names, run_in_workers(predict, calls), strict=True):
        np.testing.assert_array_equal(found["logits"], reference(models[name], ids), err_msg=name)


@pytest.mark.micro
@pytest.mark.parametrize("cpu", BOARDS)
def test_the_numbers_on_a_cortex_m_are_the_same(cpu, cases, tmp_path):
    models, ids = cases
    ids = ids[:5]
    write_kernels(tmp_path)
    for name, model in models.items():
        sources = write_network(model, ids, tmp_path)
        program = tmp_path / "program.elf"
        files = [*sources, tmp_path / "tfsqueeze_kernels.c"]
        compile_program(files, program, cpu, ["-O2", *WARNINGS])
        run_program(program, cpu, tmp_path)
        found = np.fromfile(tmp_path / "output.bin", np.int8).reshape(len(ids), -1)
        np.testing.assert_array_equal(found, reference(model, ids), err_msg=name)


@pytest.mark.parametrize("name", ["ABS", "SOFTMAX"])
def test_what_no_kernel_does_is_refused(name):
    graph = GraphBuilder(0)
    output = one_input(graph, name, {}, 1 / 128, 0)
    with pytest.raises(UserError, match=f"plain C lack {name} of .* --runtime tflite-micro"):
        model = graph.build(output)
        network_sources(model, NetworkInterface.of_model(model))
