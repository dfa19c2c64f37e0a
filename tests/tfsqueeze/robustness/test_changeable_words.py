"""Examples of every kind with other words in their places."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tfsqueeze.data.datasets.question_dataset import AnnotatedAnswer, QuestionDataset
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.robustness.changeable_words import ChangeableWords

SENTENCES = TokenDataset(
    "places",
    [["don't", "go", "to", "New", "York", "."], ["..."]],
    tags=[["O", "O", "O", "B-city", "I-city", "O"], ["O"]],
)


@given(texts=st.lists(st.text(max_size=20), min_size=1, max_size=3))
def test_the_same_words_give_the_same_texts(texts):
    dataset = TextDataset("texts", texts, text_pairs=texts[::-1])
    changeable = ChangeableWords(dataset, ("texts", "text_pairs"))
    assert changeable.with_words(range(len(texts)), changeable.words) == dataset


def test_words_of_both_texts_of_a_pair():
    dataset = TextDataset("pairs", ["a cat!", "x"], labels=["l", "m"], text_pairs=["(a dog)", ""])
    changeable = ChangeableWords(dataset, ("texts", "text_pairs"))
    assert changeable.words == [["a", "cat", "a", "dog"], ["x"]] and len(changeable) == 2
    changed = changeable.with_words([1, 0, 0], [["y"], ["", "b", "c", "d"], ["1", "2", "3", "4"]])
    assert changed.texts == ["y", " b!", "1 2!"]
    assert changed.text_pairs == ["", "(c d)", "(3 4)"] and changed.labels == ["m", "l", "l"]


def test_one_text_of_a_pair():
    dataset = TextDataset("pairs", ["a cat"], text_pairs=["a dog"])
    changeable = ChangeableWords(dataset, ("text_pairs",))
    assert changeable.words == [["a", "dog"]]
    changed = changeable.with_words([0], [["no", "fox"]])
    assert (changed.texts, changed.text_pairs) == (["a cat"], ["no fox"])


def test_words_of_sentences_keep_their_tags():
    changeable = ChangeableWords(SENTENCES, ("sentences",))
    assert changeable.words == [["don't", "go", "to", "New", "York"], []]
    changed = changeable.with_words([0, 1], [["do", "", "to", "Old", "York"], []])
    assert changed.sentences == [["do", "", "to", "Old", "York", "."], ["..."]]
    assert changed.tags == SENTENCES.tags


def test_words_of_spans_may_have_to_stay():
    changeable = ChangeableWords(SENTENCES, ("sentences",), keep_spans=True)
    assert changeable.words == [["don't", "go", "to"], []]
    changed = changeable.with_words([0], [["we", "fly", "to"]])
    assert changed.sentences == [["we", "fly", "to", "New", "York", "."]]


def test_words_of_questions():
    dataset = QuestionDataset(
        "trivia", ["Who wrote it?"], ["Ada did."], [[AnnotatedAnswer("Ada", 0)]], ["q"], [0]
    )
    changed = ChangeableWords(dataset, ("questions",)).with_words([0], [["Who", "wrotte", "it"]])
    assert changed.questions == ["Who wrotte it?"] and changed.contexts == dataset.contexts
