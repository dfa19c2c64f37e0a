"""The file of the texts that an exported embedder searches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from converters.inference.search_index import INDEX_SUFFIX
from converters.inference.sentence_embeddings_predictor import SentenceEmbeddingsPredictor


def write_search_index(model: Path, texts: Sequence[str]) -> Path:
    """Embeds texts, and writes them with their vectors beside the model.

    Args:
        model: the path of a packed .tflite file of an embedder.
        texts: the texts, at least one.

    Returns:
        The file, which has the name of the model and ends in .safetensors.
    """
    path = model.with_suffix(INDEX_SUFFIX)
    SentenceEmbeddingsPredictor.open(model).index(texts).save(path)
    return path
