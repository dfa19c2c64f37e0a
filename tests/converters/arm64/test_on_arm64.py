"""The aarch64 wheels on emulated processors: what they compute, and counts of instructions."""

from __future__ import annotations

import itertools
import shutil
import subprocess

import numpy as np
import pytest

from converters.arm64.cpus import CPUS
from converters.arm64.emulator import RUNTIMES, run_on_arm64
from converters.arm64.sysroot import ENVIRONMENT, ensure_sysroot
from converters.conversion.runs import convert_run
from converters.runtime.interpreters import open_model
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.training.batches import tokenize
from tfsqueeze.utils.errors import UserError

pytestmark = [
    pytest.mark.arm64,
    pytest.mark.skipif(
        shutil.which("qemu-aarch64") is None,
        reason="qemu-aarch64 is not installed (apt-get install qemu-user)",
    ),
]
EVERYWHERE = list(itertools.product(RUNTIMES, CPUS))
ROWS, INPUTS, OUTPUTS = 64, 256, 256


@pytest.fixture(scope="module")
def profiles(trained_run, topics_model) -> dict[str, bytes]:
    """A trained SqueezeBERT's file of each profile."""
    return {"int8": topics_model.read_bytes(), "mobile": convert_run(trained_run, profile="mobile")}


@pytest.fixture(scope="module")
def ids(trained_run, topics_folder) -> np.ndarray:
    return tokenize(trained_run.tokenizer, load_dataset(topics_folder).test.texts)


def int8_dense(use_bias: bool) -> bytes:
    """An int8 dense layer, per channel, of ROWS x INPUTS x OUTPUTS multiply-accumulates."""
    import tensorflow as tf
    import tf_keras as keras

    inputs = keras.Input([INPUTS], batch_size=ROWS, name="x")
    values = keras.initializers.RandomUniform(-1, 1, seed=0)
    layer = keras.layers.Dense(
        OUTPUTS, use_bias=use_bias, kernel_initializer=values, bias_initializer=values
    )
    draw = np.random.default_rng(0)
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(inputs, layer(inputs)))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [draw.standard_normal([ROWS, INPUTS]).astype(np.float32)] for _ in range(4)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


@pytest.fixture(scope="module")
def dense() -> bytes:
    return int8_dense(use_bias=True)


@pytest.fixture(scope="module")
def dense_inputs() -> np.ndarray:
    """Twice the same batch."""
    batch = np.random.default_rng(0).integers(-128, 128, [ROWS, INPUTS], np.int8)
    return np.concatenate([batch, batch])


@pytest.fixture(scope="module")
def dense_counts(dense, dense_inputs):
    return {
        where: run_on_arm64(dense, dense_inputs, *where, count=True).counts for where in EVERYWHERE
    }


@pytest.mark.parametrize("profile", ["int8", "mobile"])
@pytest.mark.parametrize(("runtime", "cpu"), EVERYWHERE)
def test_outputs_are_those_of_x86(profiles, ids, profile, runtime, cpu, record_property) -> None:
    """On x86 and Arm kernels round differently, so that outputs may be a step apart."""
    model = open_model(profiles[profile], runtime)
    expected = np.concatenate([model.run(row[None]) for row in ids])
    (found,) = run_on_arm64(profiles[profile], ids, runtime, cpu).outputs
    assert found.dtype == expected.dtype == np.int8 and found.shape == expected.shape
    assert np.ptp(expected.astype(int)) > 100
    steps = np.abs(found.astype(int) - expected)
    record_property("steps", int(steps.max()))
    print(
        f"\n{profile}, {runtime}, {cpu}: at most {steps.max()} steps of the output's scale, "
        f"{steps.mean():.3f} on average; {len(ids)} texts"
    )
    assert steps.max() <= 2
    assert np.array_equal(found.argmax(1), expected.argmax(1))


def test_float_outputs_are_those_of_x86(float_model) -> None:
    ids = np.random.default_rng(1).integers(0, 11, [20, 8], np.int32)
    expected = open_model(float_model).predict_logits(ids)
    (found,) = run_on_arm64(float_model, ids).outputs
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_file_of_several_lengths_runs_at_the_longest(trained_run, ids, runtime) -> None:
    content = convert_run(trained_run, max_lengths=[8, 16])
    (found,) = run_on_arm64(content, ids[:3], runtime).outputs
    model = open_model(content, runtime)
    np.testing.assert_array_equal(found, np.concatenate([model.run(row[None]) for row in ids[:3]]))


def test_several_inputs_and_outputs_keep_the_file_s_order(convert) -> None:
    import tf_keras as keras

    first, second = keras.Input([4], name="first"), keras.Input([4], name="second")
    content = convert(keras.Model([first, second], [first - second, second * 3.0]), output=None)
    values = {"second": np.eye(4, dtype=np.float32), "first": np.ones([4, 4], np.float32)}
    outputs = run_on_arm64(content, values).outputs
    expected = {"difference": values["first"] - values["second"], "triple": values["second"] * 3}
    assert len(outputs) == 2
    # The converter chooses the order of outputs.
    for one in expected.values():
        assert sum(np.array_equal(one, output) for output in outputs) == 1


@pytest.mark.parametrize(("runtime", "cpu"), EVERYWHERE)
def test_counts_repeat(dense, dense_inputs, dense_counts, runtime, cpu) -> None:
    before = dense_counts[runtime, cpu]
    again = run_on_arm64(dense, dense_inputs, runtime, cpu, count=True).counts
    assert len(before) == 2
    assert again == before
    first, second = before
    # Both did the same products; what Python does around them differs a little.
    assert abs(first.total - second.total) < 0.01 * second.total
    assert abs(first.simd - second.simd) < 100


def test_dot_products_are_counted_where_the_processor_has_them(dense_counts) -> None:
    assert dense_counts["litert", "cortex-a76"][1].dot_product == ROWS * INPUTS * OUTPUTS / 16
    assert dense_counts["litert", "cortex-a53"][1].dot_product == 0
    assert (
        dense_counts["litert", "cortex-a76"][1].total
        < dense_counts["litert", "cortex-a53"][1].total / 3
    )
    for counts in dense_counts.values():
        for one in counts:
            assert 0 < one.memory < one.total and one.dot_product <= one.simd < one.total


def test_float_products_take_a_vector_instruction_for_four(convert) -> None:
    import tf_keras as keras

    for outputs in (128, 256):
        inputs = keras.Input([INPUTS], name="x")
        model = keras.Model(inputs, keras.layers.Dense(outputs)(inputs))
        counts = run_on_arm64(
            convert(model, output=None), np.ones([2, INPUTS], np.float32), count=True
        ).counts
        assert 1 < counts[1].simd / (INPUTS * outputs / 4) < 1.1


def test_xnnpack_takes_the_model(dense, dense_inputs) -> None:
    assert "XNNPACK delegate" in run_on_arm64(dense, dense_inputs).log


@pytest.mark.parametrize("cpu", CPUS.values(), ids=CPUS)
def test_files_name_the_capabilities_that_the_emulator_reports(cpu) -> None:
    sysroot = ensure_sysroot()
    script = (
        "import ctypes; print(ctypes.CDLL(None).getauxval(16)); print(open('/proc/cpuinfo').read())"
    )
    answer = subprocess.run(
        [*sysroot.python(cpu), "-B", "-c", script],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    capabilities, _, listed = answer.partition("\n")
    # Bits of AT_HWCAP, from Linux's arch/arm64/include/uapi/asm/hwcap.h.
    names = (
        "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt "
        "fcma lrcpc dcpop sha3 sm3 sm4 asimddp"
    ).split()
    reported = {name for bit, name in enumerate(names) if int(capabilities) >> bit & 1}
    assert int(capabilities) < 1 << len(names)
    assert reported == set(cpu.features)
    assert cpu.files()["proc/cpuinfo"].strip() in listed


def test_a_runtime_that_crashes_is_told_by_its_signal(dense_inputs) -> None:
    """tflite-runtime 2.14 computes this on x86; its aarch64 wheel reads the bias that is not
    there."""
    model = int8_dense(use_bias=False)
    open_model(model, "tflite-runtime").run(dense_inputs[:ROWS])
    run_on_arm64(model, dense_inputs, "litert")
    with pytest.raises(UserError) as error:
        run_on_arm64(model, dense_inputs, "tflite-runtime")
    assert str(error.value) == (
        "tflite-runtime on an emulated cortex-a76 cannot run the model: it died by SIGSEGV"
    )


def test_the_runtime_s_reason_is_passed_on(int8_model) -> None:
    with pytest.raises(UserError) as error:
        run_on_arm64(int8_model, np.full([1, 8], 10**6, np.int32), "tflite-runtime")
    assert str(error.value).startswith("tflite-runtime on an emulated cortex-a76 cannot run")
    assert "\n" not in str(error.value)
