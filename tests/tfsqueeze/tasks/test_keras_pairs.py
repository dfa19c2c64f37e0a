"""Losses and metrics of pairs of vectors, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.tasks.keras_pairs import (
    CosineScoreLoss,
    MultipleNegativesRankingLoss,
    PairAccuracy,
    PairPearson,
)
from tfsqueeze.tasks.outputs import PositivePair, ScoredPair
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.batches import TrainingBatches, validation_batches


def vectors_of(*angles, length=1.0):
    return (length * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.float32)


def test_the_cosine_is_regressed_to_the_score():
    # Cosines 1 and 0.5, whatever the lengths of the vectors.
    vectors = vectors_of(0.3, 0.3, 0, np.pi / 3, length=7.0)
    targets = np.array([0.8, 0.8, 0.5, 0.5], np.float32)
    assert float(CosineScoreLoss()(targets, vectors)) == pytest.approx((0.2**2 + 0) / 2, abs=1e-6)


def test_the_second_text_is_told_from_those_of_the_batch():
    vectors = vectors_of(0, 0.5, 1, 1.2, 2, 0.7)
    cosines = vectors[::2] @ vectors[1::2].T
    expected = np.mean(
        [
            np.log(np.exp(20 * row).sum()) - 20 * row[number]
            for number, row in enumerate(cosines.astype(np.float64))
        ]
    )
    found = MultipleNegativesRankingLoss()(np.arange(6, dtype=np.int32), 3 * vectors)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_equal_texts_are_no_wrong_answers():
    vectors = vectors_of(0, 0.5, 1, 0.5, 0.9, 1)
    # The first two pairs have one second text, and the third's is the second pair's first.
    ids = np.array([0, 1, 2, 1, 3, 2], np.int32)
    cosines = (vectors[::2] @ vectors[1::2].T).astype(np.float64)
    left = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 1]])
    weights = np.exp(20 * cosines) * left
    expected = np.mean(np.log(weights.sum(1)) - 20 * np.diag(cosines))
    loss = MultipleNegativesRankingLoss()(ids, vectors)
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    accuracy = PairAccuracy("accuracy")
    accuracy.update_state(ids, vectors)
    assert float(accuracy.result()) == 1
    accuracy.update_state(np.arange(6), vectors)
    # Without the ids the second pair's text is the third's, and the first pair's a tie it wins.
    assert float(accuracy.result()) == pytest.approx((3 + 2) / 6)


def test_a_single_pair_has_no_loss_and_finite_gradients():
    vectors = tf.Variable(vectors_of(0, 1))
    with tf.GradientTape() as tape:
        loss = MultipleNegativesRankingLoss()(np.array([0, 1]), vectors)
    assert float(loss) == pytest.approx(0, abs=1e-6)
    assert np.isfinite(tape.gradient(loss, vectors)).all()


def test_the_correlation_is_that_of_all_batches():
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(200, 4)).astype(np.float32)
    targets = draw.random(100).astype(np.float32).repeat(2)
    metric = PairPearson()
    for _ in range(2):
        metric.reset_state()
        for start in range(0, 200, 30):
            part = slice(start, start + 30)
            metric.update_state(targets[part], vectors[part])
        pairs = vectors.reshape(100, 2, 4) / np.linalg.norm(vectors, axis=1).reshape(100, 2, 1)
        expected = np.corrcoef((pairs[:, 0] * pairs[:, 1]).sum(1), targets[::2])[0, 1]
        assert float(metric.result()) == pytest.approx(expected, rel=1e-5)
    assert PairPearson.from_config(metric.get_config()).name == "pearson"
    metric.reset_state()
    metric.update_state(np.ones(4), vectors[:4])
    assert float(metric.result()) == 0


@pytest.mark.parametrize("output", [ScoredPair(), PositivePair()], ids=["scored", "positive"])
def test_keras_counts_the_same_in_fit(output):
    model = keras.Sequential(
        [keras.layers.Dense(2, use_bias=False, kernel_initializer="identity", trainable=False)]
    )
    loss, (metric,) = output.loss((), 0.0), output.metrics(())
    vectors = vectors_of(0, 0.5, 1, 1.2, 2, 0.7)
    targets = np.array([0.1, 0.1, 0.9, 0.9, 0.5, 0.5], np.float32)
    if isinstance(output, PositivePair):
        targets = np.arange(6, dtype=np.int32)
    model.compile("sgd", loss, metrics=output.metrics(()))
    data = tf.data.Dataset.from_tensors((vectors, targets))
    found = model.evaluate(data, verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(float(loss(targets, vectors)), rel=1e-5)
    metric.update_state(targets, vectors)
    assert found[metric.name] == pytest.approx(float(metric.result()), rel=1e-5)


def test_scores_become_cosines():
    assert ScoredPair(1.0, 5.0).cosines([1, 2, 5]).tolist() == [0, 0.25, 1]
    assert ScoredPair().cosines([-1, 0.5]).tolist() == [-1, 0.5]


def test_batches_hold_whole_pairs():
    tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b"], max_length=12)
    # Texts of any length are with others, and the token of a text is the one of its pair.
    texts = [
        " ".join([word] * (1 + (3 * row + 5 * place) % 9))
        for row in range(50)
        for place, word in enumerate("ab")
    ]
    ids = tokenizer(texts)["input_ids"].numpy()
    targets = {"embeddings": np.arange(100, dtype=np.int32)}
    batches = TrainingBatches(
        ids,
        targets,
        tokenizer,
        {"embeddings": PositivePair()},
        batch_size=8,
        word_dropout=0.0,
        seed=0,
    )
    assert batches.tokens == (ids != 0).sum()
    epochs = []
    for data in (batches.dataset(), batches.dataset(np.int64(batches.steps))):
        seen, steps = [], 0
        for inputs, found in data:
            rows, steps = found["embeddings"].numpy(), steps + 1
            assert (rows[::2] % 2 == 0).all() and (rows[1::2] == rows[::2] + 1).all()
            assert len(rows) <= 16
            length = inputs["input_ids"].shape[1]
            assert length == (ids[rows] != 0).sum(axis=1).max()
            np.testing.assert_array_equal(inputs["input_ids"], ids[rows, :length])
            seen += rows.tolist()
        assert sorted(seen) == list(range(100)) and steps == batches.steps
        epochs.append(seen)
    assert epochs[0] != epochs[1]
    few = TrainingBatches(
        ids,
        targets,
        tokenizer,
        {"embeddings": PositivePair()},
        batch_size=8,
        batch_tokens=60,
        word_dropout=0.0,
        seed=0,
    )
    sizes = [inputs["input_ids"].shape for inputs, _ in few.dataset()]
    assert max(rows * length for rows, length in sizes) <= 60 and len(sizes) > batches.steps
    checked = validation_batches(ids, targets, tokenizer, {"embeddings": PositivePair()})
    rows = np.concatenate([found["embeddings"] for _, found in checked])
    assert (rows[1::2] == rows[::2] + 1).all() and sorted(rows) == list(range(100))
