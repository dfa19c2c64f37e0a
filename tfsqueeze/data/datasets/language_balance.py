"""How often the examples of each language are trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# A language with fewer texts is repeated up to this power of how many fewer there are.
_BALANCE = 0.5


def balanced_rows(languages: Sequence[str] | np.ndarray) -> np.ndarray:
    """Returns the rows of an epoch: those of rare languages several times.

    A language with 1/n of the texts of the most frequent one is there the square root of n times,
    between its own share and an equal one (Conneau and Lample 2019, arXiv 1901.07291, section 3.1).

    Args:
        languages: the language of each row.

    Returns:
        int64, the numbers of rows.

    Example:
        >>> balanced_rows(np.array(["en"] * 4 + ["de"])).tolist()
        [0, 1, 2, 3, 4, 4]
    """
    languages = np.asarray(languages)
    _, inverse, counts = np.unique(languages, return_inverse=True, return_counts=True)
    repeats = np.rint((counts.max() / counts) ** _BALANCE).astype(np.int64)
    return np.repeat(np.arange(len(languages)), repeats[inverse])
