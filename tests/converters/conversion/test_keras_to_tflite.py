"""Every variant of the architecture becomes a file of int8 ops that computes what QAT computes."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tf_keras as keras

from converters.conversion.keras_to_tflite import convert_float, convert_int8, convert_post_training
from converters.runtime.interpreters import available_runtimes, open_model
from converters.runtime.workers import predict_logits, predict_outputs, run_in_workers
from converters.tflite.inspection import (
    NotFullyInt8Error,
    list_operators,
    require_int8,
    require_int8_products,
    summarize_operators,
)
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.layers import attention
from tfsqueeze.models.squeezebert import (
    SqueezeBertForQuestionAnswering,
    SqueezeBertForSequenceClassification,
    SqueezeBertForTokenClassification,
)
from tfsqueeze.quantization import quantize_aware
from tfsqueeze.utils.errors import UserError

LENGTH = 16
EXAMPLES = 32

IDS = ("input_ids",)
ALL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
CLASSIFIER = SqueezeBertForSequenceClassification

# Together they cover every value of every variant field, every head and every set of inputs.
VARIANTS = {
    "micro": (CLASSIFIER, IDS, {}),
    "paper": (
        CLASSIFIER,
        ALL_INPUTS,
        {
            "layer_types": ("attention", "attention"),
            "hidden_act": "gelu",
            "classifier_pooling": "cls",
        },
    ),
    "sigmoid_gelu_squeeze_expand": (
        CLASSIFIER,
        ("input_ids", "attention_mask"),
        {"hidden_act": "sigmoid_gelu", "feed_forward_type": "squeeze_expand"},
    ),
    "gelu_both": (CLASSIFIER, IDS, {"hidden_act": "gelu", "feed_forward_type": "both"}),
    "no_norm_convolutions": (
        CLASSIFIER,
        IDS,
        {"normalization_type": "no_norm", "layer_types": ("convolution", "convolution")},
    ),
    "bi_encoder": (
        CLASSIFIER,
        ("input_ids", "token_type_ids"),
        {"pair_encoder": "bi_encoder", "type_vocab_size": 4},
    ),
    "factorized_embeddings": (CLASSIFIER, IDS, {"embedding_size": 16}),
    "tokens": (SqueezeBertForTokenClassification, ("input_ids", "attention_mask"), {}),
    "answers": (SqueezeBertForQuestionAnswering, ALL_INPUTS, {"hidden_act": "sigmoid_gelu"}),
}


def build(model_class, input_names, variant, seed=0):
    keras.utils.set_random_seed(seed)
    fields = {
        "hidden_size": 32,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "vocab_size": 50,
        "max_position_embeddings": LENGTH,
        # Wide enough that the logits depend on the tokens.
        "initializer_range": 0.2,
        **variant,
    }
    config = load_preset("squeezebert-micro", **fields).with_labels(["a", "b", "c"])
    model = model_class(config, input_names=input_names)
    if config.pair_encoder == "bi_encoder":
        # Its classifier starts at 0.
        layer = model.get_layer("classifier")
        draw = np.random.default_rng(seed)
        layer.set_weights([draw.normal(0, 0.2, x.shape) for x in layer.get_weights()])
    return model


def examples(input_names, seed=0):
    draw = np.random.default_rng(seed)
    lengths = draw.integers(2, LENGTH + 1, EXAMPLES)[:, None]
    mask = (np.arange(LENGTH) < lengths).astype(np.int32)
    inputs = {
        "input_ids": draw.integers(1, 50, (EXAMPLES, LENGTH)).astype(np.int32) * mask,
        "attention_mask": mask,
        "token_type_ids": (np.arange(LENGTH) >= lengths // 2).astype(np.int32) * mask,
    }
    return {name: inputs[name] for name in input_names}


@pytest.fixture(scope="module")
def convert():
    """A function that returns a variant's float model, its calibrated copy, and their int8 file."""

    @functools.cache
    def convert_variant(name):
        model_class, input_names, variant = VARIANTS[name]
        float_model = build(model_class, input_names, variant)
        model = quantize_aware(float_model, [examples(input_names)])
        return float_model, model, convert_int8(model, LENGTH)

    return convert_variant


_QUICK = ("micro", "paper", "tokens", "answers")


@pytest.fixture(
    params=[
        name if name in _QUICK else pytest.param(name, marks=pytest.mark.slow) for name in VARIANTS
    ]
)
def converted(request, convert):
    """A variant's inputs, calibrated model and int8 file."""
    return examples(VARIANTS[request.param][1]), *convert(request.param)[1:]


def test_every_op_is_int8(converted):
    inputs, _, content = converted
    assert len(require_int8(content, allow_float_output=False)) > 20
    opened = open_model(content)
    assert {detail.name: (detail.dtype, detail.shape) for detail in opened.input_details} == {
        name: (np.dtype(np.int32), (1, LENGTH)) for name in inputs
    }
    assert opened.output_details[0].dtype == np.int8


def test_convolutions_have_a_scale_per_channel(converted):
    operators = list_operators(converted[2])
    convolutions = [row for row in operators if row.name in ("CONV_2D", "DEPTHWISE_CONV_2D")]
    assert convolutions
    for row in convolutions:
        channels = row.weights.shape[3 if row.name == "DEPTHWISE_CONV_2D" else 0]
        assert row.weights.dtype == "int8" and len(row.weights.scales) == channels, row


def test_runtimes_compute_what_quantization_aware_training_computes(converted):
    inputs, model, content = converted
    expected = model.predict(inputs, verbose=0)
    expected = expected if isinstance(expected, dict) else {"logits": expected}
    results = run_in_workers(
        predict_outputs, [(content, inputs, runtime, "default") for runtime in available_runtimes()]
    )
    for runtime, (outputs, scales) in zip(available_runtimes(), results, strict=True):
        assert set(outputs) == set(expected)
        for name, logits in outputs.items():
            assert np.ptp(expected[name]) > 20 * scales[name]  # else any constant would pass
            assert logits.shape == expected[name].shape
            steps = np.abs(logits - expected[name]) / scales[name]
            # Measured: mean 0.3 to 2.0, max 1 to 7; of random logits both are tens of steps.
            assert steps.mean() < 3.0 and steps.max() < 12.0, (runtime, steps.mean(), steps.max())


@pytest.mark.parametrize("variant", ["micro", "paper"])
def test_mobile_profile_keeps_products_in_int8(variant, convert):
    inputs = examples(VARIANTS[variant][1])
    float_model, model, _ = convert(variant)
    content = convert_int8(model, LENGTH, profile="mobile")
    dtypes = {
        row["name"]: row["inputs"] for row in summarize_operators(require_int8_products(content))
    }
    assert dtypes["SOFTMAX"] == dtypes["RSQRT"] == ["float32"]
    assert dtypes["CONV_2D"] == dtypes["BATCH_MATMUL"] == ["int8"]
    with pytest.raises(NotFullyInt8Error):
        require_int8(content)
    expected, in_float = (m.predict(inputs, verbose=0) for m in (model, float_model))
    scale = open_model(content).output_details[0].scale
    for runtime, (logits, _) in zip(
        available_runtimes(),
        run_in_workers(
            predict_logits,
            [(content, inputs, runtime, "default") for runtime in available_runtimes()],
        ),
        strict=True,
    ):
        steps = np.abs(logits - expected) / scale
        # The islands of float32 lack some of the roundings that the Keras model has.
        assert steps.mean() < 4.0 and steps.max() < 16.0, (runtime, steps.mean(), steps.max())
        assert np.abs(logits - in_float).mean() < 6 * scale


def test_heads_of_long_texts_are_mixed_in_parts(convert, monkeypatch):
    inputs = examples(VARIANTS["paper"][1])
    model = convert("paper")[1]
    whole = convert_int8(model, LENGTH, profile="mobile")
    # Room for the scores of one head.
    monkeypatch.setattr(attention, "_BYTES_OF_SCORES", 4 * LENGTH**2)
    parts = convert_int8(model, LENGTH, profile="mobile")
    # The last layer has one query, whose heads still fit.
    assert [_count(content, "SOFTMAX") for content in (whole, parts)] == [2, 3]
    for runtime in available_runtimes():
        expected, logits = (
            run_in_workers(predict_logits, [(content, inputs, runtime, "default")])[0][0]
            for content in (whole, parts)
        )
        np.testing.assert_array_equal(logits, expected)


def _count(content, name):
    return sum(operator.name == name for operator in list_operators(content))


def test_float_products_are_refused(micro):
    with pytest.raises(NotFullyInt8Error, match="matrix products are not int8: CONV_2D at"):
        require_int8_products(convert_float(micro[0], LENGTH))


@pytest.mark.parametrize("name", ["key", "value"])
def test_second_operands_of_products_have_zero_point_0(converted, name):
    operators = require_int8(converted[2], allow_float_output=False)
    if "SOFTMAX" not in {operator.name for operator in operators}:
        pytest.skip("a variant without attention")
    products = [
        operator
        for operator in operators
        if operator.name == "BATCH_MATMUL" and "attention" in operator.outputs[0].name
    ]
    assert products
    # Queries by keys, probabilities by values, in turns.
    for operator in products[name == "value" :: 2]:
        assert operator.inputs[1].zero_point == 0


@pytest.fixture
def micro(convert):
    """A float model, its calibrated quantization-aware model and the int8 file of that."""
    return convert("micro")


def test_float_output_is_the_dequantized_int8_output(micro):
    inputs = examples(IDS)
    content = convert_int8(micro[1], LENGTH, "float32")
    operators = require_int8(content, allow_float_output=True)
    assert [operator.name for operator in operators].count("DEQUANTIZE") == 1
    with pytest.raises(NotFullyInt8Error, match="DEQUANTIZE"):
        require_int8(content, allow_float_output=False)
    expected = open_model(micro[2]).predict_logits(inputs)
    opened = open_model(content)
    assert opened.output_details[0].dtype == np.float32
    np.testing.assert_allclose(opened.predict_logits(inputs), expected, atol=1e-6)


def test_a_shorter_length_gives_the_same_logits(micro):
    inputs = examples(IDS)["input_ids"]
    inputs[:, 8:] = 0
    long, short = open_model(micro[2]), open_model(convert_int8(micro[1], 8))
    assert short.input_details[0].shape == (1, 8)
    expected = long.predict_logits(inputs)
    # The kernels round the softmax of 8 and of 16 scores differently; measured: 3 steps at most.
    difference = np.abs(short.predict_logits(inputs[:, :8]) - expected)
    assert difference.max() < 6 * long.output_details[0].scale
    assert np.ptp(expected) > 50 * long.output_details[0].scale


def test_float_conversion_is_exact_and_not_int8(micro):
    inputs = examples(IDS)
    content = convert_float(micro[0], LENGTH)
    np.testing.assert_allclose(
        open_model(content).predict_logits(inputs), micro[0].predict(inputs, verbose=0), atol=1e-4
    )
    with pytest.raises(NotFullyInt8Error, match="operators are not int8: .*float32"):
        require_int8(content)


def test_post_training_conversion_calibrates_on_rows(micro):
    content = convert_post_training(micro[0], LENGTH, examples(IDS)["input_ids"])
    assert open_model(content).output_details[0].dtype == np.int8


def test_a_mask_that_int8_can_hold_keeps_the_scores(micro):
    inputs = examples(IDS)
    expected = micro[0].predict(inputs, verbose=0)
    errors = [
        np.abs(
            open_model(
                convert_post_training(micro[0], LENGTH, inputs["input_ids"], mask_value)
            ).predict_logits(inputs)
            - expected
        ).mean()
        for mask_value in (-10_000.0, -20.0)
    ]
    assert errors[1] < 0.8 * errors[0]
    # The model itself keeps its mask.
    np.testing.assert_array_equal(micro[0].predict(inputs, verbose=0), expected)


def test_a_model_without_fake_quantization_is_refused_naming_ops(micro):
    with pytest.raises(NotFullyInt8Error, match=r"of the model's \d+ operators are not int8: \w+ "):
        convert_int8(micro[0], LENGTH, "float32")


@pytest.mark.parametrize("length", [0, -1, LENGTH + 1])
def test_a_length_that_the_model_cannot_read_is_refused(micro, length):
    with pytest.raises(UserError, match=f"max_length {length} must be from 1 to .* {LENGTH}"):
        convert_int8(micro[1], length)


def test_an_unknown_output_dtype_is_refused(micro):
    with pytest.raises(UserError, match="output_dtype 'int4' is not one of int8, float32"):
        convert_int8(micro[1], LENGTH, "int4")


def test_an_unknown_profile_is_refused(micro):
    with pytest.raises(UserError, match="profile 'float32' is not one of int8, mobile"):
        convert_int8(micro[1], LENGTH, profile="float32")


def test_post_training_conversion_of_other_inputs_is_refused():
    model = build(*VARIANTS["tokens"])
    ids = examples(IDS)["input_ids"]
    with pytest.raises(UserError, match="have input_ids; the model takes attention_mask"):
        convert_post_training(model, LENGTH, ids)
    with pytest.raises(UserError, match="there are no representative rows"):
        convert_post_training(model, LENGTH, [])


def test_post_training_conversion_takes_several_inputs():
    variant = VARIANTS["tokens"]
    inputs = examples(variant[1])
    rows = [{name: value[row] for name, value in inputs.items()} for row in range(EXAMPLES)]
    model = open_model(convert_post_training(build(*variant), LENGTH, rows))
    assert model.output_details[0].name == "logits"
    assert model.output_details[0].shape == (1, LENGTH, 3)


@pytest.mark.slow
@pytest.mark.parametrize("normalization_type", ["layer_norm", "no_norm"])
@pytest.mark.parametrize(("seed", "layers"), [(0, 2), (1, 1), (2, 1), (3, 1)])
def test_new_models_convert(normalization_type, seed, layers):
    # Scales of 1 and offsets of 0, ops that the converter removes.
    ids = np.random.default_rng(seed).integers(1, 50, (EXAMPLES, LENGTH)).astype(np.int32)
    model = build(
        CLASSIFIER,
        IDS,
        {
            "normalization_type": normalization_type,
            "q_groups": 2,
            "num_hidden_layers": layers,
            "layer_types": ("attention",) * layers,
        },
        seed,
    )
    qat_model = quantize_aware(model, [{"input_ids": ids}])
    for profile in ("int8", "mobile"):
        opened = open_model(convert_int8(qat_model, LENGTH, profile=profile))
        scale = opened.output_details[0].scale
        difference = opened.predict_logits({"input_ids": ids}) - qat_model.predict(
            {"input_ids": ids}, verbose=0
        )
        assert np.abs(difference).mean() < 4 * scale
