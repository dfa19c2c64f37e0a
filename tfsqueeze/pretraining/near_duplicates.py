"""Texts that are nearly the same, found by MinHash."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from tfsqueeze.utils.errors import UserError

_PERMUTATIONS = 128
_SHINGLE = 5  # characters
# Texts of one band are compared exactly, so it costs only time if the bands are too many.
_WEIGHTS = (0.1, 0.9)
# A band of more texts than this is boilerplate; a text is compared with so many of those kept.
_COMPARED = 100


class NearDuplicates:
    """Finds texts whose sets of character 5-grams are alike, without comparing all texts.

    Each text has a MinHash signature (Broder 1997), cut into bands. Texts that share a band are
    compared by the Jaccard similarity of their sets, as in Lee et al. 2022 (arXiv 2107.06499).

    Args:
        similarity: the Jaccard similarity from which a text is a duplicate, above 0 and below 1.

    Raises:
        UserError: datasketch is not installed.

    Example:
        >>> duplicates = NearDuplicates(0.8)  # doctest: +SKIP
        >>> duplicates.redundant([(b"1", "a cat sat there."), (b"2", "a cat sat there")])
        ... # doctest: +SKIP
        [b'1']
    """

    def __init__(self, similarity: float) -> None:
        try:
            from datasketch import MinHashLSH
        except ModuleNotFoundError:
            raise UserError(
                "datasketch is not installed; pip install 'tfsqueeze[beam]', or take only whole "
                "duplicates with --duplicate-similarity 1"
            ) from None
        bands = MinHashLSH(threshold=similarity, num_perm=_PERMUTATIONS, weights=_WEIGHTS)
        self._similarity = similarity
        self._bands, self._rows = bands.b, bands.r

    def band_keys(self, text: str) -> list[bytes]:
        """Returns the keys of a text's bands; texts that are alike mostly share one.

        Args:
            text: the text.
        """
        sketch = _empty_sketch().copy()
        sketch.update_batch([shingle.encode("utf-8") for shingle in _shingles(text)])
        return [
            bytes([band]) + sketch.hashvalues[band * self._rows : (band + 1) * self._rows].tobytes()
            for band in range(self._bands)
        ]

    def redundant(self, texts: Iterable[tuple[bytes, str]]) -> list[bytes]:
        """Returns which of the texts that share a band are duplicates of another one.

        A text is only a duplicate of one with a smaller key. So of texts that are all alike one is
        left, whatever bands they share.

        Args:
            texts: unique keys and texts.
        """
        kept: list[set[str]] = []
        found = []
        for key, text in sorted(texts):
            shingles = _shingles(text)
            if any(_jaccard(shingles, other) >= self._similarity for other in kept):
                found.append(key)
            elif len(kept) < _COMPARED:
                kept.append(shingles)
        return found


@functools.lru_cache(maxsize=1)
def _empty_sketch() -> Any:
    from datasketch import MinHash

    return MinHash(_PERMUTATIONS)


def _shingles(text: str) -> set[str]:
    text = text.casefold()
    return {text[start : start + _SHINGLE] for start in range(max(1, len(text) - _SHINGLE + 1))}


def _jaccard(first: set[str], second: set[str]) -> float:
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared)
