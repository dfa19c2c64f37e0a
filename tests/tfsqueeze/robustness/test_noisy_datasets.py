"""Noise in pairs, tagged sentences and questions."""

from __future__ import annotations

import numpy as np
import pytest

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.data.datasets.question_dataset import AnnotatedAnswer, QuestionDataset
from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.robustness.changed_columns import changed_columns, shown_texts
from tfsqueeze.robustness.noises import NOISES, noise_functions, noisy_texts
from tfsqueeze.robustness.noisy_datasets import check_noises, fitting_noises, noisy_dataset
from tfsqueeze.utils.errors import UserError

WORDS = NeighbourWords(["paris", "rome", "cold", "warm"], np.eye(4))
PAIRS = TextDataset(
    "pairs", ["a cat sleeps"] * 9, labels=["x"] * 9, text_pairs=["a cat sleeps"] * 9
)
SENTENCES = TokenDataset(
    "places",
    [["It", "is", "cold", "in", "Paris", "today", "."], [], ["a", "1", "U.S.", "Rome"]],
    tags=[["O", "O", "O", "O", "B-city", "O", "O"], [], ["O", "O", "B-country", "B-city"]],
)
QUESTIONS = QuestionDataset(
    "trivia", ["Where is the Louvre?"], ["In Paris."], [[AnnotatedAnswer("Paris", 3)]], ["q"], [0]
)


def with_noise(dataset, name, level=1.0, seed=0, changed_texts="both"):
    columns = changed_columns(dataset, changed_texts)
    function = noise_functions([name], WORDS)[name]
    return noisy_dataset(dataset, columns, name, function, level, seed)


def test_single_texts_have_the_noise_of_their_texts():
    dataset = TextDataset("texts", ["profits rose", "rain fell"], labels=["a", "b"])
    noisy = with_noise(dataset, "keyboard", 0.5, seed=7)
    keyboard = NOISES["keyboard"].function
    assert noisy.texts == noisy_texts(dataset.texts, keyboard, 0.5, seed=7)
    assert noisy.labels == dataset.labels


def test_one_text_of_a_pair_changes_or_both_do_with_noise_of_their_own():
    first, second, both = (
        with_noise(PAIRS, "drop", 0.4, changed_texts=which) for which in ("first", "second", "both")
    )
    assert first.texts != PAIRS.texts and first.text_pairs == PAIRS.text_pairs
    assert second.texts == PAIRS.texts and second.text_pairs != PAIRS.text_pairs
    assert both.texts == first.texts and both.text_pairs != both.texts
    assert (
        shown_texts(second, ("texts", "text_pairs"))[0] == f"a cat sleeps | {second.text_pairs[0]}"
    )


@pytest.mark.parametrize("name", fitting_noises(SENTENCES))
@pytest.mark.parametrize("level", [0.3, 1.0])
def test_each_word_keeps_its_place_and_its_tag(name, level):
    noisy = with_noise(SENTENCES, name, level)
    assert noisy.tags is SENTENCES.tags
    for words, changed in zip(SENTENCES.sentences, noisy.sentences, strict=True):
        assert len(changed) == len(words) and all(changed)
        # Words that no noise but that of look-alikes touches say that none moved.
        if name != "ocr":
            assert [new == "." for new in changed] == [word == "." for word in words]


def test_words_that_noise_empties_stay():
    assert with_noise(SENTENCES, "drop").sentences == [
        ["It", "is", "cold", "in", "Paris", "today", "."],
        [],
        ["a", "1", "..", "Rome"],
    ]


def test_the_level_is_the_share_of_the_letters_of_a_sentence():
    letters = TokenDataset("letters", [["a"] * 400], tags=[["O"] * 400])
    (words,) = with_noise(letters, "uppercase", 0.25).sentences
    assert words.count("A") == 100


def test_neighbours_replace_no_word_of_a_span():
    first, _, last = with_noise(SENTENCES, "synonyms").sentences
    assert first[2] in ("warm", "paris", "rome") and first[4] == "Paris" and last[3] == "Rome"
    untagged = TokenDataset("words", [["Paris"]])
    assert with_noise(untagged, "synonyms").sentences != [["Paris"]]


def test_questions_change_and_contexts_stay():
    noisy = with_noise(QUESTIONS, "uppercase")
    assert noisy.questions == ["WHERE IS THE LOUVRE?"]
    assert (noisy.contexts, noisy.answers) == (QUESTIONS.contexts, QUESTIONS.answers)


def test_embedded_texts_and_pairs_change():
    assert changed_columns(SentenceDataset("texts", ["a"])) == ("texts",)
    scored = SentenceDataset("pairs", ["a"], text_pairs=["b"], scores=[1.0])
    noisy = with_noise(scored, "uppercase", changed_texts="second")
    assert (noisy.texts, noisy.text_pairs, noisy.scores) == (["a"], ["B"], [1.0])


def test_noises_that_move_words_do_not_fit_tags():
    left_out = set(NOISES).difference(fitting_noises(SENTENCES))
    assert left_out == {
        "asr",
        "punctuation_removed",
        "punctuation_added",
        "extra_spaces",
        "lost_spaces",
        "word_drop",
    }
    assert fitting_noises(PAIRS) == tuple(NOISES)
    check_noises(PAIRS, NOISES)
    with pytest.raises(UserError, match="lost_spaces changes the number of words"):
        check_noises(SENTENCES, ["drop", "lost_spaces"])


@pytest.mark.parametrize("dataset", [SENTENCES, QUESTIONS, TextDataset("single", ["a"])])
def test_only_pairs_have_a_second_text(dataset):
    with pytest.raises(UserError, match="has no pairs of texts of which the second one could"):
        changed_columns(dataset, "second")
