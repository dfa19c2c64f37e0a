"""The tokenizer of a pretraining run."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import tensorflow as tf

from tfsqueeze.checkpoints.minilm import minilm_folder
from tfsqueeze.checkpoints.model_sources import pretrained_folder
from tfsqueeze.data.readers.prepared_folders import (
    TOKENIZER_FOLDER,
    read_manifest,
    tokenizer_digest,
)
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

_VOCABULARY_LINES = 200_000


def choose_tokenizer(
    folder: Path, files: Sequence[Path], prepared: Path | None, options: PretrainingOptions
) -> WordPieceTokenizer:
    """Returns the tokenizer of a run: the teacher's, a backbone's, or one that is trained.

    Args:
        folder: the folder of the run, which keeps a trained one.
        files: the texts.
        prepared: the folder of prepared texts; None for plain texts.
        options: the settings of the run.

    Raises:
        UserError: the tokenizers of what the options name are different ones.
    """
    theirs = None
    if options.pretrained is not None:
        theirs = WordPieceTokenizer.from_pretrained(pretrained_folder(options.pretrained))
    learns_vectors = prepared is not None and read_manifest(prepared).vector_size is not None
    if options.objective == "distill" and not learns_vectors:
        tokenizer = WordPieceTokenizer.from_pretrained(minilm_folder())
        if theirs is not None and theirs.vocabulary != tokenizer.vocabulary:
            raise UserError(
                f"{options.pretrained} has another vocabulary than all-MiniLM-L6-v2, whose "
                "hidden states are learned; use --objective mlm"
            )
    elif theirs is not None:
        tokenizer = theirs
    elif prepared is not None:
        return WordPieceTokenizer.from_pretrained(prepared / TOKENIZER_FOLDER)
    else:
        return trained_tokenizer(folder / "tokenizer", _first_lines(files), options)
    if prepared is not None and (
        tokenizer_digest(tokenizer) != read_manifest(prepared).settings.get("tokenizer")
    ):
        raise UserError(
            f"the texts in {prepared} were prepared with another tokenizer than that of "
            f"{options.pretrained or 'all-MiniLM-L6-v2'}; prepare them again with --tokenizer"
        )
    return tokenizer


def _first_lines(files: Sequence[Path]) -> Iterator[str]:
    lines = tf.data.TextLineDataset([os.fspath(file) for file in files])
    for line in itertools.islice(lines.as_numpy_iterator(), _VOCABULARY_LINES):
        yield line.decode("utf-8", "ignore")


def trained_tokenizer(
    path: Path, texts: Iterable[str], options: PretrainingOptions, *, lowercase: bool = True
) -> WordPieceTokenizer:
    """Returns a tokenizer whose vocabulary is learned from texts.

    Args:
        path: keeps the tokenizer, which is trained once.
        texts: the texts.
        options: the settings of the run.
        lowercase: whether the tokenizer lowercases and drops accents.
    """
    if not path.exists():
        tokenizer = WordPieceTokenizer(
            train_vocabulary(texts, options.vocab_size, lowercase),
            lowercase=lowercase,
            max_length=options.max_length,
        )
        with write_atomically(path) as temporary:
            tokenizer.save_pretrained(temporary)
    return WordPieceTokenizer.from_pretrained(path)
