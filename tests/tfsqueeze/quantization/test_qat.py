"""Quantization-aware copies of float models: what they quantize and what they keep."""

from __future__ import annotations

import gc
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_model_optimization.python.core.quantization.keras.quantize_wrapper import (
    QuantizeWrapperV2,
)

from tfsqueeze.configs.presets import load_preset
from tfsqueeze.layers import QuantizableLayer, SelfAttention
from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification
from tfsqueeze.quantization import calibrate, load_quantized, quantize_aware
from tfsqueeze.quantization.quantizers import exact_range
from tfsqueeze.training.optimizer import AdamW
from tfsqueeze.utils.errors import UserError

LENGTH = 16


def build(model_class=SqueezeBertForSequenceClassification, **fields):
    keras.utils.set_random_seed(1)
    config = load_preset(
        "squeezebert-micro",
        **{
            "hidden_size": 32,
            "num_attention_heads": 2,
            "intermediate_size": 64,
            "vocab_size": 50,
            "max_position_embeddings": LENGTH,
            "initializer_range": 0.2,
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
            "layer_types": ("attention", "convolution"),
            "hidden_act": "sigmoid_gelu",
            **fields,
        },
    ).with_labels(["a", "b", "c"])
    return model_class(config, input_names=("input_ids",))


def examples():
    draw = np.random.default_rng(0)
    ids = draw.integers(1, 50, (48, LENGTH)).astype(np.int32)
    ids[np.arange(LENGTH) >= draw.integers(2, LENGTH + 1, 48)[:, None]] = 0
    return ids


@pytest.fixture(scope="module")
def float_model():
    return build()


@pytest.fixture(scope="module")
def calibrated(float_model):
    return quantize_aware(float_model, [examples()])


def inner(layer):
    return layer.layer if isinstance(layer, QuantizeWrapperV2) else layer


def test_every_named_tensor_has_a_quantizer_with_a_calibrated_range(float_model, calibrated):
    assert [inner(layer).name for layer in calibrated.layers] == [
        layer.name for layer in float_model.layers
    ]
    observed = 0
    for layer in calibrated.layers:
        if not isinstance(inner(layer), QuantizableLayer):
            assert isinstance(layer, (keras.layers.InputLayer, keras.layers.Dropout))
            continue
        assert isinstance(layer, QuantizeWrapperV2), layer.name
        values = {
            weight.name.rsplit("/", 1)[-1].split(":")[0]: weight.numpy() for weight in layer.weights
        }
        for tensor, tensor_range in layer.layer.tensor_ranges().items():
            if tensor_range.is_fixed or tensor_range.limits_of:
                assert f"{tensor}_min" not in values
                continue
            observed += 1
            low, high = values[f"{tensor}_min"], values[f"{tensor}_max"]
            assert values[f"{tensor}_batches"] == 1
            assert low <= 0 <= high and low < high
            assert (low, high) != (-6.0, 6.0), f"{layer.name}: {tensor} was never seen"
        for weight in layer.layer.quantized_weights():
            assert any(name.startswith(f"{weight}_") and name.endswith("max") for name in values), (
                f"{layer.name}: {weight}"
            )
    assert observed > 50


def test_weight_scales_are_per_channel(calibrated):
    wrapper = next(layer for layer in calibrated.layers if "depthwise" in inner(layer).name)
    largest = next(weight for weight in wrapper.weights if weight.name.endswith("kernel_max:0"))
    kernel = next(weight for weight in wrapper.weights if weight.name.endswith("kernel:0"))
    np.testing.assert_allclose(
        largest.numpy(), np.abs(kernel.numpy()).max(axis=(0, 1, 2)), rtol=1e-5
    )


def test_calibrated_output_is_close_to_float(float_model, calibrated):
    """The attention's constant scale is folded into the query weights."""
    expected = float_model.predict(examples(), verbose=0)
    actual = calibrated.predict(examples(), verbose=0)
    assert np.abs(actual - expected).mean() < 0.05 * np.ptp(expected)
    assert (actual.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.85


def test_attention_scale_is_folded_into_the_query(float_model, calibrated):
    attention = next(layer for layer in float_model.layers if isinstance(layer, SelfAttention))
    query = attention.name.replace("attention", "query")
    float_layer = float_model.get_layer(query)
    qat_layer = next(inner(layer) for layer in calibrated.layers if inner(layer).name == query)
    head_size = 32 // 2
    assert float_layer.output_scale == pytest.approx(head_size**-0.5)
    assert qat_layer.output_scale == 1.0
    wrapper = next(layer for layer in calibrated.layers if inner(layer) is qat_layer)
    kernel = next(weight for weight in wrapper.weights if weight.name.endswith("kernel_0:0"))
    np.testing.assert_allclose(
        kernel.numpy(), float_layer.kernel_0.numpy() * head_size**-0.5, rtol=1e-6
    )


def test_training_lowers_the_loss_and_leaves_the_float_model_alone(float_model, tmp_path):
    qat_model = quantize_aware(float_model, [examples()])
    before = [weight.numpy() for weight in float_model.weights]
    qat_model.compile(
        keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    labels = examples()[:, 1] % 3
    loss = qat_model.fit(examples(), labels, batch_size=16, epochs=6, verbose=0).history["loss"]
    assert loss[-1] < 0.8 * loss[0]
    for old, weight in zip(before, float_model.weights, strict=True):
        np.testing.assert_array_equal(old, weight.numpy(), err_msg=weight.name)

    qat_model.save(tmp_path / "model.keras")
    expected = qat_model.predict(examples(), verbose=0)
    for load in (load_quantized, keras.models.load_model):
        loaded = load(tmp_path / "model.keras", compile=False)
        np.testing.assert_array_equal(loaded.predict(examples(), verbose=0), expected)


# In a process of its own, in which nothing but the line itself registers classes with Keras.
@pytest.mark.slow
@pytest.mark.parametrize("imports", ["import tf_keras", "import tfsqueeze, tf_keras"])
@pytest.mark.parametrize("compiled", [True, False])
def test_keras_loads_a_file_by_itself(imports, compiled, calibrated, tmp_path):
    path, ids, outputs = (str(tmp_path / name) for name in ("qat.keras", "ids.npy", "outputs.npy"))
    if compiled:
        calibrated.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    calibrated.save(path)
    np.save(ids, examples())
    code = (
        f"{imports}; import numpy as np; model = tf_keras.models.load_model({path!r});"
        f"np.save({outputs!r}, model.predict(np.load({ids!r}), verbose=0))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "AutoGraph" not in done.stderr
    np.testing.assert_array_equal(np.load(outputs), calibrated.predict(examples(), verbose=0))


def test_hdf5_is_refused_before_anything_is_written(float_model, calibrated, tmp_path):
    for model in (float_model, calibrated):
        with pytest.raises(UserError, match=r"model\.h5 would be HDF5, .* save it as model\.keras"):
            model.save(tmp_path / "model.h5")
        with pytest.raises(UserError, match="would be HDF5"):
            model.save(tmp_path / "model", save_format="h5")
    assert not list(tmp_path.iterdir())


def test_without_calibration_the_first_training_batch_sets_the_ranges(float_model, calibrated):
    qat_model = quantize_aware(float_model)
    qat_model(examples(), training=True)
    for expected, weight in zip(calibrated.weights, qat_model.weights, strict=True):
        if weight.name.endswith(("embeddings/output_min:0", "embeddings/output_max:0")):
            np.testing.assert_allclose(weight.numpy(), expected.numpy(), rtol=1e-6)
        if weight.name.endswith("_batches:0"):
            assert weight.numpy() == 1, weight.name


def test_calibration_takes_pairs_of_inputs_and_labels(float_model, calibrated):
    qat_model = quantize_aware(float_model, [({"input_ids": examples()}, np.zeros(48))])
    for expected, weight in zip(calibrated.weights, qat_model.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), expected.numpy())


def test_calibration_without_batches_is_refused(float_model, calibrated):
    for call in (lambda: quantize_aware(float_model, []), lambda: calibrate(calibrated, iter(()))):
        with pytest.raises(UserError, match="calibration_data holds no batches"):
            call()


@pytest.mark.slow
def test_no_graph_outlives_its_model():
    float_model = build(num_hidden_layers=1, layer_types=("attention",))

    def count():
        keras.backend.clear_session()
        gc.collect()
        # Keras never frees the small graphs in which it infers the shapes of outputs.
        return sum(
            isinstance(x, tf.Graph) and len(x.get_operations()) > 100 for x in gc.get_objects()
        )

    def train():
        model = quantize_aware(float_model, [examples()])
        model.compile(AdamW(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(examples(), np.zeros(48), verbose=0)

    before = count()
    train()
    assert count() == before


def test_other_models_are_refused_naming_the_layer():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(2, name="dense")(inputs))
    with pytest.raises(UserError, match=r"layer 'dense' \(Dense\) has no int8 form"):
        quantize_aware(model)


@given(st.floats(-1e4, 0), st.floats(1e-6, 1e4))
def test_exported_ranges_are_exact_and_near(low, high):
    exact_low, exact_high = exact_range(low, high)
    scale = (exact_high - exact_low) / 255
    assert exact_low <= 0 <= exact_high
    assert scale == pytest.approx((high - low) / 255, rel=2**-12)
    for bound in (exact_low, exact_high):
        assert float(np.float32(bound)) == bound and bound / scale == round(bound / scale)
    assert abs(exact_low - low) <= 0.6 * scale and abs(exact_high - high) <= 0.6 * scale
    assert exact_range(exact_low, exact_high) == (exact_low, exact_high)
