"""Parameters and multiply-accumulates of an encoder, computed from its config.

Both count the bare model: embeddings, encoder and pooler. With h = hidden_size,
f = intermediate_size, s = squeeze_size, k = conv_kernel_size and l = length, and with a product
from m to n channels in g groups holding m n / g weights:

    grouped product   m n / g weights, n biases     l m n / g multiply-accumulates
    attention         none                          l^2 h for q k^T and l^2 h for its values
    depthwise         k s weights, s biases         l k s
    normalization     2 h                           none (elementwise)

Layers that share weights (ALBERT) count once in parameters, but each in multiply-accumulates.
"""

from __future__ import annotations

from collections.abc import Sequence

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.models.bottleneck_complexity import bottleneck_macs, bottleneck_parameters
from tfsqueeze.utils.errors import UserError


def count_parameters(config: EncoderConfig) -> dict[str, int]:
    """Returns the number of parameters of each part of an encoder.

    Args:
        config: the encoder's configuration.

    Returns:
        The parameters of `embeddings` (with their projection), `attention`, `feed_forward`,
        `squeeze_expand` (with the convolutional layers) and `pooler`. A block includes the
        normalization at its end. Their sum is the number for the model.

    Example:
        >>> from tfsqueeze import load_preset
        >>> from tfsqueeze.models.complexity import count_parameters
        >>> sum(count_parameters(load_preset("squeezebert-base")).values())
        51089664
    """
    if config.has_bottlenecks:
        return bottleneck_parameters(config)
    hidden, embedding = config.hidden_size, config.embedding_size
    normalization = 2 * hidden
    # One layer for each set of weights.
    layer_types = [
        config.layer_types[config.layer_groups.index(group)]
        for group in sorted(set(config.layer_groups))
    ]
    attention, feed_forward, squeeze_expand = _block_counts(config, layer_types)
    rows = config.vocab_size + config.max_position_embeddings + config.type_vocab_size

    def block(products: list[tuple[int, int]]) -> int:
        return sum(weights + outputs for weights, outputs in products) + normalization

    return {
        "embeddings": (rows + 2) * embedding + sum(map(sum, _projection(config))),
        "attention": attention * block(_attention_products(config)),
        "feed_forward": feed_forward * block(_feed_forward_products(config)),
        "squeeze_expand": (
            squeeze_expand * block(_squeeze_expand_products(config)) if squeeze_expand else 0
        ),
        "pooler": hidden * hidden + hidden if config.has_pooler else 0,
    }


def count_macs(
    config: EncoderConfig, length: int = 128, *, first_token_only: bool = False
) -> dict[str, int]:
    """Returns the number of multiply-accumulates of each part of an encoder for one text.

    Matrix products and convolutions count, elementwise work does not. Embeddings are looked up, so
    only their projection counts.

    Args:
        config: the encoder's configuration.
        length: the number of tokens of the text.
        first_token_only: whether the last layer computes only the first token's state, as in the
            .tflite of a classifier whose config has `classifies_first_token`; see
            `tfsqueeze.models.encoder.encode`.

    Returns:
        The multiply-accumulates of the parts that `count_parameters` names.

    Raises:
        UserError: `length` is below 1 or above the config's `max_position_embeddings`.

    Example:
        >>> from tfsqueeze import load_preset
        >>> from tfsqueeze.models.complexity import count_macs
        >>> sum(count_macs(load_preset("squeezebert-base"), length=128).values())
        3699965952
    """
    if not 1 <= length <= config.max_position_embeddings:
        raise UserError(
            f"length {length} must be from 1 to max_position_embeddings "
            f"{config.max_position_embeddings}"
        )
    if config.has_bottlenecks:
        return bottleneck_macs(config, length, first_token_only)
    hidden = config.hidden_size
    attention, feed_forward, squeeze_expand = _block_counts(config, config.layer_types)

    def block(products: list[tuple[int, int]]) -> int:
        return length * sum(weights for weights, _ in products)

    macs = {
        "embeddings": block(_projection(config)),
        "attention": attention * (block(_attention_products(config)) + 2 * length**2 * hidden),
        "feed_forward": feed_forward * block(_feed_forward_products(config)),
        "squeeze_expand": (
            squeeze_expand * block(_squeeze_expand_products(config)) if squeeze_expand else 0
        ),
        "pooler": hidden * hidden if config.has_pooler else 0,
    }
    if first_token_only and can_end_with_first_token(config):
        query, _, _, post_attention = (weights for weights, _ in _attention_products(config))
        skipped = length - 1
        macs["attention"] -= skipped * (query + post_attention + 2 * length * hidden)
        macs["feed_forward"] -= block(_feed_forward_products(config)) // length * skipped
    return macs


def can_end_with_first_token(config: EncoderConfig) -> bool:
    """Returns whether the last layer can compute only the first token's state.

    It cannot if a depthwise convolution reads the first token's neighbours.
    """
    return config.feed_forward_type == "dense" and tuple(config.layer_types[-1:]) == ("attention",)


def _block_counts(config: EncoderConfig, layer_types: Sequence[str]) -> tuple[int, int, int]:
    """Returns how many attention, feed-forward and squeeze-expand blocks layers have."""
    layers = len(layer_types)
    attention = list(layer_types).count("attention")
    feed_forward = 0 if config.feed_forward_type == "squeeze_expand" else layers
    squeeze_expand = layers - attention + (0 if config.feed_forward_type == "dense" else layers)
    return attention, feed_forward, squeeze_expand


def _projection(config: EncoderConfig) -> list[tuple[int, int]]:
    """Returns (weights, output channels) of each product, as the functions below do."""
    if not config.projects_embeddings:
        return []
    return [(config.embedding_size * config.hidden_size, config.hidden_size)]


def _attention_products(config: EncoderConfig) -> list[tuple[int, int]]:
    hidden = config.hidden_size
    return [
        (hidden * hidden // groups, hidden)
        for groups in (
            config.q_groups,
            config.k_groups,
            config.v_groups,
            config.post_attention_groups,
        )
    ]


def _feed_forward_products(config: EncoderConfig) -> list[tuple[int, int]]:
    hidden, intermediate = config.hidden_size, config.intermediate_size
    return [
        (hidden * intermediate // config.intermediate_groups, intermediate),
        (intermediate * hidden // config.output_groups, hidden),
    ]


def _squeeze_expand_products(config: EncoderConfig) -> list[tuple[int, int]]:
    hidden, squeezed = config.hidden_size, config.squeeze_size
    return [
        (hidden * squeezed, squeezed),
        (config.conv_kernel_size * squeezed, squeezed),
        (squeezed * hidden, hidden),
    ]
