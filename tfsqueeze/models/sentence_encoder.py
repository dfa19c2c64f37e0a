"""Sentence embeddings: one vector per text, near that of a text of like meaning."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfsqueeze.checkpoints.minilm import minilm_folder
from tfsqueeze.models.bert import BertModel
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

# What sentence-transformers writes beside a model.
_LENGTH_FILE = "sentence_bert_config.json"
_POOLING_FILE = Path("1_Pooling") / "config.json"


def mean_pool(hidden_state: tf.Tensor, attention_mask: tf.Tensor) -> tf.Tensor:
    """Averages the vectors of a text's tokens and scales the mean to length 1.

    hidden_state: float [batch, length, hidden_size].
    attention_mask: int32 [batch, length], 1 at tokens and 0 at padding; at least one token each.

    Returns float [batch, hidden_size] (Reimers and Gurevych 2019, arXiv 1908.10084, section 3).
    """
    mask = tf.cast(attention_mask, hidden_state.dtype)[:, :, None]
    mean = tf.reduce_sum(hidden_state * mask, axis=1) / tf.reduce_sum(mask, axis=1)
    return tf.math.l2_normalize(mean, axis=-1)


class SentenceEncoder:
    """Embeds texts by a model and its tokenizer: the mean of the last hidden states, normalised.

    model: a bare encoder with the inputs `input_ids` and `attention_mask`, such as a `BertModel`;
        types are not fed.
    tokenizer: its tokenizer; longer texts than its `max_length` are truncated.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: WordPieceTokenizer):
        self.model = model
        self.tokenizer = tokenizer
        ids = tf.TensorSpec([None, None], tf.int32)
        self._embed = tf.function(self._embed_batch, input_signature=[ids, ids])

    @classmethod
    def from_pretrained(cls, folder: str | os.PathLike) -> SentenceEncoder:
        """Reads a BERT from a folder of sentence-transformers or transformers, with `vocab.txt`.

        Raises UserError where a file is missing or damaged, or where the folder asks for another
        pooling than the mean.
        """
        folder = Path(folder)
        pooling = _read_json(folder / _POOLING_FILE)
        others = [
            name
            for name, value in pooling.items()
            if name.startswith("pooling_mode_") and value and name != "pooling_mode_mean_tokens"
        ]
        if others:
            raise UserError(
                f"{folder / _POOLING_FILE} asks for {', '.join(others)}; only "
                "pooling_mode_mean_tokens is supported"
            )
        tokenizer = WordPieceTokenizer.from_pretrained(folder)
        length = _read_json(folder / _LENGTH_FILE).get("max_seq_length")
        if length:
            tokenizer = WordPieceTokenizer.from_settings(
                {**tokenizer.settings(), "model_max_length": length}, tokenizer.vocabulary
            )
        model = BertModel.from_pretrained(folder, input_names=("input_ids", "attention_mask"))
        return cls(model, tokenizer)

    def encode(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """Returns the embeddings of texts: float32 [texts, hidden_size], each of length 1.

        Texts of like length are batched together, each batch padded to its longest.
        """
        texts = list(texts)
        embeddings = np.zeros((len(texts), self.model.config.hidden_size), np.float32)
        # By characters, which is near enough and costs no tokenization.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            inputs = self.tokenizer([texts[row] for row in rows], padding="longest")
            embeddings[rows] = self._embed(inputs["input_ids"], inputs["attention_mask"])
        return embeddings

    def _embed_batch(self, input_ids, attention_mask):
        outputs = self.model(
            {"input_ids": input_ids, "attention_mask": attention_mask}, training=False
        )
        return mean_pool(outputs["last_hidden_state"], attention_mask)


def _read_json(path):
    if not path.is_file():
        return {}
    try:
        fields = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise UserError(f"{path} is not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise UserError(f"{path} must hold a JSON object")
    return fields


def load_minilm() -> SentenceEncoder:
    """Returns all-MiniLM-L6-v2 as a sentence encoder: texts in, float32 [texts, 384] out.

    Raises as `minilm_folder`.
    """
    return SentenceEncoder.from_pretrained(minilm_folder())
