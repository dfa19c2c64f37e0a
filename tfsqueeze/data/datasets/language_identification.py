"""The languages of texts whose source does not say them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.utils.errors import UserError

OTHER_LANGUAGE = "other"
# A language that fewer texts have is rather a mistake.
_LEAST_SHARE = 0.01


def identify_languages(texts: Iterable[str]) -> list[str]:
    """Returns the ISO 639-1 code of each text's language, by py3langid.

    py3langid is a maintained copy of langid.py (Lui and Baldwin 2012, "langid.py: An Off-the-shelf
    Language Identification Tool"). It knows 97 languages, by their bytes. A language that fewer
    than 1 in 100 of the texts have becomes `other`, since single short texts are often mistaken.

    Args:
        texts: the texts.

    Raises:
        UserError: py3langid is not installed.

    Example:
        >>> identify_languages(["the weather is fine today", "das Wetter ist heute schön"])
        ['en', 'de']
    """
    try:
        import py3langid
    except ModuleNotFoundError:
        raise UserError(
            "the languages of texts are identified by py3langid, which is not installed: pip "
            "install py3langid"
        ) from None
    found = [str(py3langid.classify(text)[0]) for text in texts]
    frequent = {
        language for language, count in Counter(found).items() if count >= _LEAST_SHARE * len(found)
    }
    return [language if language in frequent else OTHER_LANGUAGE for language in found]


def with_languages(dataset: Any) -> Any:
    """Returns a dataset whose examples have languages, which are identified unless it says them.

    Args:
        dataset: texts, pairs of texts, or sentences of words.

    Raises:
        UserError: the examples of such a dataset have no languages, or as `identify_languages`.
    """
    if not hasattr(dataset, "languages"):
        raise UserError(f"{dataset.name} holds questions, whose languages are not told apart")
    if dataset.languages is not None:
        return dataset
    if isinstance(dataset, TokenDataset):
        texts = (" ".join(words) for words in dataset.sentences)
    else:
        texts = dataset.texts
    return dataclasses.replace(dataset, languages=identify_languages(texts))


def main_languages(languages: Sequence[str]) -> str:
    """Returns the languages of texts with their shares, for a sentence.

    Args:
        languages: the language of each text.

    Example:
        >>> main_languages(["de", "de", "de", "en"])
        'de (75 %), en (25 %)'
    """
    counts = Counter(languages).most_common(4)
    return ", ".join(f"{name} ({100 * count / len(languages):.0f} %)" for name, count in counts)
