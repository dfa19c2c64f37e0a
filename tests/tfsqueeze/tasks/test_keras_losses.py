"""Losses and metrics of words, by hand, and batches with a target a token."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from tests.tfsqueeze.decoding.test_tag_sequences import valid_sequences
from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.tasks import IGNORE_INDEX, INTENT_AND_SLOTS
from tfsqueeze.tasks.keras_losses import SmoothedCrossEntropy, TagSequenceLoss, TokenCrossEntropy
from tfsqueeze.tasks.keras_metrics import SpanF1, TokenAccuracy
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.batches import TrainingBatches

NAMES = ["O", "B-x", "I-x"]
# Of the words the first, third and fourth have the highest logit at the right tag.
TRUE = np.array(
    [[IGNORE_INDEX, 0, 1, IGNORE_INDEX, 2], [IGNORE_INDEX, 1, 0, IGNORE_INDEX, IGNORE_INDEX]],
    np.int32,
)
BEST = np.array([[1, 0, 0, 1, 2], [2, 1, 1, 2, 2]])
LOGITS = 3.0 * np.eye(3, dtype=np.float32)[BEST]


def test_the_loss_is_the_mean_over_words():
    words = TRUE != IGNORE_INDEX
    for smoothing in (0.0, 0.1):
        expected = SmoothedCrossEntropy(smoothing)(TRUE[words], LOGITS[words])
        found = TokenCrossEntropy(smoothing)(TRUE, LOGITS)
        assert float(found) == pytest.approx(float(expected), rel=1e-6)


def test_a_batch_without_words_has_no_loss():
    assert float(TokenCrossEntropy()(np.full((2, 3), IGNORE_INDEX), np.ones((2, 3, 4)))) == 0


def test_the_likelihood_is_that_among_all_allowed_sequences():
    expected, logits = 0.0, np.random.default_rng(0).normal(size=LOGITS.shape).astype(np.float32)
    for true, row in zip(TRUE, logits, strict=True):
        words = true != IGNORE_INDEX
        scores = {
            ids: sum(row[words][range(words.sum()), ids])
            for ids in valid_sequences(int(words.sum()), NAMES)
        }
        expected -= np.log(np.exp(scores[tuple(true[words])]) / sum(np.exp([*scores.values()])))
    expected /= (TRUE != IGNORE_INDEX).sum()
    for smoothing in (0.0, 0.1):
        by_word = float(TokenCrossEntropy(smoothing)(TRUE, logits))
        found = TagSequenceLoss(NAMES, smoothing)(TRUE, logits)
        assert float(found) == pytest.approx(0.2 * by_word + 0.8 * expected, rel=1e-5)


def test_the_likelihood_has_gradients_also_where_it_is_certain():
    logits = tf.Variable(1e4 * LOGITS)
    with tf.GradientTape() as tape:
        loss = TagSequenceLoss(NAMES)(TRUE, logits)
    assert np.isfinite(float(loss)) and np.isfinite(tape.gradient(loss, logits)).all()
    empty = TagSequenceLoss(NAMES)(np.full((2, 3), IGNORE_INDEX), np.ones((2, 3, 3), np.float32))
    assert float(empty) == 0


def test_metrics_count_words_and_spans():
    accuracy, f1 = TokenAccuracy("accuracy"), SpanF1(NAMES)
    # The highest logits are O O I-x, which becomes O B-x I-x, and B-x B-x.
    logits = LOGITS.copy()
    logits[0, 2, 1] = 1
    for row in range(2):  # in two batches
        accuracy.update_state(TRUE[row : row + 1], logits[row : row + 1])
        f1.update_state(TRUE[row : row + 1], logits[row : row + 1])
    assert float(accuracy.result()) == pytest.approx(3 / 5)
    assert float(f1.result()) == pytest.approx(2 * 2 / (2 + 3))
    f1.reset_state()
    assert float(f1.result()) == 0
    again = SpanF1.from_config(f1.get_config())
    assert (again.names, again.name) == (NAMES, "f1")


def test_unknown_tags_are_errors_without_a_loss():
    true = TRUE.copy()
    true[1, 1] = UNKNOWN_ID  # a span that was found
    accuracy = TokenAccuracy("accuracy")
    accuracy.update_state(true, LOGITS)
    assert float(accuracy.result()) == pytest.approx(2 / 5)
    ignored = np.where(true == UNKNOWN_ID, IGNORE_INDEX, true)
    for loss in (TokenCrossEntropy(), TagSequenceLoss(NAMES)):
        assert float(loss(true, LOGITS)) == pytest.approx(float(loss(ignored, LOGITS)))
    before, after = SpanF1(NAMES), SpanF1(NAMES)
    before.update_state(TRUE, LOGITS)
    after.update_state(true, LOGITS)
    assert float(after.spans) == float(before.spans)
    assert float(after.right) == float(before.right) - 1


def test_keras_counts_the_same_in_fit():
    model = keras.Sequential(
        [keras.layers.Dense(3, use_bias=False, kernel_initializer="identity", trainable=False)]
    )
    loss = TagSequenceLoss.from_config(TagSequenceLoss(NAMES).get_config())
    model.compile("sgd", loss, metrics=[TokenAccuracy("accuracy"), SpanF1(NAMES)])
    found = model.evaluate(LOGITS, TRUE, verbose=0, return_dict=True)
    assert found["accuracy"] == pytest.approx(0.6)
    assert found["loss"] == pytest.approx(float(loss(TRUE, LOGITS)))
    f1 = SpanF1(NAMES)
    f1.update_state(TRUE, LOGITS)
    assert found["f1"] == pytest.approx(float(f1.result()))


def test_batches_cut_and_pad_the_targets_with_the_ids():
    tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"], max_length=12)
    sentences = [["a"] * (1 + index % 9) for index in range(40)]
    rows = tokenizer.encode_words(sentences)
    ids = rows.inputs["input_ids"]
    slots = np.where(rows.word_ids >= 0, rows.word_ids, IGNORE_INDEX).astype(np.int32)
    intents = np.arange(40, dtype=np.int32)
    inputs = {"input_ids": ids, "token_type_ids": (ids == 4).astype(np.int32)}
    batches = TrainingBatches(
        inputs,
        {"intent_logits": intents, "slot_logits": slots},
        tokenizer,
        INTENT_AND_SLOTS.outputs,
        batch_size=8,
        word_dropout=0.5,
        seed=0,
    )
    seen = []
    for found, targets in batches.dataset():
        chosen = targets["intent_logits"].numpy()
        length = found["input_ids"].shape[1]
        # No longer than the longest of the batch, and nothing but padding is lost.
        assert length == (ids[chosen] != 0).sum(axis=1).max()
        np.testing.assert_array_equal(targets["slot_logits"], slots[chosen, :length])
        np.testing.assert_array_equal(
            found["token_type_ids"], inputs["token_type_ids"][chosen, :length]
        )
        seen += chosen.tolist()
    assert sorted(seen) == list(range(40))
