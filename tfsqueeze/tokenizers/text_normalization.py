"""BERT's text normalization with TensorFlow string ops."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tensorflow_text as tf_text

# What Hugging Face's `clean_text` deletes: control, format and private-use characters except tab,
# line feed and carriage return; and the replacement character.
_DELETED = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\p{Cf}\p{Co}\x{fffd}]"
_NONSPACING_MARKS = r"\p{Mn}"


def normalize(texts: tf.Tensor, lowercase: bool) -> tf.Tensor:
    """Cleans texts as Hugging Face's BertTokenizer does before it splits words.

    Bytes that are not UTF-8 and control characters are deleted. With `lowercase`, the text is
    decomposed (NFD), its combining marks are removed, and it is lowercased.

    FastBertTokenizer has an option for this, `lower_case_nfd_strip_accents`, but that applies NFKC
    case folding ("½" becomes "1⁄2", "™" "tm", "ß" "ss") and turns control characters into spaces,
    so that the words would differ from those of pretrained BERT vocabularies.

    Args:
        texts: a string tensor of any shape.
        lowercase: whether to remove accents and lowercase.

    Returns:
        A string tensor of the same shape, valid UTF-8.

    Example:
        >>> normalize(tf.constant(["Caf\u00e9"]), lowercase=True).numpy().tolist()
        [b'cafe']
    """
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="ignore")
    texts = tf.strings.regex_replace(texts, _DELETED, "")
    if lowercase:
        decomposed: Any = tf_text.normalize_utf8(texts, "NFD")
        texts = tf.strings.regex_replace(decomposed, _NONSPACING_MARKS, "")
        # Hugging Face lowercases one character at a time; the Unicode op would turn the last sigma
        # of a word into "ς".
        texts = tf.strings.regex_replace(texts, "Σ", "σ")
        # The Unicode op lowercases by the rules of the user's locale (a Turkish one turns "I" into
        # "ı"), so ASCII letters are lowercased first by the op that ignores the locale.
        texts = tf.strings.lower(tf.strings.lower(texts), encoding="utf-8")
    return texts
