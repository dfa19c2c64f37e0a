"""Every noise: what it leaves alone, how much it touches, and what it makes of words."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.noises import NOISES, noise_functions, noisy_texts
from tfsqueeze.robustness.reading_noise import CONFUSIONS
from tfsqueeze.robustness.speech_noise import HOMOPHONES, spell
from tfsqueeze.robustness.typing_noise import NEIGHBOUR_KEYS
from tfsqueeze.robustness.unicode_noise import HOMOGLYPHS
from tfsqueeze.utils.errors import UserError

WORDS = NeighbourWords(["good", "great", "bad"], np.array([[1, 0.1], [1, 0.2], [-1, 0.1]]))
FUNCTIONS = noise_functions(list(NOISES), WORDS)
every_noise = pytest.mark.parametrize("name", NOISES)
some_text = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                "Good",
                "their",
                "12,500",
                "b4",
                "corn.",
                "ﬁn",
                "ßtraße",
                "I'm",
                "\u00a0",
                "?!",
                "won't",
            ]
        ),
        max_size=12,
    ).map(" ".join),
)


def noisy(name, text, level, seed=0):
    return FUNCTIONS[name](text, level, np.random.default_rng(seed))


@every_noise
@settings(max_examples=40, deadline=None)
@given(text=some_text, level=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_level_0_changes_nothing_and_a_seed_gives_one_text(name, text, level, seed):
    assert noisy(name, text, 0.0, seed) == text
    found = noisy(name, text, level, seed)
    assert type(found) is str and found == noisy(name, text, level, seed)


@every_noise
@pytest.mark.parametrize("level", [-0.1, 1.1, float("nan")])
def test_a_level_out_of_range_is_refused(name, level):
    with pytest.raises(UserError, match="noise level must be in 0..1"):
        noisy(name, "some text", level)


def differing(a, b):
    assert len(a) == len(b)
    return sum(x != y for x, y in zip(a, b, strict=True))


PLAIN = "these words about corn "  # 19 letters, 4 words, 4 spaces
REPEATED = 200
# For each noise: a text, how many units of it the noise can edit, and what counts the edited ones.
COUNTS = {
    "keyboard": (PLAIN, 19, differing),
    "drop": (PLAIN, 19, lambda a, b: len(a) - len(b)),
    "insert": (PLAIN, 19, lambda a, b: len(b) - len(a)),
    "repeat": (PLAIN, 19, lambda a, b: len(b) - len(a)),
    "ocr": ("g 0 x ", 2, differing),
    "asr": ("Corn, ", 1, lambda a, b: a.count(",") - b.count(",")),
    "lowercase": ("CORN wheat ", 2, lambda a, b: differing(a, b) / 4 * 2),
    "uppercase": ("corn ", 1, lambda a, b: b.count("CORN")),
    "random_case": (PLAIN, 19, differing),
    "punctuation_removed": ("a, b. ", 2, lambda a, b: len(a) - len(b)),
    "punctuation_added": (PLAIN, 4, lambda a, b: len(re.findall(r"\w[^\w\s]", b))),
    "extra_spaces": (PLAIN, 4, lambda a, b: len(b) - len(a)),
    "lost_spaces": (PLAIN, 4, lambda a, b: len(a) - len(b)),
    "homoglyphs": ("corn ", 3, differing),
    "zero_width": (PLAIN, 19, lambda a, b: len(b) - len(a)),
    "word_drop": (PLAIN, 4, lambda a, b: len(a.split()) - len(b.split())),
    "synonyms": ("good ", 1, lambda a, b: len(b.split()) - b.split().count("good")),
}


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("level", [0.1, 0.5, 1.0])
def test_the_level_is_the_share_of_places_touched(name, level):
    unit, units, count_edited = COUNTS[name]
    text = unit * REPEATED
    if name == "homoglyphs":
        assert HOMOGLYPHS.keys() >= set("con") and "r" not in HOMOGLYPHS
    assert count_edited(text, noisy(name, text, level)) / (units * REPEATED) == pytest.approx(
        level, abs=0.05 if name == "lowercase" else 1e-3
    )


@pytest.mark.parametrize("level", [0.1, 0.5])
def test_swapped_letters_are_about_the_share_and_stay_in_their_words(level):
    text = PLAIN * REPEATED
    found = noisy("swap", text, level)
    assert differing(text, found) / (19 * REPEATED) == pytest.approx(level, abs=1e-3)
    assert [sorted(word) for word in found.split()] == [sorted(word) for word in text.split()]


def test_a_share_of_one_place_is_right_on_average():
    edited = [noisy("repeat", "a", 0.3, seed) == "aa" for seed in range(2000)]
    assert np.mean(edited) == pytest.approx(0.3, abs=0.04)


@every_noise
def test_every_noise_touches_a_usual_text(name):
    text = "Good farmers, said to U.S. News, sold 12 tonnes of corn over there."
    assert noisy(name, text, 1.0) != text


@pytest.mark.parametrize("name", ["random_case", "homoglyphs", "keyboard", "swap"])
def test_a_higher_level_touches_what_a_lower_one_does_and_more(name):
    text = "Good farmers, said to U.S. News, sold 12 tonnes of corn over there."
    low, high = (
        {i for i, (a, b) in enumerate(zip(text, noisy(name, text, level), strict=True)) if a != b}
        for level in (0.2, 0.6)
    )
    assert low < high


def test_keys_beside_each_other():
    assert set(NEIGHBOUR_KEYS["s"]) == set("awedxz") and set(NEIGHBOUR_KEYS["p"]) == set("ol")
    assert all(
        key in NEIGHBOUR_KEYS[near] for key in NEIGHBOUR_KEYS for near in NEIGHBOUR_KEYS[key]
    )
    found = noisy("keyboard", "Corn", 1.0)
    assert all(b.lower() in NEIGHBOUR_KEYS[a.lower()] for a, b in zip("Corn", found, strict=True))
    assert found[0].isupper() and found[1:].islower()


def test_what_is_misread():
    assert CONFUSIONS["rn"] == ["m"] and set(CONFUSIONS["0"]) == {"O", "o"}
    assert set(CONFUSIONS["m"]) == {"rn", "nn"}
    assert noisy("ocr", "rn", 1.0) == "m" and noisy("ocr", "vv", 1.0) == "w"


def test_words_as_heard():
    words = noisy("asr", "The U.S. sold 1,250 tonnes, don't", 1.0).split()
    assert words[:4] == ["the", "u", "s", "sold"]
    assert words[4:6] == ["won", "thousand"] and words[6] in ("to", "too")
    assert words[7:] == ["hundred", "fifty", "tonnes", "don't"]
    assert noisy("asr", "Weather!", 1.0) == "whether"
    assert all(word in HOMOPHONES[other] for word in HOMOPHONES for other in HOMOPHONES[word])


@pytest.mark.parametrize(
    "digits, words",
    [
        ("0", "zero"),
        ("7", "seven"),
        ("15", "fifteen"),
        ("40", "forty"),
        ("99", "ninety nine"),
        ("100", "one hundred"),
        ("312", "three hundred twelve"),
        ("1987", "one thousand nine hundred eighty seven"),
        ("200000", "two hundred thousand"),
        ("007", "zero zero seven"),
        ("1234567", "one two three four five six seven"),
    ],
)
def test_numbers_are_spelled(digits, words):
    assert spell(digits) == words


def test_look_alikes_are_other_letters_of_other_scripts():
    assert all(
        latin.isascii()
        and not other.isascii()
        and other.isalpha()
        and other.isupper() == latin.isupper()
        for latin, other in HOMOGLYPHS.items()
    )


def test_neighbours_keep_the_case_and_other_words_stay():
    assert noisy("synonyms", "Good, corn 7", 1.0) in ("Great, corn 7", "Bad, corn 7")


def test_a_text_has_its_noise_whatever_the_others_are():
    noise = FUNCTIONS["keyboard"]
    first, second = noisy_texts(["some text", "some text"], noise, 0.5, seed=3)
    assert first != second
    assert noisy_texts(["some text", "another"], noise, 0.5, seed=3)[0] == first
    assert noisy_texts(["some text"], noise, 0.5, seed=4) != [first]


def test_unknown_noises_and_missing_words_are_named():
    with pytest.raises(UserError, match="no noise 'rust'; choose some of keyboard, "):
        noise_functions(["rust"])
    with pytest.raises(UserError, match="synonyms needs a table of word embeddings"):
        noise_functions(["synonyms"])
    assert "synonyms" not in noise_functions(["drop"])
