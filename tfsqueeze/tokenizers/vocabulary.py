"""Training of WordPiece vocabularies."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterable

import tensorflow as tf
from tensorflow_text.python.ops.bert_tokenizer import BasicTokenizer
from tensorflow_text.tools.wordpiece_vocab import wordpiece_tokenizer_learner_lib as learner

from tfsqueeze.tokenizers.text_normalization import normalize
from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX, SPECIAL_TOKENS
from tfsqueeze.utils.errors import UserError

# The trainer of `tokenizers` (1.6 s, not 11 s, for 4,000 tokens of 20,000 SST-2 texts) shares 2,383
# tokens with this one, and differs from run to run.

# The learner drops longer words whole, and looks at every substring of shorter ones.
_MAX_WORD_LENGTH = 50
# The learner is pure Python: about 0.15 s per thousand words and step. Rarer words hardly change
# the pieces.
_MAX_WORDS = 30_000
# A piece that occurs once says nothing about other texts.
_MIN_COUNT = 2
# The search ends at a vocabulary of at least this share of the wanted size.
_MIN_FILL = 0.95
_BATCH = 1024


def train_vocabulary(
    texts: Iterable[str], vocab_size: int = 8000, lowercase: bool = True
) -> list[str]:
    """Trains a WordPiece vocabulary on texts with the learner of tensorflow-text.

    The five special tokens come first ([PAD] has id 0), then the characters of the texts, each
    with and without `##` so that no word of the texts is unknown, then pieces by frequency. If the
    characters alone do not fit, the most frequent ones are kept. The result is deterministic.

    Args:
        texts: the training texts.
        vocab_size: the largest number of tokens; few or short texts yield fewer.
        lowercase: whether the tokenizer that will use the vocabulary lowercases.

    Returns:
        The tokens in order of their ids.

    Raises:
        UserError: `vocab_size` has room for nothing but the special tokens, or the texts hold no
            word.

    Example:
        >>> train_vocabulary(["aa", "aa"], vocab_size=10)
        ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'aa', '##a']
    """
    room = vocab_size - len(SPECIAL_TOKENS)
    if room < 2:
        raise UserError(
            f"vocab_size is {vocab_size}; {len(SPECIAL_TOKENS)} special tokens and one character "
            f"in two forms need at least {len(SPECIAL_TOKENS) + 2}"
        )
    counts = _count_words(texts, lowercase)
    if not counts:
        raise UserError("the texts hold no word to learn a vocabulary from")
    words = _most_frequent(counts)
    lower, upper = _threshold_bounds(counts, vocab_size)
    larger: list[str] | None = None
    smaller: list[str] = []
    # The learner's own search starts from the count of the most frequent word, takes 16 steps
    # where 3 suffice, and may end below the lower bound or above `vocab_size`. So this is a search
    # of our own, and the learner takes one step at a time.
    while lower <= upper:
        threshold = (lower + upper) // 2
        vocabulary = learner.learn(
            words,
            vocab_size,
            list(SPECIAL_TOKENS),
            upper_thresh=threshold,
            lower_thresh=threshold,
            max_token_length=_MAX_WORD_LENGTH,
            max_unique_chars=room // 2,
        )
        if len(vocabulary) > vocab_size:
            larger, lower = vocabulary, threshold + 1
        else:
            smaller, upper = vocabulary, threshold - 1
            if len(vocabulary) >= _MIN_FILL * vocab_size:
                return vocabulary
    return smaller if larger is None else _cut(larger, vocab_size)


def _count_words(texts: Iterable[str], lowercase: bool) -> dict[str, int]:
    """Returns how often each word occurs that the tokenizer divides the texts into."""
    splitter = BasicTokenizer(lower_case=False)
    counts: collections.Counter[bytes] = collections.Counter()
    encoded_texts = (text.encode("utf-8", "ignore") for text in texts)
    while encoded := list(itertools.islice(encoded_texts, _BATCH)):
        batch = normalize(tf.constant(encoded), lowercase)
        # The splitter recognizes only ASCII whitespace.
        words = splitter.tokenize(tf.strings.regex_replace(batch, r"\p{Z}", " "))
        counts.update(words.flat_values.numpy().tolist())
    pieces: collections.Counter[str] = collections.Counter()
    for encoded_word, count in counts.items():
        word = encoded_word.decode("utf-8")
        for start in range(0, len(word), _MAX_WORD_LENGTH):
            pieces[word[start : start + _MAX_WORD_LENGTH]] += count
    # Sorted, because the learner's result depends on the order of equally frequent words.
    return dict(sorted(pieces.items(), key=lambda item: (-item[1], item[0])))


def _most_frequent(counts: dict[str, int]) -> dict[str, int]:
    """Returns the most frequent words, and as words the characters that only rarer words have."""
    words = dict(itertools.islice(counts.items(), _MAX_WORDS))
    seen = set().union(*words)
    rest: collections.Counter[str] = collections.Counter()
    for word, count in itertools.islice(counts.items(), _MAX_WORDS, None):
        for character in set(word) - seen:
            rest[character] += count
    return words | rest


def _threshold_bounds(counts: dict[str, int], vocab_size: int) -> tuple[int, int]:
    """Returns bounds of the frequency threshold of pieces that yields `vocab_size` tokens.

    Pieces outnumber words of the same frequency, so the threshold is above the count of the word
    of rank `vocab_size`. Measured on R8, CLINC-150 and 20 Newsgroups for 1,000 to 16,000 tokens,
    it is below the count of the word of half that rank.
    """
    ordered = list(counts.values())
    lower = ordered[vocab_size - 1] if vocab_size <= len(ordered) else 0
    upper = ordered[min(vocab_size // 2, len(ordered)) - 1]
    lower = max(lower, _MIN_COUNT)
    return lower, max(lower, upper)


def _cut(vocabulary: list[str], vocab_size: int) -> list[str]:
    """Returns an oversized vocabulary without its rarest pieces, but with all characters."""
    excess = len(vocabulary) - vocab_size
    pieces = [token for token in vocabulary if len(token.removeprefix(CONTINUATION_PREFIX)) > 1]
    dropped = set([token for token in pieces if token not in SPECIAL_TOKENS][-excess:])
    return [token for token in vocabulary if token not in dropped]
