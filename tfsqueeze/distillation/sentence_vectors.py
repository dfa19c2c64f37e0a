"""The vectors that a sentence encoder gives texts, computed once and stored on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tfsqueeze.models.sentence_encoder import SentenceEncoder, load_minilm
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

MINILM = "all-minilm-l6-v2"
_BLOCK_SIZE = 1024


def teacher_vectors(
    teacher: str,
    texts: Sequence[str],
    folder: Path | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> np.ndarray:
    """Returns the sentence vectors of texts.

    Args:
        teacher: `all-minilm-l6-v2`, or a folder that `SentenceEncoder.from_pretrained` reads.
        texts: the texts.
        folder: the folder that stores the vectors for the next call; None stores nothing.
        progress: called with the number of finished texts and the number of all texts.

    Returns:
        float32 [texts, channels], each row of length 1.

    Raises:
        UserError: there is no such teacher.
    """
    key = hashlib.sha256("\n".join([teacher, *texts]).encode("utf-8", "surrogatepass"))
    path = folder and folder / f"{key.hexdigest()[:16]}.npy"
    if path and path.exists():
        return np.load(path)
    if teacher != MINILM and not Path(teacher).is_dir():
        raise UserError(
            f"there is no sentence teacher {teacher!r}; name a folder with one, or {MINILM}"
        )
    encoder = load_minilm() if teacher == MINILM else SentenceEncoder.from_pretrained(teacher)
    vectors = []
    for start in range(0, len(texts), _BLOCK_SIZE):
        vectors.append(encoder.encode(texts[start : start + _BLOCK_SIZE]))
        progress(min(start + _BLOCK_SIZE, len(texts)), len(texts))
    result = np.concatenate(vectors)
    if path:
        with write_atomically(path) as temporary, temporary.open("wb") as file:
            np.save(file, result)
    return result
