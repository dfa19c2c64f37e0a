"""Fine-tuned BERT checkpoints of two layers, with random weights, in Hugging Face's layout."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze import BertConfig
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

WORDS = "the cat dog bird runs sings sleeps in house garden who what where is a".split()
MAX_LENGTH = 24


def checkpoint(folder, model_class, words=WORDS, **fields):
    """Saves a model that always has the same weights, with its tokenizer; returns the folder."""
    keras.utils.set_random_seed(0)
    tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=MAX_LENGTH,
        initializer_range=0.4,
        **fields,
    )
    model_class(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
