"""BERT's text normalization as TensorFlow string ops."""

from __future__ import annotations

import tensorflow as tf
import tensorflow_text as tf_text

# Everything Hugging Face's `clean_text` deletes: control, format and private-use characters
# other than tab, line feed and carriage return, and the replacement character.
_DELETED = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\p{Cf}\p{Co}\x{fffd}]"
_NONSPACING_MARKS = r"\p{Mn}"


def normalize(texts: tf.Tensor, lowercase: bool) -> tf.Tensor:
    """Cleans texts the way Hugging Face's BertTokenizer does before it splits words.

    Bytes that are not UTF-8 and control characters are deleted; with `lowercase` the text is
    decomposed (NFD), its combining marks are stripped and it is lowercased.

    FastBertTokenizer could do this itself, but its `lower_case_nfd_strip_accents` really applies
    NFKC case folding ("½" becomes "1⁄2", "™" "tm", "ß" "ss") and turns control characters into
    spaces, so vocabularies of pretrained BERT models would be looked up with other words.

    Args:
        texts: string tensor of any shape.
        lowercase: whether to strip accents and lowercase.

    Returns:
        A string tensor of the same shape, valid UTF-8.
    """
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="ignore")
    texts = tf.strings.regex_replace(texts, _DELETED, "")
    if lowercase:
        texts = tf_text.normalize_utf8(texts, "NFD")
        texts = tf.strings.regex_replace(texts, _NONSPACING_MARKS, "")
        # One character at a time, as Hugging Face does: the Unicode op would write a word's last
        # sigma "ς".
        texts = tf.strings.regex_replace(texts, "Σ", "σ")
        # The Unicode op lowercases by the rules of the user's locale (a Turkish one turns "I"
        # into "ı"), so ASCII goes first through the op that knows no locale.
        texts = tf.strings.lower(tf.strings.lower(texts), encoding="utf-8")
    return texts
