"""Configs: Hugging Face's fields and defaults, JSON, and what they refuse."""

import json
import subprocess
import sys

import pytest

from tfsqueeze import AlbertConfig, BertConfig, DistilBertConfig, ElectraConfig, MobileBertConfig
from tfsqueeze.models.complexity import count_parameters
from tfsqueeze.utils.errors import UserError

ALBERT_BASE = {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072}


@pytest.mark.parametrize(
    "config, parameters",
    [
        (BertConfig(), 109_482_240),
        (DistilBertConfig(), 66_362_880),
        (AlbertConfig(**ALBERT_BASE), 11_683_584),
        # MobileBERT, of which its paper says 25.3 million.
        (MobileBertConfig(classifier_activation=False), 24_581_888),
        # ELECTRA-small, of which its paper says 14 million with the discriminator's head.
        (ElectraConfig(), 13_483_008),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_published_numbers_of_parameters(config, parameters):
    assert sum(count_parameters(config).values()) == parameters


def test_json_round_trip(teacher_config, tmp_path):
    teacher_config.save_json(tmp_path / "config.json")
    assert type(teacher_config).from_json(tmp_path / "config.json") == teacher_config
    assert json.loads((tmp_path / "config.json").read_text())["label2id"] == {
        "a": 0,
        "b": 1,
        "c": 2,
    }


def test_the_names_of_other_architectures():
    config = DistilBertConfig(
        dim=24,
        n_layers=3,
        n_heads=4,
        hidden_dim=50,
        activation="relu",
        dropout=0.3,
        attention_dropout=0.2,
    )
    assert (
        config.hidden_size,
        config.num_hidden_layers,
        config.num_attention_heads,
        config.intermediate_size,
        config.hidden_act,
        config.hidden_dropout_prob,
        config.attention_probs_dropout_prob,
        config.attention_head_size,
    ) == (24, 3, 4, 50, "relu", 0.3, 0.2, 6)


def test_slots_are_said_only_where_there_are_some():
    config = BertConfig(slot_labels=["O", "B-city"])
    assert config.slot_labels == ("O", "B-city")
    assert BertConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert "slot_labels" not in BertConfig().to_dict()


def test_dropout_before_classifiers():
    assert BertConfig(hidden_dropout_prob=0.3).classifier_dropout_prob == 0.3
    assert BertConfig(classifier_dropout=0.0).classifier_dropout_prob == 0.0
    config = DistilBertConfig(dropout=0.3)
    assert (config.classifier_dropout_prob, config.token_classifier_dropout_prob) == (0.2, 0.3)
    assert AlbertConfig().token_classifier_dropout_prob == 0.1


@pytest.mark.parametrize(
    "groups, expected", [(1, (0, 0, 0, 0, 0, 0)), (2, (0, 0, 0, 1, 1, 1)), (6, (0, 1, 2, 3, 4, 5))]
)
def test_albert_shares_layers_in_groups(groups, expected):
    assert AlbertConfig(num_hidden_layers=6, num_hidden_groups=groups).layer_groups == expected


@pytest.mark.parametrize(
    "config_class, field, value, message",
    [
        (BertConfig, "hidden_size", 770, "BertConfig: hidden_size 770 must be divisible"),
        (BertConfig, "classifier_dropout", 1.0, "classifier_dropout must be a number from 0"),
        (BertConfig, "num_hidden_layers", -1, "num_hidden_layers must be a non-negative integer"),
        (MobileBertConfig, "intra_bottleneck_size", 130, "layers' 130 channels must be divisible"),
        (MobileBertConfig, "trigram_input", 1, "trigram_input must be true or false"),
        (MobileBertConfig, "key_query_shared_bottleneck", False, "queries and keys of wide states"),
        (MobileBertConfig, "normalization_type", "none", "must be one of no_norm, layer_norm"),
        (DistilBertConfig, "dim", "768", "dim must be a positive integer, not '768'"),
        (DistilBertConfig, "activation", "swish", "activation must be one of gelu, gelu_new"),
        (DistilBertConfig, "qa_dropout", -0.1, "qa_dropout must be a number from 0"),
        (
            AlbertConfig,
            "num_hidden_groups",
            5,
            "num_hidden_layers 12 must be divisible by num_hidden_groups 5",
        ),
        (AlbertConfig, "pad_token_id", 30000, "within vocab_size"),
        (AlbertConfig, "id2label", {}, "AlbertConfig: id2label must number at least one label"),
    ],
)
def test_values_that_do_not_fit(config_class, field, value, message):
    with pytest.raises(UserError, match=message):
        config_class(**{field: value})


def test_replace_names_an_unknown_field():
    with pytest.raises(UserError, match="DistilBertConfig: there is no field 'hidden_size'"):
        DistilBertConfig().replace(hidden_size=3)


def test_configs_do_not_load_tensorflow():
    code = (
        "import sys; from tfsqueeze import AlbertConfig; AlbertConfig(); "
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_activations_have_the_names_of_transformers_in_a_checkpoint(teacher_config):
    field = "activation" if isinstance(teacher_config, DistilBertConfig) else "hidden_act"
    config = teacher_config.replace(**{field: "sigmoid_gelu"})
    fields = config.checkpoint_fields()
    assert fields[field] == "quick_gelu" and config.to_dict()[field] == "sigmoid_gelu"
    assert type(config).from_dict(fields) == type(config).from_dict(config.to_dict()) == config
    assert teacher_config.checkpoint_fields()[field] == getattr(teacher_config, field)
    assert config.is_published
