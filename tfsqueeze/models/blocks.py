"""The blocks of an encoder's layers: attention, feed-forward networks, convolutions."""

from __future__ import annotations

from typing import Any

from tfsqueeze.layers import ResidualAdd, SelfAttention, SequenceDepthwiseConvolution
from tfsqueeze.models.encoder_graph import EncoderGraph, convolve, drop, normalize


def close_residual(
    graph: EncoderGraph,
    branch: Any,
    identity: Any,
    dropout: float,
    name: str,
    epsilon: float | None = None,
) -> Any:
    """Adds a branch to the residual stream, after dropout, and normalizes the sum.

    Args:
        graph: the graph that the layers become part of.
        branch: float [batch, length, channels].
        identity: the residual stream, float [batch, length, channels].
        dropout: the dropout rate of the branch.
        name: the start of the layers' names.
        epsilon: as in `normalize`.

    Returns:
        float [batch, length, channels].
    """
    branch = drop(graph, branch, dropout, f"{name}_dropout")
    x = graph.layer(ResidualAdd, f"{name}_add")([branch, identity])
    return normalize(graph, x, f"{name}_norm", epsilon)


def attention_block(
    graph: EncoderGraph,
    index: int,
    bias: Any,
    *,
    queries: Any,
    keys: Any,
    values: Any,
    residual: Any,
    channels: int,
) -> Any:
    """Applies the attention of a layer, and closes the residual.

    Args:
        graph: the graph that the layers become part of.
        index: the number of the layer.
        bias: what is added to the scores.
        queries: what queries are made of, some or all tokens: float [batch, queries, any].
        keys: what keys are made of, float [batch, length, any].
        values: what values are made of, float [batch, length, any].
        residual: the residual stream, float [batch, queries, channels].
        channels: the channels of queries, keys, values and the result.

    Returns:
        float [batch, queries, channels].
    """
    config = graph.config
    prefix = f"layer_{config.layer_groups[index]}"
    query = convolve(
        graph,
        queries,
        channels,
        f"{prefix}_query",
        groups=config.q_groups,
        output_scale=config.attention_head_size**-0.5,
    )
    key = convolve(
        graph, keys, channels, f"{prefix}_key", groups=config.k_groups, symmetric_output=True
    )
    value = convolve(
        graph, values, channels, f"{prefix}_value", groups=config.v_groups, symmetric_output=True
    )
    attention = graph.layer(
        SelfAttention,
        f"{prefix}_attention",
        config.num_attention_heads,
        config.attention_probs_dropout_prob,
    )
    context, probabilities = attention([query, key, value, bias], return_attention_scores=True)
    graph.attentions[index] = probabilities
    graph.projections[index] = query, key, value
    branch = convolve(
        graph, context, channels, f"{prefix}_post_attention", groups=config.post_attention_groups
    )
    return close_residual(
        graph, branch, residual, config.post_attention_dropout_prob, f"{prefix}_post_attention"
    )


def feed_forward_block(
    graph: EncoderGraph, x: Any, prefix: str, channels: int, epsilon: float | None = None
) -> Any:
    """Applies a feed-forward network, and closes the residual.

    Args:
        graph: the graph that the layers become part of.
        x: float [batch, length, channels].
        prefix: the start of the layers' names.
        channels: the channels of `x` and of the result.
        epsilon: as in `normalize`.

    Returns:
        float [batch, length, channels].
    """
    config = graph.config
    branch = convolve(
        graph,
        x,
        config.intermediate_size,
        f"{prefix}_intermediate",
        groups=config.intermediate_groups,
        activation=config.hidden_act,
    )
    branch = convolve(graph, branch, channels, f"{prefix}_output", groups=config.output_groups)
    return close_residual(graph, branch, x, config.hidden_dropout_prob, f"{prefix}_output", epsilon)


def squeeze_expand_block(graph: EncoderGraph, x: Any, mask: Any, prefix: str) -> Any:
    """Applies a pointwise squeeze, a depthwise convolution over tokens and a pointwise expand.

    Args:
        graph: the graph that the layers become part of.
        x: float [batch, length, hidden_size].
        mask: float [batch, length, 1], 1 at tokens and 0 at padding.
        prefix: the start of the layers' names.

    Returns:
        float [batch, length, hidden_size].
    """
    config = graph.config
    branch = convolve(
        graph, x, config.squeeze_size, f"{prefix}_squeeze", activation=config.hidden_act
    )
    branch = graph.layer(
        SequenceDepthwiseConvolution,
        f"{prefix}_depthwise",
        config.conv_kernel_size,
        config.hidden_act,
    )([branch, mask])
    branch = convolve(graph, branch, config.hidden_size, f"{prefix}_expand")
    return close_residual(graph, branch, x, config.hidden_dropout_prob, f"{prefix}_expand")
