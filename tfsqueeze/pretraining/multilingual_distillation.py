"""Pretraining on translations: each gets the teacher's sentence vector of the original."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.language_balance import balanced_rows
from tfsqueeze.data.readers.parallel_texts import ParallelTexts
from tfsqueeze.distillation.sentence_vectors import MINILM, teacher_vectors
from tfsqueeze.pretraining.alignment import align, check_order
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.pretraining.sentence_distillation import (
    encoded_rows,
    set_up_sentence_distillation,
)
from tfsqueeze.pretraining.setup import Progress, Setup
from tfsqueeze.pretraining.tokenizer_choice import trained_tokenizer
from tfsqueeze.robustness.noisy_copies import noisy_copies
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

ALIGNMENT_FILE = "alignment.json"
_VOCABULARY_TEXTS = 200_000


@dataclasses.dataclass(frozen=True)
class MultilingualTexts:
    """The texts of all languages, each with the number of the original that it stands for.

    Args:
        originals: the distinct texts of the teacher's language.
        texts: all texts to learn, originals included.
        languages: the language of each text.
        original_of_text: int64 [texts], the original of each text.
    """

    originals: list[str]
    texts: list[str]
    languages: list[str]
    original_of_text: np.ndarray


def align_texts(
    corpora: Sequence[ParallelTexts], folder: Path, options: PretrainingOptions
) -> MultilingualTexts:
    """Returns the texts that are translations of each other, as far as that can be seen.

    Args:
        corpora: texts and their translations.
        folder: gets alignment.json, which says how many texts of each language were left out.
        options: the settings of the run.

    Raises:
        UserError: a corpus lacks the teacher's language, or its lines are shifted.
    """
    teacher_language = options.teacher_language
    report = []
    numbers: dict[str, int] = {}
    found: dict[tuple[str, str], int] = {}
    for corpus in corpora:
        if teacher_language not in corpus.texts:
            raise UserError(
                f"{corpus.name} has no texts in the teacher's language, {teacher_language!r}, but "
                f"in {', '.join(corpus.texts)}; add them, or name another --teacher-language"
            )
        originals = corpus.texts[teacher_language]
        for language, translations in corpus.texts.items():
            if language == teacher_language:
                kept = np.array([bool(text) for text in originals])
            else:
                alignment = align(originals, translations)
                kept = alignment.kept
                entry = {"file": corpus.name, "language": language, **alignment.to_dict()}
                if kept.sum() > 1:
                    rows = np.flatnonzero(kept)
                    entry["cosine"] = check_order(
                        [originals[row] for row in rows],
                        [translations[row] for row in rows],
                        lambda texts: teacher_vectors(MINILM, texts, folder / "teacher"),
                        corpus.name,
                        language,
                    )
                report.append(entry)
            for row in np.flatnonzero(kept).tolist():
                number = numbers.setdefault(originals[row], len(numbers))
                found.setdefault((language, translations[row]), number)
    with write_atomically(folder / ALIGNMENT_FILE) as temporary:
        temporary.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    return MultilingualTexts(
        list(numbers),
        [text for _, text in found],
        [language for language, _ in found],
        np.array(list(found.values()), np.int64),
    )


def multilingual_tokenizer(
    folder: Path, texts: MultilingualTexts, options: PretrainingOptions
) -> WordPieceTokenizer:
    """Returns a tokenizer whose vocabulary is learned from as many texts of each language.

    Args:
        folder: keeps the tokenizer.
        texts: the texts.
        options: the settings of the run.
    """
    by_language: dict[str, list[str]] = {}
    for language, text in zip(texts.languages, texts.texts, strict=True):
        by_language.setdefault(language, []).append(text)
    most = min(max(map(len, by_language.values())), max(1, _VOCABULARY_TEXTS // len(by_language)))
    balanced = itertools.chain.from_iterable(
        itertools.islice(itertools.cycle(some), most) for some in by_language.values()
    )
    return trained_tokenizer(folder / "tokenizer", balanced, options, lowercase=options.lowercase)


def set_up_multilingual_distillation(
    config: Any,
    tokenizer: WordPieceTokenizer,
    texts: MultilingualTexts,
    folder: Path,
    options: PretrainingOptions,
    progress: Progress,
) -> Setup:
    """Returns what a run trains that learns a teacher's vectors for translations too.

    Reimers and Gurevych 2020, "Making Monolingual Sentence Embeddings Multilingual using Knowledge
    Distillation", arXiv 2004.09813, section 3.

    Args:
        config: the configuration of the student.
        tokenizer: its tokenizer.
        texts: the texts.
        folder: keeps the teacher's vectors.
        options: the settings of the run.
        progress: is called with what is counted, the number done and the number in total.
    """
    vectors = teacher_vectors(
        MINILM,
        texts.originals,
        folder / "teacher",
        lambda *counts: progress("texts through the teacher", *counts),
    )
    copies = noisy_copies(texts.texts, options.noisy_copies, options.noise_level, options.seed)
    languages = np.tile(texts.languages, 1 + options.noisy_copies)
    return set_up_sentence_distillation(
        config,
        tokenizer,
        encoded_rows(tokenizer, [*texts.texts, *copies], options),
        vectors,
        options,
        vector_of_row=np.tile(texts.original_of_text, 1 + options.noisy_copies),
        row_numbers=balanced_rows(languages),
    )
