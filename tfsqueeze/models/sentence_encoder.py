"""Sentence embeddings: vectors of texts that are near for texts with similar meanings."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfsqueeze.checkpoints.minilm import minilm_folder
from tfsqueeze.checkpoints.vocabulary_fit import check_vocabulary
from tfsqueeze.configs.field_checks import is_positive_integer
from tfsqueeze.models.bert import BertModel
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import read_json, shown

# Files that sentence-transformers writes beside a model.
_LENGTH_FILE = "sentence_bert_config.json"
_POOLING_FILE = Path("1_Pooling") / "config.json"


def mean_pool(hidden_state: tf.Tensor, attention_mask: tf.Tensor) -> tf.Tensor:
    """Averages the vectors of a text's tokens and scales the mean to length 1.

    This is the mean pooling of Sentence-BERT (Reimers and Gurevych 2019, arXiv 1908.10084, section
    3).

    Args:
        hidden_state: float [batch, length, hidden_size].
        attention_mask: int32 [batch, length], 1 at tokens and 0 at padding; every text must have
            a token.

    Returns:
        float [batch, hidden_size].
    """
    mask = tf.cast(attention_mask, hidden_state.dtype)[:, :, None]
    mean = tf.reduce_sum(hidden_state * mask, axis=1) / tf.reduce_sum(mask, axis=1)
    return tf.math.l2_normalize(mean, axis=-1)


class SentenceEncoder:
    """Embeds texts as the normalized means of a model's last hidden states.

    Args:
        model: a bare encoder with the inputs `input_ids` and `attention_mask`, such as a
            `BertModel`.
        tokenizer: the tokenizer of the model, which truncates texts to its `max_length`.

    Example:
        >>> from tfsqueeze import SentenceEncoder, SqueezeBertModel, WordPieceTokenizer
        >>> from tfsqueeze.checkpoints.model_sources import pretrained_folder
        >>> folder = pretrained_folder("squeezebert-tiny")
        >>> model = SqueezeBertModel.from_pretrained(
        ...     folder, input_names=("input_ids", "attention_mask")
        ... )
        >>> encoder = SentenceEncoder(model, WordPieceTokenizer.from_pretrained(folder))
        >>> weather, rain, money = encoder.encode(
        ...     ["What will the weather be?", "Is it going to rain?", "Send me cash."]
        ... )
        >>> bool(weather @ rain > weather @ money)
        True
    """

    def __init__(self, model: PreTrainedModel, tokenizer: WordPieceTokenizer) -> None:
        self.model = model
        self.tokenizer = tokenizer
        ids = tf.TensorSpec([None, None], tf.int32)
        self._embed = tf.function(self._embed_batch, input_signature=[ids, ids])

    @classmethod
    def from_pretrained(cls, folder: str | os.PathLike) -> SentenceEncoder:
        """Loads a BERT from a folder of sentence-transformers or transformers.

        Args:
            folder: the folder, with config.json, model.safetensors and vocab.txt.

        Raises:
            UserError: a file is missing or damaged, or the folder asks for a pooling other than
                the mean.
        """
        folder = Path(folder)
        pooling = _read_fields(folder / _POOLING_FILE)
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
        length = _read_fields(folder / _LENGTH_FILE).get("max_seq_length")
        if not (length is None or is_positive_integer(length)):
            raise UserError(
                f"{folder / _LENGTH_FILE}: max_seq_length is {shown(length)}, not a positive "
                "integer"
            )
        tokenizer = WordPieceTokenizer.from_pretrained(folder, max_length=length)
        model = BertModel.from_pretrained(folder, input_names=("input_ids", "attention_mask"))
        check_vocabulary(tokenizer, model.config, folder)
        return cls(model, tokenizer)

    def encode(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """Returns the embeddings of texts.

        Texts of similar length form a batch, which is padded to the longest.

        Args:
            texts: the texts.
            batch_size: the number of texts in a batch.

        Returns:
            float32 [texts, hidden_size], each row of length 1.
        """
        texts = list(texts)
        embeddings = np.zeros((len(texts), self.model.config.hidden_size), np.float32)
        # The number of characters is close enough, and needs no tokenization.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            inputs = self.tokenizer([texts[row] for row in rows], padding="longest")
            embeddings[rows] = self._embed(inputs["input_ids"], inputs["attention_mask"])
        return embeddings

    def _embed_batch(self, input_ids: tf.Tensor, attention_mask: tf.Tensor) -> tf.Tensor:
        outputs = self.model(
            {"input_ids": input_ids, "attention_mask": attention_mask}, training=False
        )
        return mean_pool(outputs["last_hidden_state"], attention_mask)


def write_mean_pooling(folder: Path, hidden_size: int) -> None:
    """Writes what sentence-transformers writes beside a model whose tokens' mean is the vector.

    Args:
        folder: the folder of the model.
        hidden_size: the channels of the vector.
    """
    path = folder / _POOLING_FILE
    path.parent.mkdir(parents=True)
    fields = {"word_embedding_dimension": hidden_size, "pooling_mode_mean_tokens": True}
    path.write_text(json.dumps(fields, indent=2) + "\n", "utf-8")


def _read_fields(path: Path) -> dict[str, Any]:
    return read_json(path).object() if path.is_file() else {}


def load_minilm() -> SentenceEncoder:
    """Returns the sentence encoder all-MiniLM-L6-v2, whose embeddings have 384 channels.

    Raises:
        UserError: its archive cannot be fetched or read; see
            `tfsqueeze.checkpoints.minilm.minilm_folder`.

    Example:
        >>> from tfsqueeze import load_minilm
        >>> load_minilm().encode(["I want a refund."]).shape  # doctest: +SKIP
        (1, 384)
    """
    return SentenceEncoder.from_pretrained(minilm_folder())
