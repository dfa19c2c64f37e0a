"""Transfer of a pretrained model to another vocabulary."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from scipy import sparse

from tfsqueeze.models.copies import copy_model
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX, SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

# The weights with one row per token: the embeddings, and those of the head of masked tokens.
_PER_TOKEN = ("embeddings/word_embeddings", "decoder/bias", "decoder/own_table")


def transfer_vocabulary(
    model: PreTrainedModel, old: WordPieceTokenizer, new: WordPieceTokenizer
) -> PreTrainedModel:
    """Returns a copy of a model for the tokens of another tokenizer.

    The embedding of a token starts as the mean of the embeddings of the pieces that the old
    tokenizer splits the token into (fast vocabulary transfer, Gee et al. 2022, arXiv 2402.09977,
    section 3). So does a bias per token.

    Args:
        model: the model, which stays as it is.
        old: the tokenizer that the model was trained with.
        new: the tokenizer of the copy.
    """
    config = model.config.replace(vocab_size=new.vocab_size, pad_token_id=new.pad_token_id)
    means = _means(old, new)
    return copy_model(
        model, config, lambda name, values: means @ values if name in _PER_TOKEN else values
    )


def _means(old: WordPieceTokenizer, new: WordPieceTokenizer) -> Any:
    """Returns the share of each old token in each new one, sparse float32 [new, old]."""
    ids = {token: row for row, token in enumerate(old.vocabulary)}
    means = sparse.lil_matrix((new.vocab_size, old.vocab_size), dtype="float32")
    for row, token in enumerate(new.vocabulary):
        pieces = (
            [token]
            if token in SPECIAL_TOKENS and token in ids
            else _pieces(token, ids, old.lowercase)
        )
        for piece in pieces or [old.vocabulary[old.unk_token_id]]:
            means[row, ids[piece]] += 1 / max(1, len(pieces))
    return means.tocsr()


def _pieces(token: str, ids: Mapping[str, int], lowercase: bool) -> list[str]:
    """Splits a new token into old ones, each the longest that fits.

    Returns:
        The old tokens; none if a character is unknown.
    """
    prefix = (
        CONTINUATION_PREFIX
        if token.startswith(CONTINUATION_PREFIX) and token != CONTINUATION_PREFIX
        else ""
    )
    rest = token[len(prefix) :]
    if lowercase:
        rest = "".join(
            character
            for character in unicodedata.normalize("NFD", rest.lower())
            if unicodedata.category(character) != "Mn"
        )
    pieces = []
    while rest:
        length = next((end for end in range(len(rest), 0, -1) if prefix + rest[:end] in ids), 0)
        if not length:
            return []
        pieces.append(prefix + rest[:length])
        prefix, rest = CONTINUATION_PREFIX, rest[length:]
    return pieces
