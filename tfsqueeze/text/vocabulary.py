"""Learning a WordPiece vocabulary from texts."""

from __future__ import annotations

import collections
from collections.abc import Sequence

import tensorflow as tf
from tensorflow_text.python.ops.bert_tokenizer import BasicTokenizer
from tensorflow_text.tools.wordpiece_vocab import wordpiece_tokenizer_learner_lib as learner

from tfsqueeze.errors import UserError
from tfsqueeze.text.normalization import normalize
from tfsqueeze.text.tokenizer import SPECIAL_TOKENS

# The learner drops longer words whole (and looks at every substring of shorter ones).
_MAX_WORD_LENGTH = 50


def train_vocabulary(
    texts: Sequence[str], vocab_size: int = 8000, lowercase: bool = True
) -> list[str]:
    """Learns a WordPiece vocabulary with tensorflow-text's learner; same texts, same result.

    The five special tokens come first ([PAD] is id 0), then the characters of the texts, each
    also in its `##` form so that no word of the texts is unknown, then pieces by frequency. If
    the characters alone would not fit, the most frequent ones that do are kept.

    Args:
        texts: training texts.
        vocab_size: upper bound of the number of tokens; few or short texts yield fewer.
        lowercase: whether the tokenizer that will use it lowercases.

    Returns:
        The tokens in order of their ids.

    Raises:
        UserError: `vocab_size` has no room for anything but the special tokens, or there is
            not one word in the texts.
    """
    room = vocab_size - len(SPECIAL_TOKENS)
    if room < 2:
        raise UserError(
            f"vocab_size is {vocab_size}; {len(SPECIAL_TOKENS)} special tokens and one character "
            f"in two forms need at least {len(SPECIAL_TOKENS) + 2}"
        )
    word_counts = _count_words(texts, lowercase)
    if not word_counts:
        raise UserError(f"the {len(texts):,} texts hold no word to learn a vocabulary from")
    vocabulary = learner.learn(
        word_counts,
        vocab_size,
        list(SPECIAL_TOKENS),
        lower_thresh=2,
        max_token_length=_MAX_WORD_LENGTH,
        max_unique_chars=room // 2,
    )
    return _cut(vocabulary, vocab_size)


def _count_words(texts: Sequence[str], lowercase: bool) -> dict[str, int]:
    """Counts the words that the tokenizer would split the texts into."""
    splitter = BasicTokenizer(lower_case=False)

    def split(batch: tf.Tensor) -> tf.RaggedTensor:
        # The splitter knows ASCII white space only.
        return splitter.tokenize(
            tf.strings.regex_replace(normalize(batch, lowercase), r"\p{Z}", " ")
        )

    encoded = tf.constant([text.encode("utf-8", "ignore") for text in texts], tf.string)
    batches = tf.data.Dataset.from_tensor_slices(encoded).batch(1024).map(split)
    counts: collections.Counter[str] = collections.Counter()
    for batch in batches:
        counts.update(batch.flat_values.numpy().tolist())
    pieces: collections.Counter[str] = collections.Counter()
    for encoded_word, count in counts.items():
        word = encoded_word.decode("utf-8")
        for start in range(0, len(word), _MAX_WORD_LENGTH):
            pieces[word[start : start + _MAX_WORD_LENGTH]] += count
    return dict(pieces)


def _cut(vocabulary: list[str], vocab_size: int) -> list[str]:
    """Drops the rarest pieces of an oversized vocabulary, but no single character.

    The learner searches a frequency threshold and may end on a vocabulary past the bound.
    """
    excess = len(vocabulary) - vocab_size
    if excess <= 0:
        return vocabulary
    pieces = [token for token in vocabulary if len(token.removeprefix("##")) > 1]
    dropped = set([token for token in pieces if token not in SPECIAL_TOKENS][-excess:])
    return [token for token in vocabulary if token not in dropped]
