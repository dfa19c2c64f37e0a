"""The vectors of the texts of a corpus, and search by them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from tfsqueeze.checkpoints.safetensors_file import read_tensors_and_metadata
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

INDEX_SUFFIX = ".safetensors"
_TEXTS_AT_ONCE = 65_536
_MODEL, _FORMAT = "model_sha256", "format"
_FORMAT_NAME = "tfsqueeze search index 1"


@dataclass(frozen=True)
class Match:
    """A text of a corpus that is near a query.

    Args:
        text: the text.
        index: its position in the corpus, from 0.
        score: the cosine of its vector and the query's.
    """

    text: str
    index: int
    score: float


class SearchIndex:
    """Texts and their vectors as int8, a quarter of the memory of float32.

    A vector is `vectors[row] * scales[row]`. As a file it is in the safetensors format, which other
    languages read: `vectors` int8 [texts, channels]; `scales` float32 [texts]; `texts` uint8, their
    UTF-8 one after the other; and `limits` int64 [texts + 1], where each text begins.

    Args:
        texts: the texts, at least one.
        vectors: int8 [texts, channels].
        scales: float32 [texts].
        encode: returns the vectors of queries, float32 [queries, channels], each of length 1.
        digest: the SHA-256 of the .tflite file that made the vectors.

    Example:
        >>> vectors = np.eye(2, dtype=np.float32)
        >>> index = SearchIndex.of(["cats", "taxes"], vectors, lambda queries: vectors[:1], "")
        >>> index.search(["kittens"], top_k=1)
        [[Match(text='cats', index=0, score=1.0)]]
    """

    def __init__(
        self,
        texts: Sequence[str],
        vectors: np.ndarray,
        scales: np.ndarray,
        encode: Callable[[Iterable[str]], np.ndarray],
        digest: str,
    ) -> None:
        self._texts, self._vectors, self._scales = list(texts), vectors, scales
        self._encode, self._digest = encode, digest

    @classmethod
    def of(
        cls,
        texts: Sequence[str],
        vectors: np.ndarray,
        encode: Callable[[Iterable[str]], np.ndarray],
        digest: str,
    ) -> SearchIndex:
        """Returns the index of texts, given their vectors.

        Args:
            texts: the texts.
            vectors: float32 [texts, channels], each of length 1.
            encode: as for the class, and so is `digest`.
            digest: see the class.
        """
        scales = np.maximum(np.abs(vectors).max(axis=1), 1e-12) / 127
        quantized = np.rint(vectors / scales[:, None]).astype(np.int8)
        return cls(texts, quantized, scales.astype(np.float32), encode, digest)

    def __len__(self) -> int:
        return len(self._texts)

    def save(self, path: str | os.PathLike) -> None:
        """Writes the index to a file.

        Args:
            path: the file, whose name ends in .safetensors.

        Raises:
            UserError: the name ends otherwise.
        """
        if Path(path).suffix != INDEX_SUFFIX:
            raise UserError(f"{path} does not end in {INDEX_SUFFIX}, the format of an index")
        contents = [text.encode("utf-8", "surrogatepass") for text in self._texts]
        columns = {
            "vectors": self._vectors,
            "scales": self._scales,
            "texts": np.frombuffer(b"".join(contents), np.uint8),
            "limits": np.cumsum([0, *map(len, contents)], dtype=np.int64),
        }
        with write_atomically(path) as temporary:
            save_file(columns, temporary, {_FORMAT: _FORMAT_NAME, _MODEL: self._digest})

    @classmethod
    def open(
        cls,
        path: str | os.PathLike,
        encode: Callable[[Iterable[str]], np.ndarray],
        digest: str,
    ) -> SearchIndex:
        """Reads a file that `save` wrote.

        Args:
            path: the file.
            encode: as for the class, and so is `digest`.
            digest: see the class.

        Raises:
            UserError: the file cannot be read, is no index, or is that of another model.
        """
        columns, about = read_tensors_and_metadata(path)
        if about.get(_FORMAT) != _FORMAT_NAME:
            raise UserError(
                f"{path} is no search index of this version; make one with --save-index"
            )
        if about.get(_MODEL) != digest:
            raise UserError(
                f"{path} has the vectors of another model; make it again with this one, or name "
                "the model that made it"
            )
        vectors, scales, limits = (columns.get(name) for name in ("vectors", "scales", "limits"))
        content = columns.get("texts")
        if (
            vectors is None
            or scales is None
            or limits is None
            or content is None
            or vectors.dtype != np.int8
            or vectors.ndim != 2
            or scales.shape != (len(vectors),)
            or limits.shape != (len(vectors) + 1,)
            or not len(vectors)
            or (np.diff(limits) < 0).any()
            or (limits[0], limits[-1]) != (0, content.size)
            or not np.isfinite(scales).all()
        ):
            raise UserError(f"{path} is damaged; make the index again")
        whole = content.tobytes()
        texts = [
            whole[start:end].decode("utf-8", "replace")
            for start, end in zip(limits[:-1].tolist(), limits[1:].tolist(), strict=True)
        ]
        return cls(texts, vectors, scales, encode, digest)

    def search(self, queries: Iterable[str], top_k: int = 5) -> list[list[Match]]:
        """Returns the texts that are nearest to each query, nearest first.

        Args:
            queries: the queries.
            top_k: how many texts for each query.

        Raises:
            UserError: `top_k` is below 1, or a query is not a string.
        """
        if top_k < 1:
            raise UserError(f"top_k is {top_k}; ask for at least 1 text")
        encoded = self._encode(queries)
        cosines = np.empty((len(encoded), len(self)), np.float32)
        for start in range(0, len(self), _TEXTS_AT_ONCE):
            part = slice(start, start + _TEXTS_AT_ONCE)
            cosines[:, part] = encoded @ self._vectors[part].astype(np.float32).T
        cosines *= self._scales
        return [
            [
                Match(self._texts[index], int(index), float(row[index]))
                for index in np.argsort(-row, kind="stable")[:top_k]
            ]
            for row in cosines
        ]
