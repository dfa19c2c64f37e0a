"""Sizes of the peers, and what they compute."""

from __future__ import annotations

import dataclasses

# What peers add to the scores of padding.
MASK_VALUE = -10000.0


@dataclasses.dataclass(frozen=True)
class BertConfig:
    """Sizes of a BERT-like encoder (Devlin et al. 2019, arXiv 1810.04805).

    embedding_size: below `hidden_size` the embeddings are projected (ALBERT, Lan et al. 2020,
        arXiv 1909.11942, section 3.1).
    share_layers: all layers are one set of weights (the same paper).
    """

    vocab_size: int = 30522
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    embedding_size: int = 768
    max_position_embeddings: int = 512
    share_layers: bool = False
    layer_norm_eps: float = 1e-12
    num_labels: int = 2

    def count_macs(self, length: int) -> int:
        """Multiply-accumulates of one text of `length` tokens, head included."""
        hidden = self.hidden_size
        weights = 4 * hidden**2 + 2 * hidden * self.intermediate_size
        layer = length * weights + 2 * length**2 * hidden
        projection = 0
        if self.embedding_size != hidden:
            projection = length * self.embedding_size * hidden
        return projection + self.num_hidden_layers * layer + hidden * (hidden + self.num_labels)


@dataclasses.dataclass(frozen=True)
class MobileBertConfig:
    """Sizes of MobileBERT (table 1 of the paper); the defaults are its 25 M parameters."""

    vocab_size: int = 30522
    embedding_size: int = 128
    hidden_size: int = 512
    bottleneck_size: int = 128
    num_hidden_layers: int = 24
    num_attention_heads: int = 4
    intermediate_size: int = 512
    num_feedforward_networks: int = 4
    max_position_embeddings: int = 512
    num_labels: int = 2

    def count_macs(self, length: int) -> int:
        """Multiply-accumulates of one text of `length` tokens, head included."""
        hidden, narrow = self.hidden_size, self.bottleneck_size
        bottlenecks = 3 * hidden * narrow
        # Queries, keys and the output are narrow; values read the wide input.
        attention = 3 * narrow**2 + hidden * narrow
        feed_forward = self.num_feedforward_networks * 2 * narrow * self.intermediate_size
        layer = length * (bottlenecks + attention + feed_forward) + 2 * length**2 * narrow
        embeddings = length * 3 * self.embedding_size * hidden
        return embeddings + self.num_hidden_layers * layer + hidden * self.num_labels


PEERS: dict[str, BertConfig | MobileBertConfig] = {
    "bert-base": BertConfig(),
    "distilbert": BertConfig(num_hidden_layers=6),
    "albert-base": BertConfig(embedding_size=128, share_layers=True),
    "mobilebert": MobileBertConfig(),
}
