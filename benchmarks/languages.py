"""How well a model understands several languages, and finds texts across them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.multilingual_texts import CAPTION_LANGUAGES, LANGUAGES
from tfsqueeze.data.readers.number_tables import read_number_table
from tfsqueeze.evaluation.correlation import correlation_metrics
from tfsqueeze.evaluation.retrieval import retrieval_metrics

Embed = Callable[[Sequence[str]], np.ndarray]
Progress = Callable[[int, int, str], None]


def measure_languages(
    models: Sequence[str], data: Path, progress: Progress = lambda *_: None
) -> dict[str, Any]:
    """Measures similarity in eight languages, and search for captions across languages.

    Args:
        models: .tflite files for sentence-embeddings, which run on LiteRT; folders and names of
            backbones, whose vectors are the means of tokens in float32; or `characters`, for
            TF-IDF of 2 to 4 characters.
        data: the folder of datasets, of which stsb's dev part and multi30k's val part are read.
        progress: called with what is done, how much there is in all, and what comes next.

    Returns:
        A JSON-able dict: `languages`, a row for each model and language: `spearman` of the cosines
        of stsb's pairs, and `recall_at_1` and `recall_at_10` of the English caption for one in the
        language, among all of them; None where there are no captions.
    """
    names = [*dict.fromkeys([*LANGUAGES, *CAPTION_LANGUAGES])]
    english = (data / "multi30k" / "val.en.txt").read_text("utf-8").splitlines()
    rows = []
    for index, model in enumerate(models):
        embed = _embedder(model)
        for place, language in enumerate(names):
            title = f"{Path(model).name}: {language}"
            progress(index * len(names) + place, len(models) * len(names), title)
            row: dict[str, Any] = {"name": Path(model).name, "language": language}
            row |= {"spearman": None, "recall_at_1": None, "recall_at_10": None}
            if language in LANGUAGES:
                pairs = read_number_table(
                    data / "stsb" / language / "dev.tsv", text_pair_column="other"
                )
                first, second = _together(embed, pairs.texts, pairs.text_pairs or ())
                cosines = (first * second).sum(axis=1)
                row["spearman"] = correlation_metrics(pairs.labels or (), cosines)["spearman"]
            if language in CAPTION_LANGUAGES and language != "en":
                captions = (data / "multi30k" / f"val.{language}.txt").read_text("utf-8")
                texts = captions.splitlines()
                found = retrieval_metrics(texts, english, *_together(embed, texts, english))
                row |= {name: found[name] for name in ("recall_at_1", "recall_at_10")}
            rows.append(row)
    return {"captions": len(english), "languages": rows}


def _together(
    embed: Embed, first: Sequence[str], second: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    vectors = embed([*first, *second])
    return vectors[: len(first)], vectors[len(first) :]


def _embedder(model: str) -> Embed:
    if model == "characters":
        return _character_vectors
    if model.endswith(".tflite"):
        from converters.inference.sentence_embeddings_predictor import SentenceEmbeddingsPredictor

        return SentenceEmbeddingsPredictor.open(model).encode
    from tfsqueeze import SentenceEncoder, SqueezeBertModel, WordPieceTokenizer
    from tfsqueeze.checkpoints.model_sources import pretrained_folder

    folder = pretrained_folder(model)
    backbone = SqueezeBertModel.from_pretrained(folder, input_names=("input_ids", "attention_mask"))
    return SentenceEncoder(
        backbone, WordPieceTokenizer.from_pretrained(folder, max_length=128)
    ).encode


def _character_vectors(texts: Sequence[str]) -> np.ndarray:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    return vectorizer.fit_transform(texts).toarray().astype(np.float32)
