"""Hugging Face checkpoints: the goldens' outputs, round trips, and damaged files."""

import json
import shutil
import struct
import warnings

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from tests.tfsqueeze.checkpoint_folders import change_config, change_tensors, load_quietly
from tfsqueeze.checkpoints.huggingface import CONFIG_FILE, WEIGHTS_FILE
from tfsqueeze.models.encoder import MODEL_INPUTS
from tfsqueeze.models.reduction import reduce_layers
from tfsqueeze.models.squeezebert import (
    SqueezeBertForIntentAndSlots,
    SqueezeBertForMaskedLM,
    SqueezeBertForQuestionAnswering,
    SqueezeBertForSequenceClassification,
    SqueezeBertForTokenClassification,
    SqueezeBertModel,
)
from tfsqueeze.utils.errors import UserError

GOLDENS = {
    "base": SqueezeBertModel,
    "mixed_groups": SqueezeBertModel,
    "masked_lm": SqueezeBertForMaskedLM,
    "question_answering": SqueezeBertForQuestionAnswering,
    "sequence_classification": SqueezeBertForSequenceClassification,
    "token_classification": SqueezeBertForTokenClassification,
}


@pytest.fixture
def golden(goldens_dir, tmp_path):
    """A function that copies a golden checkpoint to a folder that the test may change."""

    def copy(name):
        return shutil.copytree(goldens_dir / f"squeezebert_{name}", tmp_path / name)

    return copy


@pytest.mark.parametrize("name", GOLDENS)
def test_every_golden_output_and_a_bit_identical_round_trip(name, goldens_dir, tmp_path):
    folder = goldens_dir / f"squeezebert_{name}"
    model = load_quietly(GOLDENS[name], folder)
    with np.load(folder / "golden.npz") as file:
        expected = {key: file[key] for key in file}
    inputs = {key: expected.pop(key) for key in MODEL_INPUTS}
    outputs = model(inputs)
    if GOLDENS[name] is not SqueezeBertModel:
        outputs = dict(outputs) if isinstance(outputs, dict) else {"logits": outputs}
        states = [
            "embeddings_norm",
            "layer_0_output_norm",
            "layer_1_output_norm",
            "layer_2_output_norm",
        ]
        backbone = keras.Model(model.inputs, [model.get_layer(layer).output for layer in states])
        outputs.update({f"hidden_states_{i}": x for i, x in enumerate(backbone(inputs))})
    assert set(outputs) == set(expected)
    for key, value in expected.items():
        np.testing.assert_allclose(outputs[key], value, atol=1e-4, err_msg=key)

    model.save_pretrained(tmp_path / "again")
    original, again = (load_file(f / WEIGHTS_FILE) for f in (folder, tmp_path / "again"))
    assert set(again) == set(original)
    for key, value in original.items():
        assert (again[key].dtype, again[key].shape) == (value.dtype, value.shape)
        assert again[key].tobytes() == value.tobytes(), key
    with safe_open(tmp_path / "again" / WEIGHTS_FILE, "numpy") as file:
        assert file.metadata() == {"format": "pt"}
    fields = json.loads((tmp_path / "again" / CONFIG_FILE).read_text())
    original_fields = json.loads((folder / CONFIG_FILE).read_text())
    assert fields["architectures"] == original_fields["architectures"]
    # A config of the paper's model has no fields that other readers might misunderstand.
    labels = {"id2label", "label2id"}
    assert set(fields) - labels <= set(original_fields)
    assert all(fields[key] == original_fields[key] for key in set(fields) & set(original_fields))


@pytest.mark.parametrize(
    "model_class",
    [
        SqueezeBertModel,
        SqueezeBertForSequenceClassification,
        SqueezeBertForMaskedLM,
        SqueezeBertForIntentAndSlots,
    ],
    ids=lambda c: c.__name__,
)
@pytest.mark.parametrize(
    "changes",
    [
        {
            "layer_types": ("convolution", "attention"),
            "feed_forward_type": "both",
            "squeeze_size": 6,
            "conv_kernel_size": 5,
            "hidden_act": "relu",
        },
        {
            "feed_forward_type": "squeeze_expand",
            "normalization_type": "no_norm",
            "classifier_pooling": "max",
        },
    ],
    ids=["hybrid", "squeeze_expand"],
)
def test_variants_round_trip(model_class, changes, tiny_config, tiny_batch, randomize, tmp_path):
    changes = {**changes, "slot_labels": ("O", "B-city", "I-city")}
    model = randomize(model_class(tiny_config(**changes)))
    model.save_pretrained(tmp_path)
    loaded = load_quietly(model_class, tmp_path)
    assert loaded.config == model.config
    for expected, actual in zip(
        tf.nest.flatten(model(tiny_batch)), tf.nest.flatten(loaded(tiny_batch)), strict=True
    ):
        np.testing.assert_array_equal(actual, expected)


def test_names_of_variant_tensors(tiny_config, tmp_path):
    config = tiny_config(
        layer_types=("convolution", "attention"), squeeze_size=6, feed_forward_type="both"
    )
    SqueezeBertModel(config).save_pretrained(tmp_path)
    shapes = {key: value.shape for key, value in load_file(tmp_path / WEIGHTS_FILE).items()}
    for block in ("encoder.layers.0.mixer", "encoder.layers.1.squeeze_expand"):
        assert shapes[f"{block}.squeeze.weight"] == (6, 16, 1)
        assert shapes[f"{block}.depthwise.weight"] == (6, 1, 3)
        assert shapes[f"{block}.expand.weight"] == (16, 6, 1)
        assert shapes[f"{block}.layernorm.bias"] == (16,)


def test_names_of_the_classifiers_of_intents_and_slots(tiny_config, tmp_path):
    config = tiny_config(num_hidden_layers=1, slot_labels=("O", "B-city")).with_labels("abc")
    SqueezeBertForIntentAndSlots(config).save_pretrained(tmp_path)
    shapes = {key: value.shape for key, value in load_file(tmp_path / WEIGHTS_FILE).items()}
    assert shapes["intent_classifier.weight"] == (3, 16)
    assert shapes["slot_classifier.weight"] == (2, 16)
    assert json.loads((tmp_path / CONFIG_FILE).read_text())["slot_labels"] == ["O", "B-city"]


@pytest.mark.parametrize(
    "labels, saved",
    [
        (["answer"], ["answer", "LABEL_1"]),
        (["answer", "no answer"], ["answer", "no answer"]),
        (["a", "b", "c"], ["a", "b"]),
    ],
    ids=["one", "two", "three"],
)
def test_a_checkpoint_of_answers_has_two_labels(labels, saved, tiny_config, tmp_path):
    config = tiny_config(num_hidden_layers=0).with_labels(labels)
    SqueezeBertForQuestionAnswering(config).save_pretrained(tmp_path)
    fields = json.loads((tmp_path / CONFIG_FILE).read_text())
    assert list(fields["id2label"].values()) == saved
    assert load_quietly(SqueezeBertForQuestionAnswering, tmp_path).config.num_labels == 2


def test_a_base_checkpoint_in_a_task_class(goldens_dir):
    folder = goldens_dir / "squeezebert_mixed_groups"
    with pytest.warns(UserWarning, match="classifier.weight, classifier.bias.*newly initialised"):
        model = SqueezeBertForSequenceClassification.from_pretrained(
            folder, id2label={0: "a", 1: "b", 2: "c"}, input_names=("input_ids",)
        )
    assert model.output_shape == (None, 3)
    assert list(model.input_names) == ["input_ids"]
    base = load_quietly(SqueezeBertModel, folder)
    for layer in ("embeddings", "layer_1_output", "pooler"):
        for actual, expected in zip(
            model.get_layer(layer).get_weights(), base.get_layer(layer).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(actual, expected)


def test_squeeze_expand_blocks_may_be_added(goldens_dir, tmp_path):
    folder = goldens_dir / "squeezebert_mixed_groups"
    with pytest.warns(UserWarning, match="layers.0.squeeze_expand.squeeze.weight.*newly"):
        model = SqueezeBertModel.from_pretrained(folder, feed_forward_type="both")
    base = load_quietly(SqueezeBertModel, folder)
    for layer in ("embeddings", "layer_1_output", "pooler"):
        for actual, expected in zip(
            model.get_layer(layer).get_weights(), base.get_layer(layer).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(actual, expected)
    # In a checkpoint with such blocks none may be missing.
    model.save_pretrained(tmp_path)
    tensors = load_file(tmp_path / WEIGHTS_FILE)
    del tensors["encoder.layers.1.squeeze_expand.expand.bias"]
    save_file(tensors, tmp_path / WEIGHTS_FILE, metadata={"format": "pt"})
    with pytest.raises(UserError, match="layers.1.squeeze_expand.expand.bias' is missing"):
        SqueezeBertModel.from_pretrained(tmp_path)


def test_a_task_checkpoint_in_the_base_class(goldens_dir, tmp_path):
    with pytest.warns(UserWarning, match="leaves out .*cls.predictions.bias"):
        model = SqueezeBertModel.from_pretrained(goldens_dir / "squeezebert_masked_lm")
    model.save_pretrained(tmp_path)
    names = set(load_file(tmp_path / WEIGHTS_FILE))
    assert names == set(load_file(goldens_dir / "squeezebert_base" / WEIGHTS_FILE))


def test_a_reduced_model_keeps_the_tensors_that_its_class_does_not_use(goldens_dir, tmp_path):
    model = load_quietly(
        SqueezeBertForTokenClassification, goldens_dir / "squeezebert_token_classification"
    )
    reduce_layers(model, [0, 2]).save_pretrained(tmp_path)
    tensors = load_file(tmp_path / WEIGHTS_FILE)
    assert "transformer.pooler.dense.weight" in tensors
    assert not any("layers.2." in name for name in tensors)


def test_num_labels_keeps_names_that_fit(tiny_config, tmp_path):
    config = tiny_config(num_hidden_layers=0).with_labels(["no", "yes"])
    SqueezeBertModel(config).save_pretrained(tmp_path)
    with warnings.catch_warnings(record=True):
        model_class = SqueezeBertForTokenClassification
        same = model_class.from_pretrained(tmp_path, num_labels=2)
        assert same.config.id2label == {0: "no", 1: "yes"}
        other = model_class.from_pretrained(tmp_path, num_labels=3)
        assert other.output_shape == (None, None, 3)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_float_widths_become_float32(golden, dtype):
    folder = golden("mixed_groups")
    numpy_dtype = tf.dtypes.as_dtype(dtype).as_numpy_dtype

    def convert(tensors):
        for name in tensors:
            tensors[name] = tensors[name].astype(numpy_dtype)

    expected = load_file(folder / WEIGHTS_FILE)["pooler.dense.weight"].astype(numpy_dtype)
    change_tensors(folder, convert)
    model = load_quietly(SqueezeBertModel, folder)
    weight = model.get_layer("pooler").get_weights()[0]
    assert weight.dtype == np.float32
    np.testing.assert_array_equal(np.squeeze(weight).T, expected.astype(np.float32))


def test_other_files_of_a_folder_are_left_alone(tiny_config, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    model = SqueezeBertModel(tiny_config(num_hidden_layers=0))
    model.save_pretrained(tmp_path)
    model.save_pretrained(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [CONFIG_FILE, WEIGHTS_FILE, "notes.txt"]


def test_a_missing_tensor(golden):
    folder = golden("sequence_classification")
    change_tensors(
        folder,
        lambda t: (
            t.pop("transformer.encoder.layers.1.output.conv1d.bias"),
            t.pop("transformer.encoder.layers.2.output.conv1d.bias"),
        ),
    )
    with pytest.raises(UserError, match="'encoder.layers.1.output.conv1d.bias' is missing"):
        SqueezeBertForSequenceClassification.from_pretrained(folder)


@pytest.mark.parametrize(
    "lost", [["classifier.bias"], ["classifier.bias", "classifier.weight"]], ids=len
)
def test_a_head_that_the_class_saved_is_not_made_up(golden, lost):
    folder = golden("sequence_classification")
    change_tensors(folder, lambda t: [t.pop(name) for name in lost])
    with pytest.raises(UserError, match=f"'{lost[-1]}' is missing"):
        SqueezeBertForSequenceClassification.from_pretrained(folder)


def test_half_a_head(golden):
    folder = golden("sequence_classification")
    change_config(folder, architectures=None)
    change_tensors(folder, lambda t: t.pop("classifier.bias"))
    with pytest.raises(UserError, match="'classifier.bias' is missing"):
        SqueezeBertForSequenceClassification.from_pretrained(folder)


@pytest.mark.parametrize(
    "fields, message",
    [
        (
            {"k_groups": 4},
            r"'encoder.layers.0.attention.key.weight' is float32 \[32, 16, 1\]; .* "
            r"needs float32 \[32, 8, 1\]",
        ),
        (
            {"vocab_size": 97},
            r"'embeddings.word_embeddings.weight' is float32 \[96, 32\]; .* "
            r"needs float32 \[97, 32\]",
        ),
        ({"num_hidden_layers": 3}, "describes 3 layers .*, and model.safetensors holds those of 2"),
        ({"num_hidden_layers": 1}, "describes 1 layers .*, and model.safetensors holds those of 2"),
    ],
)
def test_a_config_of_another_model(golden, fields, message):
    folder = golden("mixed_groups")
    change_config(folder, **fields)
    with pytest.raises(UserError, match=message):
        SqueezeBertModel.from_pretrained(folder)


def test_a_tensor_that_the_encoder_does_not_have(golden):
    folder = golden("mixed_groups")
    change_tensors(folder, lambda t: t.update({"encoder.layers.1.more.bias": np.zeros(3, "f")}))
    with pytest.raises(UserError, match="'encoder.layers.1.more.bias' does not belong to the mod"):
        SqueezeBertModel.from_pretrained(folder)


def test_integers_instead_of_weights(golden):
    folder = golden("mixed_groups")
    change_tensors(
        folder, lambda t: t.update({"pooler.dense.bias": t["pooler.dense.bias"].astype(np.int8)})
    )
    with pytest.raises(UserError, match="'pooler.dense.bias' is int8"):
        SqueezeBertModel.from_pretrained(folder)


def first_cut_tensor(data, size):
    """The first tensor, by position in the file, that does not fit in `size` bytes of it."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    ends = sorted((entry["data_offsets"][1], name) for name, entry in header.items())
    return next(name for end, name in ends if 8 + length + end > size)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.999])
def test_a_truncated_file_names_the_first_tensor_cut_off(golden, kept):
    folder = golden("mixed_groups")
    path = folder / WEIGHTS_FILE
    data = path.read_bytes()
    size = int(len(data) * kept)
    path.write_bytes(data[:size])
    with pytest.raises(UserError, match=f"truncated at tensor '{first_cut_tensor(data, size)}'"):
        SqueezeBertModel.from_pretrained(folder)


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "truncated"),
        (b"\x40\0\0\0\0\0\0\0{", "truncated: its header should be 64 bytes"),
        (b"\2\0\0\0\0\0\0\0[]", "not a safetensors file"),
        (b"oid sha256:0123456789 size 63704\n" * 3, "truncated|not a safetensors file"),
    ],
)
def test_a_file_that_is_no_safetensors(golden, data, message):
    folder = golden("mixed_groups")
    (folder / WEIGHTS_FILE).write_bytes(data)
    with pytest.raises(UserError, match=message):
        SqueezeBertModel.from_pretrained(folder)


def test_missing_files(golden, tmp_path):
    folder = golden("mixed_groups")
    (folder / WEIGHTS_FILE).unlink()
    with pytest.raises(UserError, match="holds no model.safetensors; save the model there with"):
        SqueezeBertModel.from_pretrained(folder)
    (folder / CONFIG_FILE).unlink()
    with pytest.raises(UserError, match="config.json does not exist"):
        SqueezeBertModel.from_pretrained(folder)
    with pytest.raises(UserError, match="is not a folder"):
        SqueezeBertModel.from_pretrained(tmp_path / "nowhere")


def test_another_architecture(golden):
    folder = golden("mixed_groups")
    change_config(folder, model_type="bert")
    with pytest.raises(UserError, match="'bert'"):
        SqueezeBertModel.from_pretrained(folder)


def test_an_unknown_option(goldens_dir):
    with pytest.raises(UserError, match="no field 'revision'"):
        SqueezeBertModel.from_pretrained(goldens_dir / "squeezebert_mixed_groups", revision="main")


def test_saving_onto_a_file(tiny_config, tmp_path):
    path = tmp_path / "model"
    path.write_text("mine")
    with pytest.raises(UserError, match="is a file"):
        SqueezeBertModel(tiny_config(num_hidden_layers=0)).save_pretrained(path)
    assert path.read_text() == "mine"


@pytest.mark.parametrize("hub_id", ["squeezebert/no-such-model", "no spaces allowed"])
def test_a_hub_id_that_cannot_be_fetched(hub_id, tmp_path, monkeypatch):
    import huggingface_hub.constants

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(UserError, match=f"'{hub_id}' here, .* and as a hub id") as caught:
        SqueezeBertModel.from_pretrained(hub_id)
    assert "\n" not in str(caught.value)


def test_a_hub_id_is_read_from_the_downloaded_folder(goldens_dir, tmp_path, monkeypatch):
    import huggingface_hub

    monkeypatch.chdir(tmp_path)
    asked = {}

    def snapshot_download(repo_id, revision, allow_patterns):
        asked[repo_id] = [*asked.get(repo_id, []), allow_patterns]
        return str(goldens_dir / "squeezebert_mixed_groups")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    model = SqueezeBertModel.from_pretrained("somebody/squeezebert")
    (patterns,) = asked["somebody/squeezebert"]
    assert {CONFIG_FILE, WEIGHTS_FILE, "vocab.txt", "tokenizer.json"} <= set(patterns)
    assert {"decoding.json", "1_Pooling/config.json"} <= set(patterns)
    # Pickles are fetched only where there is nothing else.
    assert not any(pattern.endswith(".bin") for pattern in patterns)
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(
        huggingface_hub,
        "snapshot_download",
        lambda *_, allow_patterns, **__: asked.update(last=allow_patterns) or tmp_path / "empty",
    )
    with pytest.raises(UserError, match="does not exist"):
        SqueezeBertModel.from_pretrained("somebody/older")
    assert {"pytorch_model.bin", "pytorch_model.bin.index.json"} <= set(asked["last"])
    assert model.config.hidden_size == 32
