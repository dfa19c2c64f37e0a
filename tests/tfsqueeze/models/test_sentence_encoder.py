"""all-MiniLM-L6-v2 with its real weights, and sentence encoders from other folders."""

import json

import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import load_file

from tfsqueeze import BertForSequenceClassification, BertModel, SentenceEncoder, load_minilm
from tfsqueeze.checkpoints.minilm import cache_dir, minilm_folder
from tfsqueeze.models.sentence_encoder import mean_pool
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "the"]


@pytest.fixture(scope="module")
def minilm():
    return load_minilm()


@pytest.fixture(scope="module")
def golden(goldens_dir):
    with np.load(goldens_dir / "all_minilm_l6_v2" / "golden.npz") as file:
        return dict(file)


@pytest.fixture
def tiny_folder(tmp_path, randomize):
    from tfsqueeze import BertConfig

    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=24,
    )
    randomize(BertModel(config)).save_pretrained(tmp_path)
    WordPieceTokenizer(VOCABULARY, max_length=24).save_pretrained(tmp_path)
    return tmp_path


def test_the_golden_hidden_states_and_embeddings(minilm, golden):
    inputs = {name: golden[name] for name in ("input_ids", "attention_mask")}
    states = minilm.model(inputs)["last_hidden_state"]
    np.testing.assert_allclose(states, golden["last_hidden_state"], atol=1e-3)
    np.testing.assert_allclose(
        mean_pool(states, golden["attention_mask"]), golden["sentence_embedding"], atol=1e-3
    )
    embeddings = minilm.encode(golden["sentences"].tolist(), batch_size=2)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(embeddings, golden["sentence_embedding"], atol=1e-3)


def test_texts_of_like_meaning_are_near(minilm):
    first, second, third = minilm.encode(
        ["How do I get my money back?", "I want a refund.", "The cat sleeps on the sofa."]
    )
    assert first @ second > 0.5 > first @ third


def test_a_long_text_is_truncated(minilm):
    assert minilm.tokenizer.max_length == 256
    long = "word " * 255
    np.testing.assert_allclose(*minilm.encode([long, long + "other words"]), atol=1e-6)


def test_minilm_round_trips_bit_identically(minilm, tmp_path):
    minilm.model.save_pretrained(tmp_path)
    original, again = (load_file(f / "model.safetensors") for f in (minilm_folder(), tmp_path))
    assert set(again) == set(original)
    assert all(again[key].tobytes() == value.tobytes() for key, value in original.items())


def test_minilm_as_a_classifier():
    with pytest.warns(UserWarning, match="classifier.weight, classifier.bias: .* newly"):
        model = BertForSequenceClassification.from_pretrained(
            minilm_folder(), num_labels=7, input_names=("input_ids",)
        )
    assert model.output_shape == (None, 7)
    assert round(model.count_params() / 1e6, 1) == 22.7


def test_the_folder_is_made_once(minilm, monkeypatch):
    from tfsqueeze.checkpoints import minilm as module

    monkeypatch.setattr(module, "fetch_archive", None)
    assert minilm_folder().is_relative_to(cache_dir())


def test_mean_pooling():
    states = tf.constant([[[1.0, 0.0], [0.0, 1.0], [9.0, 9.0]], [[2.0, 0.0], [9, 9], [9, 9]]])
    pooled = mean_pool(states, tf.constant([[1, 1, 0], [1, 0, 0]]))
    np.testing.assert_allclose(pooled, [[0.5**0.5, 0.5**0.5], [1, 0]], atol=1e-6)


def test_an_encoder_from_a_folder(tiny_folder):
    encoder = SentenceEncoder.from_pretrained(tiny_folder)
    texts = ["the good film", "bad", "the bad film the good film", "good"]
    together = encoder.encode(texts, batch_size=3)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    for text, expected in zip(texts, together, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], expected, atol=1e-5)
    assert encoder.encode([]).shape == (0, 16)


def test_a_length_of_sentence_transformers(tiny_folder):
    (tiny_folder / "sentence_bert_config.json").write_text('{"max_seq_length": 4}')
    encoder = SentenceEncoder.from_pretrained(tiny_folder)
    np.testing.assert_allclose(*encoder.encode(["good film bad", "good film the"]), atol=1e-6)


@pytest.mark.parametrize(
    "content, message",
    [
        (
            json.dumps({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}),
            "asks for pooling_mode_cls_token; only pooling_mode_mean_tokens",
        ),
        ("{", "not valid JSON"),
        ("[]", r"it is \[\], not an object"),
    ],
)
def test_another_pooling_is_refused(tiny_folder, content, message):
    (tiny_folder / "1_Pooling").mkdir()
    (tiny_folder / "1_Pooling" / "config.json").write_text(content)
    with pytest.raises(UserError, match=message):
        SentenceEncoder.from_pretrained(tiny_folder)


def test_a_folder_without_a_vocabulary(tiny_folder):
    (tiny_folder / "vocab.txt").unlink()
    with pytest.raises(UserError, match="has no vocab.txt"):
        SentenceEncoder.from_pretrained(tiny_folder)
