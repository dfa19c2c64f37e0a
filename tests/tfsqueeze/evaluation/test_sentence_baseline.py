"""The sentence that is most like the question."""

from __future__ import annotations

import dataclasses

from tfsqueeze.data.datasets.question_dataset import AnnotatedAnswer, QuestionDataset
from tfsqueeze.evaluation.sentence_baseline import MostAlikeSentence


def test_sentences_are_spans_of_the_context():
    context = "Rain fell. The old house stood in Lima! Why?\nDinner was at 8.30 sharp"
    questions = QuestionDataset(
        "x",
        ["where did the house stand", "when was dinner"],
        [context] * 2,
        [[AnnotatedAnswer("Lima", context.index("Lima"))], []],
        ["a", "b"],
        [0, 0],
    )
    spans = [chosen.span for chosen in MostAlikeSentence(questions).predict(questions)]
    found = [context[span.start : span.end].strip() for span in spans]
    assert found == ["The old house stood in Lima!", "Dinner was at 8.30 sharp"]


def test_words_are_weighed_by_what_was_counted():
    """A question has the same answer whatever other questions are asked with it."""
    contexts = ["It is cold. Ada wrote it.", "Rain fell. It is late."]
    counted = QuestionDataset(
        "x", ["who wrote", "is it late"], contexts, [[], []], ["a", "b"], [0, 1]
    )
    answerer = MostAlikeSentence(counted)
    both, alone = answerer.predict(counted), answerer.predict(counted.take([1]))
    assert both[1] == alone[0]
    noisy = dataclasses.replace(counted, questions=["who wrtoe", "is it lte"])
    assert answerer.predict(noisy)[0].probability == 0 < both[0].probability


def test_a_context_without_sentences_has_no_answer():
    dataset = QuestionDataset("x", ["who"], [""], [[]], ["a"], [0])
    (answer,) = MostAlikeSentence(dataset).predict(dataset)
    assert answer.span is None and answer.probability == 0
