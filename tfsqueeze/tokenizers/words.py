"""The words of a text."""

from __future__ import annotations


def split_words(text: str) -> list[str]:
    """Returns the words that BERT divides a text into before WordPiece, by `tokenizers`.

    They end at whitespace and around every punctuation character, so the pieces of the words
    one by one are those of the whole text. Lone surrogates, which no UTF-8 holds, are left out.
    """
    return [word for word, _, _ in locate_words(text)]


def locate_words(text: str) -> list[tuple[str, int, int]]:
    """Returns the words of `split_words`, each with the characters of the text that it begins at
    and ends before."""
    from tokenizers.pre_tokenizers import BertPreTokenizer

    kept = [place for place, c in enumerate(text) if not "\ud800" <= c <= "\udfff"]
    clean = "".join(text[place] for place in kept)
    return [
        (word, kept[start], kept[end - 1] + 1)
        for word, (start, end) in BertPreTokenizer().pre_tokenize_str(clean)
    ]
