"""Each part of the loss against the formula written out in NumPy."""

import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax

from tfsqueeze.distillation.losses import (
    attention_loss,
    hard_binary_label_loss,
    hard_label_loss,
    hidden_state_loss,
    mean_over_tokens,
    number_loss,
    relation_loss,
    sentence_loss,
    soft_binary_label_loss,
    soft_label_loss,
    token_soft_label_loss,
)


@pytest.fixture
def draw():
    return np.random.default_rng(0)


def test_soft_labels(draw):
    student, teacher = draw.normal(size=(2, 5, 3)).astype("float32")
    expected = 4.0 * np.mean(
        np.sum(
            softmax(teacher / 2, -1)
            * (log_softmax(teacher / 2, -1) - log_softmax(student / 2, -1)),
            -1,
        )
    )
    assert float(soft_label_loss(student, teacher, 2.0)) == pytest.approx(expected, rel=1e-4)
    assert float(soft_label_loss(teacher, teacher, 2.0)) == pytest.approx(0, abs=1e-6)


def test_soft_labels_of_which_a_text_may_have_several(draw):
    student, teacher = draw.normal(size=(2, 5, 3)).astype("float32")
    p, q = expit(teacher / 2), expit(student / 2)
    expected = 4.0 * np.mean(p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)))
    found = soft_binary_label_loss(student, teacher, 2.0)
    assert float(found) == pytest.approx(expected, rel=1e-4)
    assert float(soft_binary_label_loss(teacher, teacher, 2.0)) == pytest.approx(0, abs=1e-6)
    labels = (teacher > 0).astype("float32")
    expected = -np.mean(np.log(np.where(teacher > 0, expit(student), expit(-student))))
    assert float(hard_binary_label_loss(student, labels)) == pytest.approx(expected, rel=1e-4)
    assert float(number_loss(student, teacher)) == pytest.approx(
        np.mean((student - teacher) ** 2), rel=1e-5
    )


def test_soft_labels_of_tokens_leave_out_those_without(draw):
    student, teacher = draw.normal(size=(2, 2, 4, 3)).astype("float32")
    expected = float(soft_label_loss(student[0, :3], teacher[0, :3], 2.0))
    teacher[0, 3], teacher[1] = np.nan, np.nan
    assert float(token_soft_label_loss(student, teacher, 2.0)) == pytest.approx(expected, rel=1e-4)
    assert float(token_soft_label_loss(student, np.full_like(teacher, np.nan), 2.0)) == 0


def test_hard_labels_leave_out_the_negative(draw):
    student = draw.normal(size=(2, 3, 4)).astype("float32")
    labels = np.array([[1, -100, 3], [-100, -100, -100]])
    expected = -np.mean([log_softmax(student[0, 0])[1], log_softmax(student[0, 2])[3]])
    assert float(hard_label_loss(student, labels)) == pytest.approx(expected, rel=1e-4)
    assert float(hard_label_loss(student, np.full_like(labels, -100))) == 0


def test_padding_counts_in_no_loss(draw):
    mask = np.array([[1, 1, 1, 0], [1, 1, 0, 0]], "float32")
    student, teacher = draw.normal(size=(2, 2, 4, 6)).astype("float32")
    expected = np.mean(((student - teacher) ** 2).mean(-1)[mask > 0])
    assert float(hidden_state_loss(student, teacher, mask)) == pytest.approx(expected, rel=1e-5)
    spoilt = student + 100 * (1 - mask[..., None])
    assert float(hidden_state_loss(spoilt, teacher, mask)) == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(mean_over_tokens(spoilt, mask)[1], student[1, :2].mean(0), rtol=1e-4)


def test_sentences_compare_directions(draw):
    vectors = draw.normal(size=(2, 6)).astype("float32")
    assert float(sentence_loss(vectors, 3 * vectors)) == pytest.approx(0, abs=1e-6)
    assert float(sentence_loss(vectors, -vectors)) == pytest.approx(2, abs=1e-6)


def test_attentions_of_as_many_and_of_other_heads(draw):
    mask = np.array([[1, 1, 0]], "float32")
    student = softmax(draw.normal(size=(1, 2, 3, 3)), -1).astype("float32")
    teacher = softmax(draw.normal(size=(1, 2, 3, 3)), -1).astype("float32")
    expected = ((student - teacher) ** 2).sum(-1).mean(1)[mask > 0].mean()
    assert float(attention_loss(student, teacher, mask)) == pytest.approx(expected, rel=1e-5)
    means = ((student - teacher).mean(1) ** 2).sum(-1)[mask > 0].mean()
    doubled = np.repeat(teacher, 2, axis=1)
    assert float(attention_loss(student, doubled, mask)) == pytest.approx(means, rel=1e-5)


def test_relations_of_other_widths(draw):
    heads, mask = 2, np.array([[1, 1, 1, 0], [1, 1, 0, 0]], "float32")
    student = draw.normal(size=(2, 4, 6)).astype("float32")
    teacher = draw.normal(size=(2, 4, 10)).astype("float32")
    divergences = []
    for text, count in enumerate((3, 2)):
        relations = []
        for x in (student, teacher):
            split = x[text, :count].reshape(count, heads, -1).transpose(1, 0, 2)
            relations.append(split @ split.transpose(0, 2, 1) * split.shape[-1] ** -0.5)
        ours, theirs = (log_softmax(relation, -1) for relation in relations)
        divergences.extend((np.exp(theirs) * (theirs - ours)).sum(-1).mean(0))
    expected = np.mean(divergences)
    assert float(relation_loss(student, teacher, mask, heads)) == pytest.approx(expected, rel=1e-4)
    spoilt = student + 100 * (1 - mask[..., None])
    assert float(relation_loss(spoilt, teacher, mask, heads)) == pytest.approx(expected, rel=1e-4)
    assert float(relation_loss(teacher, teacher, mask, heads)) == pytest.approx(0, abs=1e-6)
