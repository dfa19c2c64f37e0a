"""The closed forms against built models and TensorFlow's own profiler."""

import numpy as np
import pytest
import tensorflow as tf

from tfsqueeze.configs.presets import PRESETS, load_preset
from tfsqueeze.layers import export_form
from tfsqueeze.models.complexity import count_macs, count_parameters
from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification, SqueezeBertModel
from tfsqueeze.utils.errors import UserError


def random_config(tiny_config, seed):
    rng = np.random.default_rng(seed)
    layers = int(rng.integers(0, 3))
    groups = {
        f"{name}_groups": int(rng.choice([1, 2, 4]))
        for name in ("q", "k", "v", "post_attention", "intermediate", "output")
    }
    return tiny_config(
        num_hidden_layers=layers,
        hidden_size=8 * int(rng.integers(1, 4)),
        intermediate_size=4 * int(rng.integers(1, 20)),
        layer_types=tuple(rng.choice(["attention", "convolution"], layers).tolist()),
        feed_forward_type=str(rng.choice(["dense", "squeeze_expand", "both"])),
        squeeze_size=int(rng.integers(1, 9)),
        conv_kernel_size=int(rng.choice([3, 5])),
        **groups,
    )


def profiled_macs(model, length):
    """Half of the floating-point operations that TensorFlow counts in the graph's products."""
    spec = {name: tf.TensorSpec((1, length), tf.int32) for name in model.input_names}
    graph = tf.function(model).get_concrete_function(spec).graph
    options = (
        tf.compat.v1.profiler.ProfileOptionBuilder(
            tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
        )
        .with_empty_output()
        .build()
    )
    run_meta = tf.compat.v1.RunMetadata()
    profile = tf.compat.v1.profiler.profile(graph, run_meta, cmd="scope", options=options)
    products = ("MatMul", "BatchMatMulV2", "DepthwiseConv2dNative", "Conv2D")
    names = {op.name for op in graph.get_operations() if op.type in products}

    def total(node):
        own = node.float_ops if node.name in names else 0
        return own + sum(total(child) for child in node.children)

    return total(profile) / 2


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "squeezebert-base"])
def test_parameters_of_presets(name):
    config = load_preset(name)
    assert sum(count_parameters(config).values()) == SqueezeBertModel(config).count_params()


@pytest.mark.parametrize("seed", range(5))
def test_random_configs(tiny_config, seed):
    config = random_config(tiny_config, seed)
    model = SqueezeBertModel(config)
    assert sum(count_parameters(config).values()) == model.count_params()
    assert sum(count_macs(config, 12).values()) == profiled_macs(model, 12)


@pytest.mark.parametrize("layer_types", [("convolution", "attention"), ("attention",) * 2])
def test_a_classifier_of_the_first_token_multiplies_less(tiny_config, layer_types):
    config = tiny_config(
        num_hidden_layers=2,
        layer_types=layer_types,
        q_groups=2,
        classifier_pooling="cls",
        id2label={0: "a", 1: "b", 2: "c"},
    )
    model = SqueezeBertForSequenceClassification(config)
    macs = count_macs(config, 12, first_token_only=True)
    with export_form("float32"):
        assert sum(macs.values()) + 3 * config.hidden_size == profiled_macs(model, 12)
    assert macs["attention"] < count_macs(config, 12)["attention"]


def test_a_last_layer_that_reads_neighbours_is_counted_whole(tiny_config):
    for fields in ({"feed_forward_type": "both"}, {"layer_types": ("attention", "convolution")}):
        config = tiny_config(num_hidden_layers=2, **fields)
        assert count_macs(config, 12, first_token_only=True) == count_macs(config, 12)


def test_parts_by_hand(tiny_config):
    config = tiny_config(
        layer_types=("convolution", "attention"), squeeze_size=5, id2label={0: "a", 1: "b"}
    )
    assert count_parameters(config) == {
        "embeddings": (50 + 24 + 2) * 16 + 32,
        "attention": 3 * (16 * 8 + 16) + (16 * 16 + 16) + 32,
        "feed_forward": 2 * ((32 * 8 + 32) + (16 * 16 + 16) + 32),
        "squeeze_expand": (16 * 5 + 5) + (3 * 5 + 5) + (5 * 16 + 16) + 32,
        "pooler": 16 * 16 + 16,
    }
    assert count_macs(config, 10) == {
        "embeddings": 0,
        "attention": 10 * (3 * 16 * 8 + 16 * 16) + 2 * 10 * 10 * 16,
        "feed_forward": 2 * 10 * (32 * 8 + 16 * 16),
        "squeeze_expand": 10 * (16 * 5 + 3 * 5 + 5 * 16),
        "pooler": 16 * 16,
    }


@pytest.mark.parametrize("length", [0, 25])
def test_a_length_that_the_model_cannot_take(tiny_config, length):
    with pytest.raises(UserError, match="max_position_embeddings 24"):
        count_macs(tiny_config(), length)
