"""A model reads another vocabulary as it read its own."""

import numpy as np
import pytest

from tfsqueeze.models.squeezebert import (
    SqueezeBertForMaskedLM,
    SqueezeBertForSequenceClassification,
)
from tfsqueeze.models.vocabulary_transfer import transfer_vocabulary
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

OLD = [*SPECIAL_TOKENS, "play", "##ing", "##ed", "cafe", "a", "##b", "!"]


def tokenizer(vocabulary, **settings):
    return WordPieceTokenizer(vocabulary, max_length=12, **settings)


def table(model):
    return model.get_layer("embeddings").word_embeddings.numpy()


@pytest.fixture
def model(tiny_config, randomize):
    return randomize(
        SqueezeBertForMaskedLM(
            tiny_config(vocab_size=len(OLD)), input_names=("input_ids", "attention_mask")
        )
    )


def test_the_order_of_tokens_changes_nothing(model):
    old, new = tokenizer(OLD), tokenizer(OLD[::-1])
    transferred = transfer_vocabulary(model, old, new)
    assert transferred.config.pad_token_id == new.pad_token_id == len(OLD) - 1
    texts = ["playing !", "cafe a played"]
    expected, found = model(dict(old(texts))), transferred(dict(new(texts)))
    np.testing.assert_allclose(found[..., ::-1], expected, atol=1e-5)


def test_a_token_is_the_mean_of_its_pieces(model):
    new = tokenizer(
        [*SPECIAL_TOKENS, "Playing", "Café", "##ing", "##Bb", "ab", "z", "!"], lowercase=False
    )
    before = {token: row for token, row in zip(OLD, table(model), strict=True)}
    after = {
        token: row
        for token, row in zip(
            new.vocabulary, table(transfer_vocabulary(model, tokenizer(OLD), new)), strict=True
        )
    }
    for token, pieces in {
        "Playing": ("play", "##ing"),
        "Café": ("cafe",),
        "##ing": ("##ing",),
        "##Bb": ("##b", "##b"),
        "ab": ("a", "##b"),
        "z": ("[UNK]",),
        "!": ("!",),
        "[SEP]": ("[SEP]",),
    }.items():
        np.testing.assert_allclose(
            after[token], np.mean([before[piece] for piece in pieces], axis=0), atol=1e-6
        )


def test_capitals_are_no_others_in_a_cased_vocabulary(tiny_config, randomize):
    model = randomize(SqueezeBertForSequenceClassification(tiny_config(vocab_size=len(OLD))))
    new = tokenizer([*SPECIAL_TOKENS, "Cafe", "cafe"], lowercase=False)
    transferred = transfer_vocabulary(model, tokenizer(OLD, lowercase=False), new)
    assert transferred.config.vocab_size == 7 and model.config.vocab_size == len(OLD)
    unknown, known = table(transferred)[5:]
    np.testing.assert_array_equal(unknown, table(model)[OLD.index("[UNK]")])
    np.testing.assert_array_equal(known, table(model)[OLD.index("cafe")])
