"""Spelling features of tokens."""

from tfsqueeze.tokenizers.spelling import spelling_feature_ids, spelling_features, word_shape
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS


def test_shapes_say_where_capitals_and_digits_are():
    assert [word_shape(word) for word in ("McDonald's", "1984", "É", "B2B", "…")] == [
        "XxXxx'x",
        "dd",
        "X",
        "XdX",
        "…",
    ]


def test_features_tell_a_word_from_what_goes_on_one():
    assert spelling_features("Bremen") == [
        "letters=bremen",
        "shape=Xxx",
        "prefix3=bre",
        "suffix2=en",
        "suffix3=men",
        "is_continuation=False",
    ]
    assert spelling_features("##men") == [
        "letters=##men",
        "shape=##xx",
        "prefix3=men",
        "suffix2=en",
        "suffix3=men",
        "is_continuation=True",
    ]


def test_features_have_a_number_where_tokens_share_them():
    vocabulary = [*SPECIAL_TOKENS, "Bremen", "bremen", "##men", "x"]
    *special, capital, lower, end, alone = spelling_feature_ids(vocabulary).tolist()
    assert special == [[0] * 6] * len(SPECIAL_TOKENS)
    # The same letters but for case; the shape is the capital's alone.
    assert capital[0] == lower[0] > 0 and capital[1] == 0 == lower[1]
    assert capital[3:5] == lower[3:5] == end[3:5] and 0 not in end[3:5]
    assert alone == [0] * 5 + [capital[5]]
    numbers = {number for row in (capital, lower, end, alone) for number in row} - {0}
    assert numbers == set(range(1, len(numbers) + 1))
    assert spelling_feature_ids(SPECIAL_TOKENS).tolist() == [[]] * len(SPECIAL_TOKENS)
