"""The figures of speed are those of models.json and instructions.json."""

from __future__ import annotations

import pytest

from converters.reports.formatting import decimals
from tests.results_in_documents.documents import figures, result, rows_of_table

PAGE = "docs/speed.md"
SHAPES = {"BERT-base": "bert-base", "DistilBERT": "distilbert", "MobileBERT": "mobilebert"}
STOCK = ("float32", "int8", "dynamic")
OURS = ("tfsqueeze-int8", "tfsqueeze-mobile")


@pytest.fixture(scope="module")
def run():
    (only,) = result("models")["runs"]
    return only


@pytest.fixture(scope="module")
def times_faster(run):
    """How many times faster than BERT-base in float32 each shape and form is."""
    assert run["baseline"] == "bert-base float32 on litert"
    return {model["name"].removesuffix(" on litert"): model["speedup"] for model in run["models"]}


def test_shapes(run, times_faster):
    assert rows_of_table(PAGE, "shape", "stock float32", "stock int8") == [
        [title, *(decimals(times_faster[f"{shape} {form}"]) for form in (*STOCK, *OURS))]
        for title, shape in SHAPES.items()
    ]
    assert figures(PAGE, r"--runtime litert --rounds (\d+)") == (str(run["rounds"]),)


def test_our_profiles_beside_the_stock_forms(times_faster):
    ratios = []
    for shape in SHAPES.values():
        stock = [times_faster[f"{shape} {form}"] for form in STOCK]
        ours = [times_faster[f"{shape} {form}"] for form in OURS]
        assert min(ours) > max(stock)
        ratios += [each / times_faster[f"{shape} int8"] for each in ours]
    pattern = r"faster than the best stock form of each shape, and (\S+) to (\S+) times faster"
    assert figures(PAGE, pattern) == (decimals(min(ratios), 1), decimals(max(ratios), 1))


def test_instructions_of_the_demos_model():
    runs = {run["cpu"]: run["instructions"] for run in result("instructions")["runs"]}
    counts = {
        (cpu, row["name"].removeprefix("squeezebert-micro ")): row
        for cpu, rows in runs.items()
        for row in rows
    }
    columns = [(runtime, cpu) for runtime in ("litert", "tflite-runtime") for cpu in sorted(runs)]
    assert rows_of_table(PAGE, "squeezebert-micro", "LiteRT, Cortex-A53") == [
        [
            form if form == "float32" else f"`{form}`",
            *(
                decimals(counts[cpu, f"{form} on {runtime}"]["total"] / 1e6, 1)
                for runtime, cpu in columns
            ),
        ]
        for form in ("float32", "int8", "mobile")
    ]
    fewer = counts["cortex-a76", "int8 on litert"]["times_fewer"]
    assert figures(PAGE, r"`int8` takes (\S+) times fewer than float32") == (decimals(fewer),)


def test_other_runtimes_without_dot_products():
    (run,) = result("models-avx2/models")["runs"]
    assert run["baseline"] == "bert-base float32 on litert"
    best = {}
    for title, form, runtime in (
        ("OpenVINO, float32", "openvino-float32", "openvino"),
        ("`mobile`, LiteRT", "mobile", "litert"),
        ("`int8`, LiteRT", "int8", "litert"),
        ("float32, LiteRT", "float32", "litert"),
        ("ONNX Runtime, int8", "onnx-static", "onnxruntime"),
        ("OpenVINO, int8 by NNCF", "openvino-int8", "openvino"),
        ("ncnn, float32, without a mask for padding", "ncnn-float32", "ncnn"),
    ):
        found = [
            model
            for model in run["models"]
            if model["name"].startswith(f"squeezebert-base {form}") and model["backend"] == runtime
        ]
        best[title] = max(found, key=lambda model: model["speedup"])
    assert rows_of_table(PAGE, "squeezebert-base", "x", "MB") == [
        [title, decimals(model["speedup"]), decimals(model["size_bytes"] / 1e6, 0)]
        for title, model in best.items()
    ]
    assert figures(PAGE, r"--length 128 --rounds (\d+)`; `benchmarks/results/models-avx2`") == (
        str(run["rounds"]),
    )


def test_heads_in_parts():
    (run,) = result("models-512/models")["runs"]
    (parts,) = [model for model in run["models"] if model["name"] != run["baseline"]]
    assert run["length"] == 512
    assert figures(
        "docs/int8-graph.md", r"Heads in parts make (\S+) (\S+) times faster .* \((\d+) rounds of"
    ) == (parts["family"], decimals(parts["speedup"]), str(run["rounds"]))
