"""The config: defaults, derived fields, JSON, and what it refuses."""

import json

import pytest

from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.utils.errors import UserError


def test_the_defaults_are_the_papers_model():
    config = SqueezeBertConfig()
    assert (config.hidden_size, config.num_hidden_layers, config.q_groups) == (768, 12, 4)
    assert config.layer_types == ("attention",) * 12
    assert config.attention_head_size == 64


def test_derived_fields_follow_a_change():
    config = SqueezeBertConfig().replace(
        hidden_size=384, num_attention_heads=6, num_hidden_layers=2
    )
    assert config.embedding_size == 384
    assert config.squeeze_size == 96
    assert config.layer_types == ("attention", "attention")


def test_a_given_derived_field_is_kept():
    config = SqueezeBertConfig(squeeze_size=100)
    assert config.replace(hidden_act="relu").squeeze_size == 100
    assert config.replace(hidden_size=384, squeeze_size=50).squeeze_size == 50


def test_labels():
    config = SqueezeBertConfig().with_labels(["no", "yes", "maybe"])
    assert config.num_labels == 3
    assert config.label2id == {"no": 0, "yes": 1, "maybe": 2}


def test_json_round_trip(tmp_path, tiny_config):
    config = tiny_config(
        layer_types=("convolution", "attention"),
        feed_forward_type="both",
        squeeze_size=5,
        hidden_act="relu",
    ).with_labels(["a", "ß"])
    config.save_json(tmp_path / "config.json")
    assert SqueezeBertConfig.from_json(tmp_path / "config.json") == config


def test_fields_of_other_libraries_are_ignored():
    config = SqueezeBertConfig.from_dict(
        {
            "model_type": "squeezebert",
            "hidden_size": 768,
            "transformers_version": "5",
            "bos_token_id": None,
            "pad_token_id": None,
            "num_labels": 3,
        }
    )
    assert config.pad_token_id == 0
    assert config.num_labels == 3


@pytest.mark.parametrize("names", ["O", ["O", 3], [""]])
def test_slots_that_are_no_names_are_refused(names):
    with pytest.raises(UserError, match="slot_labels must be a list of names"):
        SqueezeBertConfig(slot_labels=names)


def test_another_architecture_is_refused():
    with pytest.raises(UserError, match="'bert'"):
        SqueezeBertConfig.from_dict({"model_type": "bert"})


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "does not exist"),
        ("{", r"config\.json:1: not valid JSON"),
        ("[1]", r"config\.json: the file: it is \[1\], not an object"),
    ],
)
def test_a_bad_config_file(tmp_path, content, message):
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=message):
        SqueezeBertConfig.from_json(path)


@pytest.mark.parametrize(
    "field, value, message",
    [
        ("hidden_size", "768", "hidden_size must be a positive integer, not '768'"),
        ("hidden_size", 770, "divisible by num_attention_heads"),
        ("embedding_size", 0, "embedding_size must be a positive integer or None, not 0"),
        ("num_hidden_layers", -1, "non-negative"),
        ("num_hidden_layers", "12", "non-negative integer"),
        ("q_groups", 0, "q_groups must be a positive integer"),
        ("q_groups", 5, "divisor of hidden_size"),
        ("output_groups", 7, "divisor"),
        ("intermediate_size", 3073, "divisor of intermediate_size"),
        ("squeeze_size", 0, "squeeze_size"),
        ("layer_types", ("attention",), "layer_types names 1 layers"),
        ("layer_types", ("recurrent",) * 12, "'recurrent'"),
        ("hidden_act", "swish", "gelu, gelu_new, sigmoid_gelu, relu"),
        ("feed_forward_type", "sparse", "feed_forward_type"),
        ("normalization_type", "batch_norm", "normalization_type"),
        ("classifier_pooling", "mean", "classifier_pooling"),
        ("pair_encoder", "two_towers", "pair_encoder must be one of cross_encoder, bi_encoder"),
        ("hidden_dropout_prob", 1.0, "below 1"),
        ("layer_norm_eps", 0, "positive number"),
        ("pad_token_id", 30522, "within vocab_size"),
        ("id2label", {0: "a", 2: "b"}, "without a gap"),
        ("id2label", {"first": "a"}, "label numbers"),
        ("id2label", {}, "at least one label"),
    ],
)
def test_values_that_do_not_fit(field, value, message):
    with pytest.raises(UserError, match=message):
        SqueezeBertConfig(**{field: value})


def test_a_bi_encoder_has_two_token_types():
    with pytest.raises(UserError, match="type_vocab_size of 2 or more"):
        SqueezeBertConfig(pair_encoder="bi_encoder", type_vocab_size=1)


def test_replace_names_an_unknown_field():
    with pytest.raises(UserError, match="no field 'hiden_size'"):
        SqueezeBertConfig().replace(hiden_size=3)


def test_to_dict_is_plain_json():
    fields = SqueezeBertConfig().to_dict()
    assert fields == json.loads(json.dumps(fields))


def test_labels_are_in_the_order_of_their_numbers(tmp_path):
    names = [f"label {index}" for index in range(12)]
    config = SqueezeBertConfig().with_labels(names)
    config.save_json(tmp_path / "config.json")  # with "10" before "2"
    read = SqueezeBertConfig.from_json(tmp_path / "config.json")
    assert list(read.id2label.values()) == names


@pytest.mark.parametrize(
    ("changes", "is_published"),
    [
        ({}, True),
        ({"hidden_act": "sigmoid_gelu"}, True),
        ({"q_groups": 1, "squeeze_size": 4}, True),
        ({"embedding_size": 8}, False),
        ({"layer_types": ("convolution", "attention")}, False),
        ({"feed_forward_type": "both"}, False),
        ({"normalization_type": "no_norm"}, False),
        ({"slot_labels": ("O", "B-city")}, False),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, dict) else None,
)
def test_which_models_other_libraries_have(changes, is_published, tiny_config):
    assert tiny_config(**changes).is_published is is_published
