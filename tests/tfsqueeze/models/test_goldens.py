"""The outputs of the architectures of Hugging Face, and round trips of their files."""

import json
import shutil
import struct

import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import load_file

import tfsqueeze
from tests.tfsqueeze.checkpoint_folders import change_config, change_tensors, load_quietly
from tfsqueeze import (
    AlbertModel,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
    DistilBertForSequenceClassification,
    DistilBertModel,
    ElectraForQuestionAnswering,
    ElectraForSequenceClassification,
    ElectraForTokenClassification,
    ElectraModel,
    MobileBertForMaskedLM,
    MobileBertForQuestionAnswering,
    MobileBertForSequenceClassification,
    MobileBertForTokenClassification,
    MobileBertModel,
)
from tfsqueeze.checkpoints.huggingface import CONFIG_FILE, WEIGHTS_FILE
from tfsqueeze.models.encoder import MODEL_INPUTS
from tfsqueeze.utils.errors import UserError

GOLDENS = {
    "bert_base": BertModel,
    "bert_sequence_classification": BertForSequenceClassification,
    "bert_masked_lm": BertForMaskedLM,
    "distilbert_base": DistilBertModel,
    "distilbert_sequence_classification": DistilBertForSequenceClassification,
    "albert_base": AlbertModel,
    "mobilebert_base": MobileBertModel,
    "mobilebert_layer_norm": MobileBertModel,
    "mobilebert_sequence_classification": MobileBertForSequenceClassification,
    "mobilebert_token_classification": MobileBertForTokenClassification,
    "mobilebert_question_answering": MobileBertForQuestionAnswering,
    "electra_base": ElectraModel,
    "electra_sequence_classification": ElectraForSequenceClassification,
    "electra_token_classification": ElectraForTokenClassification,
    "electra_question_answering": ElectraForQuestionAnswering,
}


@pytest.fixture
def golden(goldens_dir, tmp_path):
    """A function that copies a golden checkpoint to a folder that the test may change."""
    return lambda name: shutil.copytree(goldens_dir / name, tmp_path / name)


@pytest.mark.parametrize("name", GOLDENS)
def test_every_golden_output_and_a_bit_identical_round_trip(name, goldens_dir, tmp_path):
    folder = goldens_dir / name
    model = load_quietly(GOLDENS[name], folder)
    with np.load(folder / "golden.npz") as file:
        expected = {key: file[key] for key in file}
    batch = {key: expected.pop(key) for key in MODEL_INPUTS}
    inputs = {key: batch[key] for key in model.input_names}
    outputs = model.with_states(hidden_states=range(model.config.num_hidden_layers + 1))(inputs)
    assert set(outputs) == set(expected)
    for key, value in expected.items():
        np.testing.assert_allclose(outputs[key], value, atol=1e-5, err_msg=key)

    model.save_pretrained(tmp_path)
    original, again = (load_file(f / WEIGHTS_FILE) for f in (folder, tmp_path))
    assert set(again) == set(original)
    for key, value in original.items():
        assert (again[key].dtype, again[key].shape) == (value.dtype, value.shape)
        assert again[key].tobytes() == value.tobytes(), key
    fields, original_fields = (
        json.loads((f / CONFIG_FILE).read_text()) for f in (tmp_path, folder)
    )
    # There are no fields that other readers might misunderstand.
    assert set(fields) - {"id2label", "label2id"} <= set(original_fields)
    assert all(fields[key] == original_fields[key] for key in set(fields) & set(original_fields))


@pytest.mark.parametrize(
    "task",
    ["ForMaskedLM", "ForQuestionAnswering", "ForSequenceClassification", "ForTokenClassification"],
)
def test_task_models_round_trip(
    task, teacher_class, teacher_config, tiny_batch, randomize, tmp_path
):
    # Finders of answers have two labels in a checkpoint, whatever the labels of their run are.
    config = teacher_config.with_labels("ab") if task == "ForQuestionAnswering" else teacher_config
    model = randomize(teacher_class(task)(config))
    model.save_pretrained(tmp_path)
    loaded = load_quietly(type(model), tmp_path)
    assert loaded.config == model.config
    batch = {name: tiny_batch[name] for name in model.input_names}
    for actual, expected in zip(
        tf.nest.flatten(loaded(batch)), tf.nest.flatten(model(batch)), strict=True
    ):
        np.testing.assert_array_equal(actual, expected)


# As transformers' classes name them.
HEADS = {
    ("Bert", "ForTokenClassification"): {"classifier.weight": (3, 16), "classifier.bias": (3,)},
    ("Bert", "ForQuestionAnswering"): {"qa_outputs.weight": (2, 16), "qa_outputs.bias": (2,)},
    ("DistilBert", "ForMaskedLM"): {
        "vocab_transform.weight": (16, 16),
        "vocab_transform.bias": (16,),
        "vocab_layer_norm.weight": (16,),
        "vocab_layer_norm.bias": (16,),
        "vocab_projector.bias": (50,),
    },
    ("DistilBert", "ForTokenClassification"): {
        "classifier.weight": (3, 16),
        "classifier.bias": (3,),
    },
    ("DistilBert", "ForQuestionAnswering"): {"qa_outputs.weight": (2, 16), "qa_outputs.bias": (2,)},
    ("Albert", "ForMaskedLM"): {
        "predictions.dense.weight": (8, 16),
        "predictions.dense.bias": (8,),
        "predictions.LayerNorm.weight": (8,),
        "predictions.LayerNorm.bias": (8,),
        "predictions.bias": (50,),
    },
    ("Albert", "ForSequenceClassification"): {
        "albert.pooler.weight": (16, 16),
        "albert.pooler.bias": (16,),
        "classifier.weight": (3, 16),
        "classifier.bias": (3,),
    },
    ("Albert", "ForTokenClassification"): {"classifier.weight": (3, 16), "classifier.bias": (3,)},
    ("MobileBert", "ForMaskedLM"): {
        "cls.predictions.transform.dense.weight": (16, 16),
        "cls.predictions.transform.dense.bias": (16,),
        "cls.predictions.transform.LayerNorm.weight": (16,),
        "cls.predictions.transform.LayerNorm.bias": (16,),
        # The rest of the decoder is the table of the word embeddings.
        "cls.predictions.dense.weight": (8, 50),
        "cls.predictions.bias": (50,),
    },
    ("Electra", "ForMaskedLM"): {
        "electra.embeddings_project.weight": (16, 8),
        "electra.embeddings_project.bias": (16,),
        "generator_predictions.dense.weight": (8, 16),
        "generator_predictions.dense.bias": (8,),
        "generator_predictions.LayerNorm.weight": (8,),
        "generator_predictions.LayerNorm.bias": (8,),
        "generator_lm_head.bias": (50,),
    },
    ("Albert", "ForQuestionAnswering"): {"qa_outputs.weight": (2, 16), "qa_outputs.bias": (2,)},
}


def test_the_names_of_heads_without_a_golden(architecture, teacher_class, teacher_config, tmp_path):
    for task in (task for name, task in HEADS if name == architecture):
        teacher_class(task)(teacher_config).save_pretrained(tmp_path)
        prefix = f"{architecture.lower()}."
        shapes = {
            key: value.shape
            for key, value in load_file(tmp_path / WEIGHTS_FILE).items()
            if not key.startswith(
                (f"{prefix}embeddings.", f"{prefix}encoder.", f"{prefix}transformer.")
            )
        }
        assert shapes == HEADS[architecture, task]


def test_mobilebert_that_predicts_masked_words(golden, tmp_path):
    """A golden encoder with a head of transformers' layout, which NumPy computes here."""
    folder = golden("mobilebert_base")
    draw = np.random.default_rng(0)
    head = {
        "transform.dense.weight": draw.normal(0, 0.3, (32, 32)),
        "transform.dense.bias": draw.normal(0, 0.3, 32),
        "transform.LayerNorm.weight": draw.normal(1, 0.3, 32),
        "transform.LayerNorm.bias": draw.normal(0, 0.3, 32),
        "dense.weight": draw.normal(0, 0.3, (16, 96)),
        "bias": draw.normal(0, 0.3, 96),
    }

    def add_head(tensors):
        for name in list(tensors):
            value = tensors.pop(name)
            if not name.startswith("pooler."):
                tensors[f"mobilebert.{name}"] = value
        for name, value in head.items():
            tensors[f"cls.predictions.{name}"] = value.astype(np.float32)

    change_tensors(folder, add_head)
    change_config(folder, architectures=["MobileBertForMaskedLM"])
    model = load_quietly(MobileBertForMaskedLM, folder)
    with np.load(folder / "golden.npz") as file:
        outputs = model({name: file[name] for name in model.input_names})
        x = file["last_hidden_state"]
    tensors = load_file(folder / WEIGHTS_FILE)
    x = np.maximum(x @ head["transform.dense.weight"].T + head["transform.dense.bias"], 0)
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
    x = x * head["transform.LayerNorm.weight"] + head["transform.LayerNorm.bias"]
    tied = tensors["mobilebert.embeddings.word_embeddings.weight"]
    decoder = np.concatenate([tied.T, head["dense.weight"]])
    np.testing.assert_allclose(outputs, x @ decoder + head["bias"], atol=5e-5)

    model.save_pretrained(tmp_path / "again")
    again = load_file(tmp_path / "again" / WEIGHTS_FILE)
    assert set(again) == set(tensors)
    for name, value in tensors.items():
        assert again[name].shape == value.shape and again[name].tobytes() == value.tobytes(), name


def test_a_base_checkpoint_in_a_task_class_and_back(goldens_dir, tmp_path):
    folder = goldens_dir / "bert_base"
    with pytest.warns(UserWarning, match="classifier.weight, classifier.bias.*newly initialised"):
        model = BertForTokenClassification.from_pretrained(folder, num_labels=5)
    assert model.output_shape == (None, None, 5)
    model.save_pretrained(tmp_path)
    # The pooler, which the class has no use for, is kept.
    with pytest.warns(
        UserWarning,
        match="leaves out classifier.bias, classifier.weight|"
        "leaves out classifier.weight, classifier.bias",
    ):
        again = BertModel.from_pretrained(tmp_path)
    for actual, expected in zip(
        again.get_weights(), load_quietly(BertModel, folder).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(actual, expected)


def test_old_checkpoints_with_gamma_and_beta_and_tied_copies(golden, goldens_dir):
    folder = golden("bert_masked_lm")

    def age(tensors):
        for name in list(tensors):
            old = name.replace("LayerNorm.weight", "LayerNorm.gamma")
            tensors[old.replace("LayerNorm.bias", "LayerNorm.beta")] = tensors.pop(name)
        tensors["cls.predictions.decoder.weight"] = tensors[
            "bert.embeddings.word_embeddings.weight"
        ].copy()
        tensors["cls.predictions.decoder.bias"] = tensors["cls.predictions.bias"].copy()
        tensors["bert.embeddings.position_ids"] = np.arange(24)[None]

    change_tensors(folder, age)
    model = load_quietly(BertForMaskedLM, folder)
    original = load_quietly(BertForMaskedLM, goldens_dir / "bert_masked_lm")
    for actual, expected in zip(model.get_weights(), original.get_weights(), strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_a_decoder_that_is_not_tied_is_refused(golden):
    folder = golden("bert_masked_lm")
    change_tensors(
        folder,
        lambda t: t.update(
            {"cls.predictions.decoder.weight": 2 * t["bert.embeddings.word_embeddings.weight"]}
        ),
    )
    with pytest.raises(
        UserError,
        match="'cls.predictions.decoder.weight' differs from 'embeddings.word_embeddings.weight'",
    ):
        BertForMaskedLM.from_pretrained(folder)


@pytest.mark.parametrize(
    "name, fields, message",
    [
        (
            "bert_base",
            {"hidden_size": 28},
            r"'embeddings.word_embeddings.weight' is float32 \[96, 32\]; .* "
            r"needs float32 \[96, 28\]",
        ),
        ("bert_base", {"num_hidden_layers": 4}, "describes 4 layers .* holds those of 3"),
        ("bert_base", {"num_hidden_layers": 2}, "describes 2 layers .* holds those of 3"),
        ("distilbert_base", {"n_layers": 1}, "describes 1 layers .* holds those of"),
        (
            "distilbert_base",
            {"hidden_dim": 60},
            r"'transformer.layer.0.ffn.lin1.weight' is float32 "
            r"\[64, 32\]",
        ),
        ("albert_base", {"num_hidden_groups": 3}, "describes 3 layers .* holds those of 1"),
        ("albert_base", {"embedding_size": 8}, r"needs float32 \[96, 8\]"),
        ("albert_base", {"inner_group_num": 2}, "inner_group_num is 2 in config.json; only 1"),
        ("bert_base", {"position_embedding_type": "relative_key"}, "only 'absolute' is supported"),
        ("bert_base", {"is_decoder": True}, "is_decoder is True in config.json"),
        ("bert_base", {"hidden_act": "silu"}, "hidden_act must be one of .*, not 'silu'"),
        ("bert_base", {"model_type": "roberta"}, "BertConfig: config.json describes a 'roberta' "),
    ],
)
def test_a_config_of_another_model(golden, name, fields, message):
    folder = golden(name)
    change_config(folder, **fields)
    with pytest.raises(UserError, match=message):
        GOLDENS[name].from_pretrained(folder)


def test_a_checkpoint_of_another_architecture(goldens_dir):
    with pytest.raises(UserError, match="DistilBertConfig: config.json describes a 'bert' model"):
        DistilBertModel.from_pretrained(goldens_dir / "bert_base")


@pytest.mark.parametrize("name", ["bert_base", "distilbert_base", "albert_base"])
def test_a_truncated_file_names_the_first_tensor_cut_off(golden, name):
    folder = golden(name)
    path = folder / WEIGHTS_FILE
    data = path.read_bytes()
    size = len(data) * 2 // 3
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    first = min(
        (entry["data_offsets"][1], name)
        for name, entry in header.items()
        if 8 + length + entry["data_offsets"][1] > size
    )[1]
    path.write_bytes(data[:size])
    with pytest.raises(UserError, match=f"truncated at tensor '{first}'"):
        GOLDENS[name].from_pretrained(folder)


def test_padding_found_by_its_id(goldens_dir):
    folder = goldens_dir / "distilbert_base"
    model = load_quietly(DistilBertModel, folder)
    by_id = load_quietly(DistilBertModel, folder, input_names=("input_ids",))
    ids = np.load(folder / "golden.npz")["input_ids"]
    mask = (ids != model.config.pad_token_id).astype("int32")
    expected = model({"input_ids": ids, "attention_mask": mask})
    tf.nest.map_structure(np.testing.assert_array_equal, by_id({"input_ids": ids}), expected)


def test_distilbert_takes_no_token_types():
    with pytest.raises(UserError, match="only 'attention_mask'$"):
        tfsqueeze.DistilBertModel(tfsqueeze.DistilBertConfig(n_layers=0), input_names=MODEL_INPUTS)
