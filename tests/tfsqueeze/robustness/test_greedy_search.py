"""The greedy search against black boxes whose every answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfsqueeze.robustness.greedy_search import greedy_search, summarize_attack

WEIGHTS = {"good": 0.2, "great": 0.3, "fine": 0.1}


class BlackBox:
    """Says label 1 with 0.3 and what `WEIGHTS` has for each word; keeps what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, texts):
        self.asked.append(list(texts))
        ones = np.array(
            [
                0.3 + sum(WEIGHTS.get(word.strip(".,"), 0.0) for word in text.split())
                for text in texts
            ]
        )
        return np.stack([1 - ones, ones], axis=1)


def to_x_or_y(word, generator):
    return ["x", "y", word, "x"]


def attack(texts, labels, candidates=to_x_or_y, **options):
    box = BlackBox()
    return box, greedy_search(box, texts, labels, candidates, **options)


def test_the_most_important_words_go_first_and_every_query_counts():
    # 0.3 + 0.2 + 0.3 + 0.1 = 0.9: without "great" 0.6, without "good" too 0.4.
    box, (found,) = attack(["a good, great fine one."], [1], max_changed=0.5)
    assert box.asked == [
        ["a good, great fine one."],
        [
            " good, great fine one.",
            "a , great fine one.",
            "a good,  fine one.",
            "a good, great  one.",
            "a good, great fine .",
        ],
        ["a good, x fine one.", "a good, y fine one."],
        ["a x, x fine one.", "a y, x fine one."],
    ]
    assert found.success and found.adversarial == "a x, x fine one."
    assert (found.predicted, found.words, found.changed, found.queries) == (0, 5, 2, 10)


def test_the_budget_of_words_is_kept_but_one_word_may_always_go():
    _, (found,) = attack(["a good great fine one"], [1], max_changed=0.39)
    assert not found.success and found.attacked and found.changed == 1
    assert found.adversarial == "a good x fine one" and found.predicted == 1
    assert found.queries == 1 + 5 + 2
    _, (found,) = attack(["great"], [1], max_changed=0.1)
    assert found.success and found.adversarial == "x" and found.changed == 1


def test_the_first_candidate_that_flips_wins_over_a_stronger_one():
    def candidates(word, generator):
        return ["fine", "x"] if word == "great" else []

    _, (found,) = attack(["great"], [1], candidates)
    assert found.success and found.adversarial == "fine"


def test_without_a_flip_the_strongest_candidate_stays_and_useless_ones_do_not():
    def candidates(word, generator):
        return {"great": ["good", "fine"], "a": ["great", "b"]}.get(word, [])

    _, (found,) = attack(["a great good"], [1], candidates, max_changed=1.0)
    assert found.adversarial == "a fine good" and found.changed == 1 and not found.success
    assert found.queries == 1 + 3 + 2 + 2


def test_texts_predicted_wrongly_or_without_words_are_left_alone():
    box, (wrong, empty) = attack(["great", "..."], [0, 0])
    assert not wrong.attacked and not wrong.success and wrong.adversarial == "great"
    assert wrong.predicted == 1 and wrong.queries == 1
    assert empty.attacked and not empty.success and empty.queries == 1
    assert box.asked == [["great", "..."]]


def test_many_texts_give_what_each_gives_alone():
    texts = [f"{'great ' * (i % 3)}good one {i}" for i in range(150)]

    def candidates(word, generator):
        return ["".join(chr(97 + c) for c in generator.integers(26, size=3))]

    seen = []
    box, together = attack(
        texts, [1] * 150, candidates, seed=5, progress=lambda *counts: seen.append(counts)
    )
    assert [one.text for one in together] == texts
    assert together[:3] == attack(texts[:3], [1] * 3, candidates, seed=5)[1]
    assert sum(one.queries for one in together) == sum(map(len, box.asked))
    assert len(box.asked) < 20 and seen[-1] == (150, 150) and len(seen) == 150


@given(
    text=st.text(st.sampled_from("good great fine.,'\n é"), max_size=40), share=st.floats(0.05, 1)
)
def test_any_text_keeps_the_budget_and_all_but_its_words(text, share):
    _, (found,) = attack([text], [1], max_changed=share)
    assert found.changed <= max(1, int(share * found.words))
    if found.changed == 0:
        assert found.adversarial == text
    assert found.success == (found.attacked and BlackBox()([found.adversarial])[0].argmax() == 0)


def test_summary():
    _, attacked = attack(
        ["a great one", "a good great fine one", "nothing"], [1, 1, 1], max_changed=0.3
    )
    facts = summarize_attack(attacked)
    assert facts["accuracy"] == pytest.approx(2 / 3)
    assert facts["success_rate"] == 0.5 and facts["accuracy_under_attack"] == pytest.approx(1 / 3)
    assert facts["mean_queries"] == np.mean([1 + 3 + 2, 1 + 5 + 2])
    assert facts["mean_changed"] == pytest.approx(1 / 3) and facts["texts"] == 3


def test_summary_of_a_classifier_that_is_never_right():
    facts = summarize_attack(attack(["great"], [0])[1])
    assert facts == {
        "texts": 1,
        "accuracy": 0.0,
        "accuracy_under_attack": 0.0,
        "success_rate": None,
        "mean_queries": None,
        "mean_changed": None,
    }
