"""Models that take texts in place of token ids."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

import tfsqueeze
from converters.conversion.keras_to_tflite import convert_int8
from tfsqueeze import BertConfig, BertForSequenceClassification, TextModel, WordPieceTokenizer
from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification
from tfsqueeze.utils.errors import UserError

WORDS = ("cat", "dog", "rain", "snow")
TEXTS = [f"the {word} {n}" for n in range(10) for word in WORDS]
LABELS = [int(word in ("rain", "snow")) for _ in range(10) for word in WORDS]


def tokenizer():
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", *WORDS]
    return WordPieceTokenizer(vocabulary, max_length=8)


def new_model(model_class=BertForSequenceClassification, names=("input_ids",)):
    sizes = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16}
    config_class = model_class.config_class
    config = config_class(vocab_size=9, num_hidden_layers=1, **sizes).with_labels(["pets", "sky"])
    keras.utils.set_random_seed(0)
    model = TextModel(model_class(config, input_names=names), tokenizer())
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def model():
    trained = new_model()
    history = trained.fit(
        TEXTS, LABELS, epochs=20, validation_data=(TEXTS[:8], LABELS[:8]), verbose=0
    )
    assert history.history["val_accuracy"][-1] == 1
    return trained


def test_it_learns_from_lists_of_texts(model):
    assert model.predict_labels(["the dog", "the snow"]) == ["pets", "sky"]
    assert model.evaluate(TEXTS, LABELS, verbose=0)[1] == 1


def test_labels_may_be_names(model):
    names = [["pets", "sky"][label] for label in LABELS]
    assert model.evaluate(TEXTS, names, verbose=0) == model.evaluate(TEXTS, LABELS, verbose=0)
    other = new_model()
    other.fit(TEXTS, np.array(names), epochs=20, validation_data=(TEXTS[:8], names[:8]), verbose=0)
    assert other.predict_labels(["the dog", "the snow"]) == ["pets", "sky"]
    with pytest.raises(UserError, match="no label 'sea'; it has 'pets', 'sky'"):
        model.fit(TEXTS[:2], ["pets", "sea"], verbose=0)


def test_a_saved_model_becomes_a_file(model, tmp_path):
    model.save_pretrained(tmp_path / "model")
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS) + "\n")
    tfsqueeze.convert(
        tmp_path / "model", tmp_path / "model.tflite", calibration=[tmp_path / "texts.txt"]
    )
    predictor = tfsqueeze.Predictor.open(tmp_path / "model.tflite")
    assert [one.label for one in predictor.predict(TEXTS)] == model.predict_labels(TEXTS)
    loaded = TextModel.from_pretrained(str(tmp_path / "model"), max_length=8)
    assert loaded.predict_labels(TEXTS) == model.predict_labels(TEXTS)


def test_all_forms_of_texts_are_one(model):
    expected = model.encoder({"input_ids": model.tokenizer(TEXTS)["input_ids"]}).numpy()
    for texts in (TEXTS, np.array(TEXTS), tf.constant(TEXTS), np.array(TEXTS)[:, None]):
        np.testing.assert_allclose(model.predict(texts, verbose=0), expected, atol=1e-6)
    batches = tf.data.Dataset.from_tensor_slices((TEXTS, LABELS)).batch(7)
    assert model.evaluate(batches, verbose=0)[1] == 1
    np.testing.assert_allclose(model(TEXTS[:2]).numpy(), expected[:2], atol=1e-6)
    with pytest.raises(UserError, match="a TextModel takes texts, not int32"):
        model(tf.constant([1, 2]))


@pytest.mark.slow
def test_pairs():
    names = ("input_ids", "token_type_ids")
    model = new_model(SqueezeBertForSequenceClassification, names)
    pairs = (TEXTS, TEXTS[::-1])
    model.fit(pairs, LABELS, epochs=1, verbose=0)
    inputs = model.tokenizer(*pairs)
    expected = model.encoder({name: inputs[name] for name in names}).numpy()
    np.testing.assert_allclose(model.predict(pairs, verbose=0), expected, atol=1e-6)


def test_it_is_saved_with_its_tokenizer(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(TEXTS, verbose=0), model.predict(TEXTS, verbose=0))
    assert loaded.predict_labels(["the cat"]) == ["pets"]


def test_the_model_inside_is_quantized_and_converted(model):
    inputs = {"input_ids": model.tokenizer(TEXTS)["input_ids"]}
    quantized = tfsqueeze.quantize_aware(model.encoder, calibration_data=[inputs])
    assert (quantized.predict(inputs, verbose=0).argmax(-1) == LABELS).all()
    assert convert_int8(quantized, max_length=8)


def test_pretrained_weights():
    model = TextModel.from_pretrained("squeezebert-tiny", labels=["no", "yes"], max_length=12)
    assert model(["what is it", "so"]).shape == (2, 2)
    assert model.encoder.config.id2label == {0: "no", 1: "yes"}


def test_a_published_head_is_kept(tmp_path):
    config = BertConfig(vocab_size=9, hidden_size=16, num_hidden_layers=1, num_attention_heads=2)
    saved = BertForSequenceClassification(config.with_labels(["b", "a"]))
    saved.save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    model = TextModel.from_pretrained(str(tmp_path), max_length=8)
    ids = {name: model.tokenizer(TEXTS)[name] for name in saved.input_names}
    np.testing.assert_allclose(model.predict(TEXTS, verbose=0), saved(ids).numpy(), atol=1e-5)
    assert set(model.predict_labels(TEXTS)) <= {"a", "b"}
