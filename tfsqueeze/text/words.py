"""The words of a text."""

from __future__ import annotations


def split_words(text: str) -> list[str]:
    """Returns the words that BERT divides a text into before WordPiece, by `tokenizers`.

    They end at whitespace and around every punctuation character, so the pieces of the words
    one by one are those of the whole text. Lone surrogates, which no UTF-8 holds, are left out.
    """
    from tokenizers.pre_tokenizers import BertPreTokenizer

    text = text.encode("utf-8", "ignore").decode("utf-8")
    return [word for word, _ in BertPreTokenizer().pre_tokenize_str(text)]
