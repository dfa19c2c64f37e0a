"""Parameters and multiply-accumulates of MobileBERT, computed from its config.

They are counted as in `tfsqueeze.models.complexity`, whose parts they have.
"""

from __future__ import annotations

from typing import Any

# A product: input and output channels.
Product = tuple[int, int]


def bottleneck_parameters(config: Any) -> dict[str, int]:
    """Returns the number of parameters of each part of a MobileBERT.

    Args:
        config: a `MobileBertConfig`.

    Returns:
        The parts of `tfsqueeze.models.complexity.count_parameters`.
    """
    hidden, narrow = config.hidden_size, config.true_hidden_size
    words = config.vocab_size * config.embedding_size
    rows = config.max_position_embeddings + config.type_vocab_size
    layers = config.num_hidden_layers
    norms = {"attention": _narrowing(config) * 2 * narrow + 2 * narrow}
    norms["feed_forward"] = config.num_feedforward_networks * 2 * narrow
    if config.use_bottleneck:
        norms["feed_forward"] += 2 * hidden
    return {
        "embeddings": words + (rows + 2) * hidden + _weights(_transformation(config)),
        "attention": layers * (_weights(_attention(config)) + norms["attention"]),
        "feed_forward": layers * (_weights(_feed_forward(config)) + norms["feed_forward"]),
        "squeeze_expand": 0,
        "pooler": _weights([(hidden, hidden)]) if config.has_pooler else 0,
    }


def bottleneck_macs(config: Any, length: int, first_token_only: bool = False) -> dict[str, int]:
    """Returns the number of multiply-accumulates of each part of a MobileBERT for one text.

    Args:
        config: a `MobileBertConfig`.
        length: the number of tokens of the text.
        first_token_only: whether the last layer computes only the first token's state.

    Returns:
        The parts of `tfsqueeze.models.complexity.count_macs`.
    """
    hidden, narrow, layers = config.hidden_size, config.true_hidden_size, config.num_hidden_layers
    scores = 2 * length**2 * narrow
    macs = {
        "embeddings": length * _macs(_transformation(config)),
        "attention": layers * (length * _macs(_attention(config)) + scores),
        "feed_forward": layers * length * _macs(_feed_forward(config)),
        "squeeze_expand": 0,
        "pooler": hidden * hidden if config.has_pooler else 0,
    }
    if first_token_only and layers:
        # Queries and the product after attention, and the narrow states that nothing else reads.
        once = [(narrow, narrow)] * 2 + [(hidden, narrow)] * (_narrowing(config) == 2)
        macs["attention"] -= (length - 1) * (_macs(once) + 2 * length * narrow)
        macs["feed_forward"] -= (length - 1) * _macs(_feed_forward(config))
    return macs


def _macs(products: list[Product]) -> int:
    return sum(inputs * outputs for inputs, outputs in products)


def _weights(products: list[Product]) -> int:
    return sum(inputs * outputs + outputs for inputs, outputs in products)


def _transformation(config: Any) -> list[Product]:
    if not config.embedding_kernel_size:
        return []
    return [(config.embedding_kernel_size * config.embedding_size, config.hidden_size)]


def _narrowing(config: Any) -> int:
    """Returns how many products make narrow states of the wide ones, in a layer."""
    if not config.use_bottleneck:
        return 0
    return 1 if config.use_bottleneck_attention or not config.key_query_shared_bottleneck else 2


def _attention(config: Any) -> list[Product]:
    hidden, narrow = config.hidden_size, config.true_hidden_size
    values = narrow if config.use_bottleneck_attention else hidden
    return [
        *[(hidden, narrow)] * _narrowing(config),
        (narrow, narrow),
        (narrow, narrow),
        (values, narrow),
        (narrow, narrow),
    ]


def _feed_forward(config: Any) -> list[Product]:
    narrow, inside = config.true_hidden_size, config.intermediate_size
    widening = [(narrow, config.hidden_size)] if config.use_bottleneck else []
    return [*[(narrow, inside), (inside, narrow)] * config.num_feedforward_networks, *widening]
