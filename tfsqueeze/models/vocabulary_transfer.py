"""A pretrained model with another vocabulary."""

from __future__ import annotations

import unicodedata

from scipy import sparse

from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX, SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

# The weights with a row for each token: the table, and the bias of a head for masked tokens.
_PER_TOKEN = ("embeddings/word_embeddings", "decoder/bias")


def transfer_vocabulary(
    model: PreTrainedModel, old: WordPieceTokenizer, new: WordPieceTokenizer
) -> PreTrainedModel:
    """Returns a copy of a model that reads the tokens of another tokenizer.

    The embedding of a token, and what else the model has for each token, starts as the mean of
    those that the old tokenizer splits the token into (fast vocabulary transfer, Gee et al. 2022,
    arXiv 2402.09977, section 3). The model given stays as it is.

    old: the tokenizer that the model was trained with.
    """
    config = model.config.replace(vocab_size=new.vocab_size, pad_token_id=new.pad_token_id)
    transferred = type(model)(config, input_names=model.input_names)
    means = _means(old, new)
    for layer in transferred.layers:
        layer.set_weights(
            [
                means @ values if weight.name.split(":")[0] in _PER_TOKEN else values
                for weight, values in zip(
                    layer.weights, model.get_layer(layer.name).get_weights(), strict=True
                )
            ]
        )
    return transferred


def _means(old, new):
    """The share of each old token in each new one, float32 [new, old], sparse."""
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


def _pieces(token, ids, lowercase):
    """The longest old tokens that a new one begins with, one after the other; none where a
    character is unknown."""
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
