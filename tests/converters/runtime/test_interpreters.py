"""The two runtimes behind one face."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from converters.runtime import interpreters as runtimes
from converters.runtime.interpreters import KernelsUnavailableError, available_runtimes, open_model
from tfsqueeze.utils.errors import UserError

EVERY_RUNTIME = available_runtimes()
EVERY_KERNEL = [
    (runtime, kernels) for runtime in EVERY_RUNTIME for kernels in ("default", "reference")
]
IDS = np.random.default_rng(1).integers(0, 11, [20, 8], np.int32)


def run_python(script: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize(("runtime", "kernels"), EVERY_KERNEL)
def test_logits_are_those_of_keras_within_the_output_scale(
    runtime, kernels, int8_model, sentiment_model
):
    # tflite-runtime must not fall into TensorFlow's libraries, which are loaded before it here.
    assert "tensorflow" in sys.modules
    model = open_model(int8_model, runtime, kernels)
    logits = model.predict_logits(IDS)
    expected = sentiment_model(IDS).numpy()
    assert logits.shape == (20, 3) and logits.dtype == np.float32
    assert np.ptp(expected, axis=0).min() > 10 * model.output_details[0].scale
    # Embeddings, weights and output are each rounded to a step of about 1/127 of their range.
    assert np.abs(logits - expected).max() < 4 * model.output_details[0].scale


@pytest.mark.parametrize(("runtime", "kernels"), EVERY_KERNEL)
def test_raw_output_is_dequantized_by_scale_and_zero_point(runtime, kernels, int8_model):
    model = open_model(int8_model, runtime, kernels)
    raw = model.run(IDS[:1])
    detail = model.output_details[0]
    assert raw.dtype == detail.dtype == np.int8 and raw.shape == detail.shape == (1, 3)
    np.testing.assert_allclose(
        model.predict_logits(IDS[:1]),
        detail.scale * (raw.astype(float) - detail.zero_point),
        rtol=1e-6,
    )


@pytest.mark.parametrize("runtime", EVERY_RUNTIME)
def test_float_models_pass_through(runtime, float_model, float_output_model, sentiment_model):
    expected = sentiment_model(IDS).numpy()
    model = open_model(float_model, runtime)
    assert model.output_details[0].scale == 0
    np.testing.assert_allclose(model.predict_logits(IDS), expected, atol=1e-5)
    assert open_model(float_output_model, runtime).run(IDS[:1]).dtype == np.float32


@pytest.mark.parametrize("runtime", EVERY_RUNTIME)
def test_several_inputs_go_by_name(runtime, masked_model):
    model = open_model(masked_model, runtime)
    assert {detail.name for detail in model.input_details} == {"input_ids", "attention_mask"}
    ones = np.ones_like(IDS)
    seen = model.predict_logits({"input_ids": IDS, "attention_mask": ones})
    unseen = model.predict_logits({"input_ids": IDS, "attention_mask": 0 * ones})
    assert np.ptp(seen, axis=0).min() > 0.1
    assert np.ptp(unseen, axis=0).max() == 0  # an all-zero mask hides every difference


def test_input_details_are_plain(int8_model, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(int8_model)
    (detail,) = open_model(path).input_details
    assert (detail.name, detail.dtype, detail.shape) == ("input_ids", np.int32, (1, 8))


def test_no_rows_give_no_logits(int8_model):
    assert open_model(int8_model).predict_logits(IDS[:0]).shape == (0, 3)


def test_int64_ids_are_taken_where_they_fit(int8_model):
    model = open_model(int8_model)
    np.testing.assert_array_equal(
        model.predict_logits(IDS.astype(np.int64)), model.predict_logits(IDS)
    )


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (IDS[:1, :5], r"input input_ids has shape \[1, 5\]; the model takes \[1, 8\]"),
        (IDS[:1] + 0.5, "int32 cannot hold"),
        (IDS[:1].astype(np.int64) + 2**40, "int32 cannot hold"),
        (np.array([["a"] * 8]), "int32 cannot hold"),
        (IDS[:1] + 11, "cannot run the model on these inputs: gather index out of bounds"),
        ({"ids": IDS[:1]}, "inputs given are ids; the model takes input_ids"),
        ({}, "inputs given are none"),
    ],
)
@pytest.mark.parametrize("runtime", EVERY_RUNTIME)
def test_bad_inputs_are_one_sentence(runtime, inputs, message, int8_model):
    with pytest.raises(UserError, match=message):
        open_model(int8_model, runtime).run(inputs)


def test_inputs_of_different_lengths_are_refused(masked_model):
    with pytest.raises(UserError, match=r"the inputs have \[2, 3\] rows"):
        open_model(masked_model).predict_logits({"input_ids": IDS[:2], "attention_mask": IDS[:3]})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"runtime": "onnx"}, "'onnx' is not available; installed here: .*litert"),
        ({"kernels": "fast"}, "kernels 'fast' are unknown; use default or reference"),
        ({"num_threads": 0}, "num_threads is 0"),
    ],
)
def test_bad_options_are_one_sentence(options, message, int8_model):
    with pytest.raises(UserError, match=message):
        open_model(int8_model, **options)


def test_litert_alone_is_enough(int8_model, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(int8_model)
    result = run_python(
        """
        import sys
        sys.modules["tflite_runtime"] = None  # as where it is not installed
        import numpy as np
        from converters.runtime.interpreters import available_runtimes, open_model
        assert available_runtimes() == ["litert"]
        print(open_model(sys.argv[1]).run(np.zeros([1, 8], np.int32)).shape)
        try:
            open_model(sys.argv[1], "tflite-runtime")
        except ValueError as error:
            print(error)
        assert "tensorflow" not in sys.modules
        """,
        str(path),
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "(1, 3)",
        "the runtime 'tflite-runtime' is not available; installed here: litert",
    ]


def test_tflite_runtime_is_left_out_under_numpy_2(monkeypatch):
    monkeypatch.setattr(runtimes.np, "__version__", "2.1.0")
    assert "tflite-runtime" not in available_runtimes()


def test_nothing_is_printed_by_the_runtimes(int8_model, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(int8_model)
    script = """
        import sys
        import numpy as np
        from converters.runtime.interpreters import available_runtimes, open_model
        for runtime in available_runtimes():
            open_model(sys.argv[1], runtime).run(np.zeros([1, 8], np.int32))
        print("kept", file=sys.stderr)
        """
    result = run_python(script, str(path))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "kept\n")


def test_reference_kernels_that_would_be_wrong_are_refused(rank3_model):
    default = open_model(rank3_model, "litert").predict_logits(IDS)
    reference = open_model(rank3_model, "litert", "reference")
    scale = reference.output_details[0].scale
    assert default.shape == (20, 8, 5)
    assert np.abs(reference.predict_logits(IDS) - default).max() <= 1.01 * scale
    if "tflite-runtime" in EVERY_RUNTIME:
        optimized = open_model(rank3_model, "tflite-runtime").predict_logits(IDS)
        assert np.abs(optimized - default).max() <= 1.01 * scale
        with pytest.raises(KernelsUnavailableError, match="FULLY_CONNECTED at 1 wrongly"):
            open_model(rank3_model, "tflite-runtime", "reference")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a .tflite file"),
        (b"PK\x03\x04 a zip, not a model", "not a .tflite file"),
        (b"\x1c\0\0\0TFL3" + b"\xff" * 400, "truncated or damaged"),
    ],
)
def test_other_files_are_refused(content, message, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"model.tflite is .*{message}"):
        open_model(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="nothing.tflite cannot be read: No such file"):
        open_model(tmp_path / "nothing.tflite")


def test_damaged_files_never_crash_the_process(int8_model, masked_model, tmp_path):
    """Truncations and random bytes give UserError or, as flips in weights do, numbers."""
    for name, content in (("int8", int8_model), ("masked", masked_model)):
        (tmp_path / name).write_bytes(content)
    result = run_python(
        """
        import collections, random, sys
        import numpy as np
        from converters.tflite.inspection import list_operators
        from converters.runtime.interpreters import available_runtimes, open_model
        from tfsqueeze.utils.errors import UserError

        outcomes = collections.Counter()
        generator = random.Random(0)
        for path in sys.argv[1:]:
            content = open(path, "rb").read()
            cases = [content[: generator.randrange(len(content))] for _ in range(40)]
            for _ in range(160):
                case = bytearray(content)
                for _ in range(generator.choice([1, 1, 1, 6])):
                    case[generator.randrange(len(case))] = generator.randrange(256)
                cases.append(bytes(case))
            for case in cases:
                for runtime in available_runtimes():
                    try:
                        list_operators(case)
                        model = open_model(case, runtime)
                        model.predict_logits(
                            {detail.name: np.ones([2, 8], np.int32)
                             for detail in model.input_details})
                        outcomes["ran"] += 1
                    except UserError:
                        outcomes["refused"] += 1
        assert outcomes["refused"] > 80 and outcomes["ran"] > 80, outcomes
        """,
        str(tmp_path / "int8"),
        str(tmp_path / "masked"),
    )
    assert result.returncode == 0, result.stderr[-2000:]


def test_rows_are_checked_and_given_in_the_file_s_order_and_dtypes(masked_model):
    model = open_model(masked_model)
    rows = {"attention_mask": np.ones([4, 8]), "input_ids": IDS[:4].astype(np.int64)}
    checked = model.checked_rows(rows)
    assert list(checked) == [detail.name for detail in model.input_details]
    assert all(value.dtype == np.int32 for value in checked.values())
    np.testing.assert_array_equal(checked["input_ids"], IDS[:4])
    with pytest.raises(UserError, match=r"attention_mask has shape \[4, 5\]; .* \[1, 8\]"):
        model.checked_rows({**rows, "attention_mask": np.ones([4, 5])})
    with pytest.raises(UserError, match=r"\[3, 4\] rows"):
        model.checked_rows({**rows, "attention_mask": np.ones([3, 8])})
