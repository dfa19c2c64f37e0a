"""Encoders as graphs of Keras layers, for every architecture."""

from __future__ import annotations

from typing import Any

import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.layers import (
    FLOAT_MASK_VALUE,
    FirstTokenOnly,
    SqueezeBertEmbeddings,
    TransformedEmbeddings,
)
from tfsqueeze.models.blocks import attention_block, feed_forward_block, squeeze_expand_block
from tfsqueeze.models.bottleneck_layer import bottleneck_layer
from tfsqueeze.models.complexity import can_end_with_first_token
from tfsqueeze.models.encoder_graph import EncoderGraph, convolve, drop, normalize
from tfsqueeze.utils.errors import UserError

MODEL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
# An input that only the head of masked tokens has: the positions that it predicts.
MASKED_POSITIONS = "masked_positions"


def model_inputs(config: EncoderConfig) -> tuple[str, ...]:
    """Returns the names of all inputs that a model with this config can have."""
    return MODEL_INPUTS if config.type_vocab_size else MODEL_INPUTS[:2]


def encode(
    config: EncoderConfig,
    input_names: tuple[str, ...],
    *,
    first_token_only: bool = False,
    extra_inputs: tuple[str, ...] = (),
    with_word_table: bool = False,
) -> EncoderGraph:
    """Builds the graph of an encoder on new Keras inputs.

    Args:
        config: the encoder's configuration.
        input_names: the inputs of the model: `input_ids`, and any of `attention_mask` and
            `token_type_ids`. Without `attention_mask`, `pad_token_id` marks the padding. Without
            `token_type_ids`, every token has type 0 if the architecture has types.
        first_token_only: whether the head reads only the first token. If the last layer uses
            attention, an exported graph then computes only that token's state there; its keys and
            values still come from every token.
        extra_inputs: further inputs that the head may have, int32 [batch, any number].
        with_word_table: whether the head reads the word embeddings.

    Raises:
        UserError: an input name is unknown, or `input_ids` is missing.
    """
    optional = [name for name in (*model_inputs(config), *extra_inputs) if name != "input_ids"]
    if set(input_names) - set(optional) != {"input_ids"}:
        raise UserError(
            f"input_names {tuple(input_names)} must hold 'input_ids' and otherwise "
            f"only {' and '.join(map(repr, optional))}"
        )
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in input_names}
    graph = EncoderGraph(config, inputs)
    x = _embed(graph, with_word_table)
    graph.hidden_states.append(x)
    bias, mask = _masks(graph)
    shortened = first_token_only and can_end_with_first_token(config)
    for index, layer_type in enumerate(config.layer_types):
        prefix = f"layer_{config.layer_groups[index]}"
        is_shortened = shortened and index == config.num_hidden_layers - 1
        if config.has_bottlenecks:
            x = bottleneck_layer(graph, x, bias, index, is_shortened)
            graph.hidden_states.append(x)
            continue
        if layer_type == "attention":
            queries = x
            if is_shortened:
                queries = graph.layer(FirstTokenOnly, f"{prefix}_first_token")(x)
            x = attention_block(
                graph,
                index,
                bias,
                queries=queries,
                keys=x,
                values=x,
                residual=queries,
                channels=config.hidden_size,
            )
        else:
            x = squeeze_expand_block(graph, x, mask, f"{prefix}_mixer")
        if config.feed_forward_type != "squeeze_expand":
            x = feed_forward_block(graph, x, prefix, config.hidden_size)
        if config.feed_forward_type != "dense":
            x = squeeze_expand_block(graph, x, mask, f"{prefix}_squeeze_expand")
        graph.hidden_states.append(x)
    return graph


def _masks(graph: EncoderGraph) -> tuple[Any, Any]:
    """Returns the bias of attention and the mask of tokens; None for one that no layer reads."""
    config = graph.config
    bias = mask = None
    if "attention" in config.layer_types:
        bias = graph.mask("attention_bias", FLOAT_MASK_VALUE, 0.0, "scores")
        if config.pair_encoder == "bi_encoder":
            bias = graph.mask_between_texts(bias)
    if "convolution" in config.layer_types or (
        config.feed_forward_type != "dense" and config.num_hidden_layers
    ):
        mask = graph.mask("token_mask", 0.0, 1.0, "tokens")
    return bias, mask


def _embed(graph: EncoderGraph, with_word_table: bool) -> Any:
    config, inputs = graph.config, graph.inputs
    layer_class, sizes = SqueezeBertEmbeddings, {}
    if config.embedding_kernel_size:
        layer_class = TransformedEmbeddings
        sizes = {
            "transformed_size": config.hidden_size,
            "kernel_size": config.embedding_kernel_size,
        }
    embeddings = graph.layer(
        layer_class,
        "embeddings",
        config.vocab_size,
        config.embedding_size,
        config.max_position_embeddings,
        config.type_vocab_size,
        config.initializer_range,
        with_word_table,
        **sizes,
    )
    ids = inputs["input_ids"]
    x = embeddings([ids, inputs["token_type_ids"]] if "token_type_ids" in inputs else ids)
    if with_word_table:
        x, graph.word_table = x
    x = normalize(graph, x, "embeddings_norm", config.default_layer_norm_eps)
    x = drop(graph, x, config.hidden_dropout_prob, "embeddings_dropout")
    if config.projects_embeddings:
        x = convolve(graph, x, config.hidden_size, "embeddings_projection")
    return x
