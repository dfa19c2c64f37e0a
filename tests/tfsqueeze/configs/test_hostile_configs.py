"""Any value in any field of a config.json is read, or refused with one sentence."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tfsqueeze.json_values import json_values, write_changed
from tfsqueeze.configs.albert_config import AlbertConfig
from tfsqueeze.configs.bert_config import BertConfig
from tfsqueeze.configs.distilbert_config import DistilBertConfig
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.utils.errors import UserError

CLASSES = (SqueezeBertConfig, BertConfig, DistilBertConfig, AlbertConfig)
OTHER_FIELDS = ("num_labels", "label2id", "position_embedding_type", "inner_group_num", "x")


def fields_of(config_class) -> dict:
    slots = {} if "slot_labels" not in config_class._field_names() else {"slot_labels": ["O"]}
    return {**config_class(**slots).to_dict(), **dict.fromkeys(OTHER_FIELDS)}


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_value_in_any_field(data):
    config_class = data.draw(st.sampled_from(CLASSES))
    fields = fields_of(config_class)
    name = data.draw(st.sampled_from(sorted(fields)))
    if name == "num_labels":
        fields["id2label"] = None
    with tempfile.TemporaryDirectory() as folder:
        path = write_changed(Path(folder, "config.json"), fields, name, data.draw(json_values))
        try:
            config = config_class.from_json(path)
        except UserError as error:
            assert str(error).startswith(str(path)) and str(error).isprintable()
            assert len(str(error)) < 500
            return
    # What is accepted can be written and read again.
    assert config_class.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("config_class", "field", "value", "message"),
    [
        (SqueezeBertConfig, "layer_types", 5, "layer_types must be a list of layer types or None"),
        (SqueezeBertConfig, "layer_types", "attention", "layer_types must be a list"),
        (SqueezeBertConfig, "layer_types", [["attention"]] * 12, "layer_types must hold attention"),
        (SqueezeBertConfig, "slot_labels", 5, "slot_labels must be a list of names, not 5"),
        (BertConfig, "slot_labels", {"O": 1}, "slot_labels must be a list of names, not {'O': 1}"),
        (BertConfig, "model_type", ["bert"], r"config.json describes a \['bert'\] model"),
        (BertConfig, "hidden_size", True, "hidden_size must be a positive integer, not True"),
        (BertConfig, "hidden_size", 768.0, "hidden_size must be a positive integer, not 768.0"),
        (BertConfig, "layer_norm_eps", float("inf"), "layer_norm_eps must be a positive number"),
        (BertConfig, "hidden_dropout_prob", float("nan"), "hidden_dropout_prob must be a number"),
        (BertConfig, "hidden_act", ["gelu"], r"hidden_act must be one of .*, not \['gelu'\]"),
        (
            BertConfig,
            "num_hidden_layers",
            10_000,
            "num_hidden_layers must be at most 48, not",
        ),
        (BertConfig, "num_hidden_layers", 10**12, "num_hidden_layers must be at most 48"),
        (BertConfig, "id2label", ["a", "b"], "id2label must be a map of label numbers to names"),
        (BertConfig, "id2label", {"0": {"a": 1}}, "id2label must be a map of label numbers"),
        (BertConfig, "id2label", {"9" * 5_000: "a"}, "id2label must be a map of label numbers"),
        (DistilBertConfig, "n_layers", 10_000, "n_layers must be at most 48, not 10000"),
        (DistilBertConfig, "dim", 770, "dim 770 must be divisible by n_heads 12"),
        (AlbertConfig, "inner_group_num", [1], r"inner_group_num is \[1\] in config.json; only 1"),
    ],
)
def test_wrong_types_name_the_file_and_the_field(tmp_path, config_class, field, value, message):
    path = write_changed(tmp_path / "config.json", fields_of(config_class), field, value)
    with pytest.raises(UserError, match=f"^{path}: {config_class.__name__}: {message}"):
        config_class.from_json(path)


@pytest.mark.parametrize("value", ["x", 0, -1, 2.0, True, [2], 10**9])
def test_a_number_of_labels_that_is_none(tmp_path, value):
    fields = {**fields_of(BertConfig), "id2label": None}
    path = write_changed(tmp_path / "config.json", fields, "num_labels", value)
    with pytest.raises(UserError, match="num_labels must be an integer from 1 to 100,000, not"):
        BertConfig.from_json(path)


def test_so_many_groups_that_building_them_takes_minutes():
    groups = dict.fromkeys(("q_groups", "k_groups", "v_groups"), 768)
    with pytest.raises(UserError, match=r"27,756 products; at most 2,000 can be built"):
        SqueezeBertConfig(**groups)


@pytest.mark.parametrize("content", ['{"a":' * 100_000, "[" * 100_000])
def test_deep_nesting(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"config\.json: not valid JSON \(nested too deeply\)"):
        BertConfig.from_json(path)
