"""Speech noise: homophones, spelled-out numbers, no punctuation and no capitals."""

from __future__ import annotations

import re

import numpy as np

from tfsqueeze.robustness.text_edits import NON_SPACES, WORD, choose_one, edit_matches

# English words that sound the same in Received Pronunciation or General American.
_HOMOPHONE_GROUPS = (
    "ad add",
    "ail ale",
    "air heir",
    "aisle isle",
    "allowed aloud",
    "ate eight",
    "ball bawl",
    "bare bear",
    "be bee",
    "beach beech",
    "beat beet",
    "been bin",
    "blew blue",
    "board bored",
    "brake break",
    "bread bred",
    "by buy bye",
    "ceiling sealing",
    "cell sell",
    "cent scent sent",
    "cereal serial",
    "cite sight site",
    "coarse course",
    "dear deer",
    "die dye",
    "fair fare",
    "feat feet",
    "find fined",
    "fir fur",
    "flour flower",
    "for four fore",
    "great grate",
    "guessed guest",
    "hear here",
    "heard herd",
    "higher hire",
    "him hymn",
    "hole whole",
    "hour our",
    "its it's",
    "knew new",
    "knight night",
    "knot not",
    "know no",
    "lead led",
    "lessen lesson",
    "loan lone",
    "made maid",
    "mail male",
    "main mane",
    "meat meet",
    "might mite",
    "one won",
    "pail pale",
    "pain pane",
    "pair pear",
    "passed past",
    "patience patients",
    "peace piece",
    "plain plane",
    "poor pour",
    "principal principle",
    "profit prophet",
    "rain reign",
    "raise rays",
    "read red",
    "right write",
    "road rode",
    "role roll",
    "sail sale",
    "scene seen",
    "sea see",
    "seam seem",
    "shear sheer",
    "some sum",
    "son sun",
    "stair stare",
    "stake steak",
    "stationary stationery",
    "steal steel",
    "tail tale",
    "their there they're",
    "threw through",
    "throne thrown",
    "tide tied",
    "to too two",
    "toe tow",
    "vain vein",
    "waist waste",
    "wait weight",
    "way weigh",
    "weak week",
    "weather whether",
    "where wear",
    "which witch",
    "who's whose",
    "wood would",
    "you're your",
)
HOMOPHONES = {
    word: [other for other in group.split() if other != word]
    for group in _HOMOPHONE_GROUPS
    for word in group.split()
}
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_DIGITS = re.compile("[0-9]+")
_THOUSANDS_COMMA = re.compile("(?<=[0-9]),(?=[0-9]{3})")
_NOT_SPOKEN = re.compile(r"[^\w\s'’]|_")


def asr(text: str, level: float, generator: np.random.Generator) -> str:
    """Writes words as speech recognition may hear them.

    The words lose capitals and all punctuation except apostrophes, their numbers are spelled out,
    and a word with homophones becomes one of them.

    Args:
        text: any English text.
        level: the share of the words to change, in 0..1.
        generator: draws the words and the homophones.

    Example:
        >>> asr("Meet 2 friends!", 1.0, np.random.default_rng(0))
        'meat to friends'
    """

    def transcribe(match: re.Match[str]) -> str:
        spoken = _NOT_SPOKEN.sub(" ", _THOUSANDS_COMMA.sub("", match[0])).lower()
        words = " ".join(_DIGITS.sub(lambda digits: f" {spell(digits[0])} ", spoken).split())
        return WORD.sub(
            lambda word: (
                choose_one(HOMOPHONES[word[0]], generator) if word[0] in HOMOPHONES else word[0]
            ),
            words,
        )

    return edit_matches(NON_SPACES, text, level, generator, transcribe)


def spell(digits: str) -> str:
    """Returns a number in English words.

    Numbers of more than six digits, or with a leading zero, are spelled digit by digit.

    Args:
        digits: ASCII digits.

    Example:
        >>> spell("42"), spell("007")
        ('forty two', 'zero zero seven')
    """
    if len(digits) > 6 or (digits[0] == "0" and len(digits) > 1):
        return " ".join(_ONES[int(digit)] for digit in digits)
    return _words(int(digits))


def _words(number: int) -> str:
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens - 2] + (f" {_ONES[ones]}" if ones else "")
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    many, rest = divmod(number, size)
    return f"{_words(many)} {name}" + (f" {_words(rest)}" if rest else "")
