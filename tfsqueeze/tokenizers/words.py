"""The words that BERT divides a text into before WordPiece."""

from __future__ import annotations


def split_words(text: str) -> list[str]:
    """Returns the words of a text.

    Words end at whitespace and around every punctuation character (by the library `tokenizers`),
    so the pieces of the words one by one are the pieces of the whole text. Lone surrogates, which
    UTF-8 cannot encode, are dropped.

    Args:
        text: any text.

    Example:
        >>> split_words("Don't stop!")
        ['Don', "'", 't', 'stop', '!']
    """
    return [word for word, _, _ in locate_words(text)]


def locate_words(text: str) -> list[tuple[str, int, int]]:
    """Returns the words of `split_words` with their character spans in the text.

    Args:
        text: any text.

    Returns:
        For each word its text, the position of its first character, and the position after its
        last one.

    Example:
        >>> locate_words("jazz, please")
        [('jazz', 0, 4), (',', 4, 5), ('please', 6, 12)]
    """
    from tokenizers.pre_tokenizers import BertPreTokenizer

    positions = [position for position, c in enumerate(text) if not "\ud800" <= c <= "\udfff"]
    clean = "".join(text[position] for position in positions)
    return [
        (word, positions[start], positions[end - 1] + 1)
        for word, (start, end) in BertPreTokenizer().pre_tokenize_str(clean)
    ]
