"""The vectors of the texts of a corpus, and search by them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from tfsqueeze.checkpoints.safetensors_file import read_tensors_and_metadata
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

INDEX_SUFFIX = ".safetensors"
_TEXTS_AT_ONCE = 65_536
# The one entry of the metadata, with the version of the format: safetensors writes several entries
# in any order, and equal indexes are to be equal files.
_MODEL = "tfsqueeze_search_index_1_of"
_TYPES = {"vectors": np.int8, "zero_point": np.int32, "texts": np.uint8, "limits": np.int64}


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

    The vector of a text is `vectors[row] - zero_point`, divided by its length. The index of a model
    with int8 outputs has these outputs unchanged. As a file it is in the safetensors format, which
    other languages read: `vectors` int8 [texts, channels]; `zero_point` int32 [1]; `texts` uint8,
    their UTF-8 one after the other; and `limits` int64 [texts + 1], where each text begins.

    Args:
        texts: the texts, at least one.
        vectors: int8 [texts, channels].
        zero_point: the stored value of 0.
        encode: returns the vectors of queries, float32 [queries, channels], each of length 1.
        digest: the SHA-256 of the .tflite file that made the vectors.

    Example:
        >>> vectors = np.eye(2, dtype=np.float32)
        >>> index = SearchIndex.of(["cats", "taxes"], vectors, None, lambda queries: vectors[:1])
        >>> index.search(["kittens"], top_k=1)
        [[Match(text='cats', index=0, score=1.0)]]
    """

    def __init__(
        self,
        texts: Sequence[str],
        vectors: np.ndarray,
        zero_point: int,
        encode: Callable[[Iterable[str]], np.ndarray],
        digest: str = "",
    ) -> None:
        self._texts, self._vectors, self._zero_point = list(texts), vectors, zero_point
        self._encode, self._digest = encode, digest
        self._lengths = np.concatenate(
            [np.linalg.norm(steps, axis=1) for _, steps in self._parts()]
        ).clip(1e-12)

    @classmethod
    def of(
        cls,
        texts: Sequence[str],
        vectors: np.ndarray,
        quantization: tuple[float, int] | None,
        encode: Callable[[Iterable[str]], np.ndarray],
        digest: str = "",
    ) -> SearchIndex:
        """Returns the index of texts, given their vectors.

        Args:
            texts: the texts.
            vectors: float32 [texts, channels], of any length.
            quantization: the scale and the zero point of the vectors, where they come from a model
                with int8 outputs; each gets a scale of its own otherwise.
            encode: as for the class, and so is `digest`.
            digest: see the class.
        """
        zero_point = 0 if quantization is None else quantization[1]
        scales = (
            np.abs(vectors).max(axis=1, keepdims=True).clip(1e-12) / 127
            if quantization is None
            else quantization[0]
        )
        stored = (np.rint(vectors / scales) + zero_point).astype(np.int8)
        return cls(texts, stored, zero_point, encode, digest)

    def __len__(self) -> int:
        return len(self._texts)

    def _parts(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yields some rows at a time, and their vectors as float32 in steps of the scale."""
        for start in range(0, len(self), _TEXTS_AT_ONCE):
            part = slice(start, start + _TEXTS_AT_ONCE)
            yield part, self._vectors[part].astype(np.float32) - np.float32(self._zero_point)

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
            "zero_point": np.array([self._zero_point], np.int32),
            "texts": np.frombuffer(b"".join(contents), np.uint8),
            "limits": np.cumsum([0, *map(len, contents)], dtype=np.int64),
        }
        with write_atomically(path) as temporary:
            save_file(columns, temporary, {_MODEL: self._digest})

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
        if _MODEL not in about:
            raise UserError(
                f"{path} is no search index of this version; make one with --save-index"
            )
        if about[_MODEL] != digest:
            raise UserError(
                f"{path} has the vectors of another model; make it again with this one, or name "
                "the model that made it"
            )
        damaged = UserError(f"{path} is damaged; make the index again")
        if any(name not in columns or columns[name].dtype != _TYPES[name] for name in _TYPES):
            raise damaged
        vectors, zero_point, content, limits = (columns[name] for name in _TYPES)
        if (
            vectors.ndim != 2
            or not vectors.size
            or zero_point.shape != (1,)
            or limits.shape != (len(vectors) + 1,)
            or (np.diff(limits) < 0).any()
            or (limits[0], limits[-1]) != (0, content.size)
            or not -128 <= zero_point[0] <= 127
        ):
            raise damaged
        whole = content.tobytes()
        texts = [
            whole[start:end].decode("utf-8", "replace")
            for start, end in zip(limits[:-1].tolist(), limits[1:].tolist(), strict=True)
        ]
        return cls(texts, vectors, int(zero_point[0]), encode, digest)

    def search(self, queries: Iterable[str], top_k: int = 5) -> list[list[Match]]:
        """Returns the texts that are nearest to each query, nearest first.

        Args:
            queries: the queries.
            top_k: how many texts for each query.

        Raises:
            UserError: `top_k` is below 1, a query is not a string, or the vectors of the queries
                have other channels than the index.
        """
        if top_k < 1:
            raise UserError(f"top_k is {top_k}; ask for at least 1 text")
        encoded = self._encode(queries)
        channels = self._vectors.shape[1]
        if encoded.shape[1] != channels:
            raise UserError(
                f"the index has vectors of {channels} channels, and the model gives "
                f"{encoded.shape[1]}; make the index again"
            )
        cosines = np.empty((len(encoded), len(self)), np.float32)
        for part, steps in self._parts():
            cosines[:, part] = encoded @ steps.T
        cosines /= self._lengths
        return [
            [
                Match(self._texts[index], int(index), float(row[index]))
                for index in np.argsort(-row, kind="stable")[:top_k]
            ]
            for row in cosines
        ]
