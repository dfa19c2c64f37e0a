"""The layers of MobileBERT (Sun et al. 2020, arXiv 2004.02984, section 3.1, figure 1c)."""

from __future__ import annotations

from typing import Any

from tfsqueeze.layers import FirstTokenOnly
from tfsqueeze.models.blocks import attention_block, close_residual, feed_forward_block
from tfsqueeze.models.encoder_graph import EncoderGraph, convolve, normalize


def bottleneck_layer(
    graph: EncoderGraph, x: Any, bias: Any, index: int, first_token_only: bool = False
) -> Any:
    """Applies a layer of MobileBERT: narrow attention and feed-forward networks on wide states.

    Args:
        graph: the graph that the layers become part of.
        x: float [batch, length, hidden_size].
        bias: what is added to the scores of attention.
        index: the number of the layer.
        first_token_only: whether later layers read the first token alone, as in `encode`.

    Returns:
        float [batch, length, hidden_size].
    """
    config: Any = graph.config
    prefix = f"layer_{index}"
    wide = keys = values = queries = x
    if config.use_bottleneck and config.use_bottleneck_attention:
        keys = values = queries = _narrow(graph, x, f"{prefix}_bottleneck_input")
    elif config.use_bottleneck:
        keys = queries = _narrow(graph, x, f"{prefix}_bottleneck_attention")
    if first_token_only:
        wide = graph.layer(FirstTokenOnly, f"{prefix}_first_token")(x)
        queries = graph.layer(FirstTokenOnly, f"{prefix}_first_query")(queries)
    residual = queries
    if config.use_bottleneck and not config.use_bottleneck_attention:
        residual = _narrow(graph, wide, f"{prefix}_bottleneck_input")
    channels = config.true_hidden_size
    y = attention_block(
        graph,
        index,
        bias,
        queries=queries,
        keys=keys,
        values=values,
        residual=residual,
        channels=channels,
    )
    for number in range(config.num_feedforward_networks - 1):
        y = feed_forward_block(graph, y, f"{prefix}_ffn_{number}", channels)
    y = feed_forward_block(graph, y, prefix, channels, config.default_layer_norm_eps)
    if not config.use_bottleneck:
        return y
    y = convolve(graph, y, config.hidden_size, f"{prefix}_output_bottleneck")
    return close_residual(graph, y, wide, config.hidden_dropout_prob, f"{prefix}_output_bottleneck")


def _narrow(graph: EncoderGraph, x: Any, name: str) -> Any:
    config: Any = graph.config
    return normalize(graph, convolve(graph, x, config.true_hidden_size, name), f"{name}_norm")
