"""Words of sentences that depend on others."""

from __future__ import annotations


def with_article(noun: str, article: str = "a") -> str:
    """Returns a noun after its indefinite article.

    Args:
        noun: the noun, with what goes before it.
        article: `A` at the start of a sentence.

    Example:
        >>> with_article("text classifier"), with_article("embedder of sentences", "A")
        ('a text classifier', 'An embedder of sentences')
    """
    return f"{article}{'n' if noun[0].lower() in 'aeiou' else ''} {noun}"
