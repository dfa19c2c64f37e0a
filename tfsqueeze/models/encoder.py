"""Encoders as graphs of Keras layers, for every architecture."""

from __future__ import annotations

import dataclasses
from typing import Any

import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.layers import (
    FLOAT_MASK_VALUE,
    Dropout,
    FirstTokenOnly,
    GroupedConvolution,
    LayerNorm,
    MaskLookup,
    NoNorm,
    ResidualAdd,
    SelfAttention,
    SequenceDepthwiseConvolution,
    SqueezeBertEmbeddings,
)
from tfsqueeze.models.complexity import can_end_with_first_token
from tfsqueeze.utils.errors import UserError

MODEL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
# An input that only the head of masked tokens has: the positions that it predicts.
MASKED_POSITIONS = "masked_positions"


@dataclasses.dataclass
class EncoderGraph:
    """An encoder under construction: its inputs, its outputs and the masks that heads need.

    Args:
        config: the encoder's configuration.
        inputs: Keras inputs by name, int32 [batch, length].
        hidden_states: the output of the embeddings and then of each layer, float
            [batch, length, hidden_size].
        attentions: the attention probabilities, float
            [batch, num_attention_heads, length, length], by the number of the layer.
        projections: the queries, keys and values, float [batch, length, hidden_size], by the
            number of the layer. The queries are divided by the root of the size of a head.
        layers: the Keras layers that `layer` made, by name.
        word_table: the word embeddings, float [vocab_size, embedding_size], if the head reads them.
    """

    config: EncoderConfig
    inputs: dict[str, Any]
    hidden_states: list[Any] = dataclasses.field(default_factory=list)
    attentions: dict[int, Any] = dataclasses.field(default_factory=dict)
    projections: dict[int, tuple[Any, Any, Any]] = dataclasses.field(default_factory=dict)
    layers: dict[str, keras.layers.Layer] = dataclasses.field(default_factory=dict)
    word_table: Any = None

    @property
    def last_hidden_state(self) -> Any:
        """The last layer's output, float [batch, length, hidden_size]."""
        return self.hidden_states[-1]

    def layer(
        self, layer_class: type[keras.layers.Layer], name: str, *args: Any, **kwargs: Any
    ) -> keras.layers.Layer:
        """Returns the layer with a name, which the first call makes and later calls share.

        Args:
            layer_class: the class of the layer.
            name: the layer's name.
            *args: positional arguments of the class.
            **kwargs: further keyword arguments of the class.
        """
        if name not in self.layers:
            self.layers[name] = layer_class(*args, name=name, **kwargs)
        return self.layers[name]

    def mask(self, name: str, padding_value: float, token_value: float, axes: str) -> Any:
        """Returns one value at padding and another at tokens.

        Args:
            name: the name of the `MaskLookup` layer.
            padding_value: the value at padding.
            token_value: the value at tokens.
            axes: the shape of the result, as in `MaskLookup`.
        """
        if "attention_mask" in self.inputs:
            source, padding_id, size = self.inputs["attention_mask"], 0, 2
        else:
            source, padding_id, size = (
                self.inputs["input_ids"],
                self.config.pad_token_id,
                self.config.vocab_size,
            )
        return MaskLookup(padding_value, token_value, padding_id, size, axes, name=name)(source)


def model_inputs(config: EncoderConfig) -> tuple[str, ...]:
    """Returns the names of all inputs that a model with this config can have."""
    return MODEL_INPUTS if config.type_vocab_size else MODEL_INPUTS[:2]


def convolve(graph: EncoderGraph, x: Any, filters: int, name: str, **options: Any) -> Any:
    """Applies a `GroupedConvolution` with the initializer of the config.

    Args:
        graph: the graph that the layer becomes part of.
        x: float [batch, ..., channels].
        filters: the number of output channels.
        name: the layer's name.
        **options: further arguments of `GroupedConvolution`.

    Returns:
        float [batch, ..., filters].
    """
    return graph.layer(
        GroupedConvolution,
        name,
        filters,
        initializer_range=graph.config.initializer_range,
        **options,
    )(x)


def normalize(graph: EncoderGraph, x: Any, name: str) -> Any:
    """Applies the normalization of the config to float [batch, length, channels]."""
    if graph.config.normalization_type == "no_norm":
        return graph.layer(NoNorm, name)(x)
    return graph.layer(LayerNorm, name, graph.config.layer_norm_eps)(x)


def drop(graph: EncoderGraph, x: Any, rate: float, name: str) -> Any:
    """Applies dropout with a rate from 0 to below 1."""
    return graph.layer(Dropout, name, rate)(x)


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
    bias = mask = None
    if "attention" in config.layer_types:
        bias = graph.mask("attention_bias", FLOAT_MASK_VALUE, 0.0, "scores")
    if "convolution" in config.layer_types or (
        config.feed_forward_type != "dense" and config.num_hidden_layers
    ):
        mask = graph.mask("token_mask", 0.0, 1.0, "tokens")
    shortened = first_token_only and can_end_with_first_token(config)
    for index, layer_type in enumerate(config.layer_types):
        prefix = f"layer_{config.layer_groups[index]}"
        if layer_type == "attention":
            queries = x
            if shortened and index == config.num_hidden_layers - 1:
                queries = graph.layer(FirstTokenOnly, f"{prefix}_first_token")(x)
            x = _attention_block(graph, queries, x, bias, index)
        else:
            x = _squeeze_expand_block(graph, x, mask, f"{prefix}_mixer")
        if config.feed_forward_type != "squeeze_expand":
            x = _feed_forward_block(graph, x, prefix)
        if config.feed_forward_type != "dense":
            x = _squeeze_expand_block(graph, x, mask, f"{prefix}_squeeze_expand")
        graph.hidden_states.append(x)
    return graph


def _embed(graph: EncoderGraph, with_word_table: bool) -> Any:
    config, inputs = graph.config, graph.inputs
    embeddings = graph.layer(
        SqueezeBertEmbeddings,
        "embeddings",
        config.vocab_size,
        config.embedding_size,
        config.max_position_embeddings,
        config.type_vocab_size,
        config.initializer_range,
        with_word_table,
    )
    ids = inputs["input_ids"]
    x = embeddings([ids, inputs["token_type_ids"]] if "token_type_ids" in inputs else ids)
    if with_word_table:
        x, graph.word_table = x
    x = normalize(graph, x, "embeddings_norm")
    x = drop(graph, x, config.hidden_dropout_prob, "embeddings_dropout")
    if config.projects_embeddings:
        x = convolve(graph, x, config.hidden_size, "embeddings_projection")
    return x


def _close_residual(
    graph: EncoderGraph, branch: Any, identity: Any, dropout: float, name: str
) -> Any:
    branch = drop(graph, branch, dropout, f"{name}_dropout")
    x = graph.layer(ResidualAdd, f"{name}_add")([branch, identity])
    return normalize(graph, x, f"{name}_norm")


def _attention_block(graph: EncoderGraph, queries: Any, x: Any, bias: Any, index: int) -> Any:
    """Applies the attention of a layer from `queries`, some or all tokens, to all tokens `x`."""
    config = graph.config
    prefix = f"layer_{config.layer_groups[index]}"
    query = convolve(
        graph,
        queries,
        config.hidden_size,
        f"{prefix}_query",
        groups=config.q_groups,
        output_scale=config.attention_head_size**-0.5,
    )
    key = convolve(
        graph, x, config.hidden_size, f"{prefix}_key", groups=config.k_groups, symmetric_output=True
    )
    value = convolve(
        graph,
        x,
        config.hidden_size,
        f"{prefix}_value",
        groups=config.v_groups,
        symmetric_output=True,
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
        graph,
        context,
        config.hidden_size,
        f"{prefix}_post_attention",
        groups=config.post_attention_groups,
    )
    return _close_residual(
        graph, branch, queries, config.post_attention_dropout_prob, f"{prefix}_post_attention"
    )


def _feed_forward_block(graph: EncoderGraph, x: Any, prefix: str) -> Any:
    config = graph.config
    branch = convolve(
        graph,
        x,
        config.intermediate_size,
        f"{prefix}_intermediate",
        groups=config.intermediate_groups,
        activation=config.hidden_act,
    )
    branch = convolve(
        graph, branch, config.hidden_size, f"{prefix}_output", groups=config.output_groups
    )
    return _close_residual(graph, branch, x, config.hidden_dropout_prob, f"{prefix}_output")


def _squeeze_expand_block(graph: EncoderGraph, x: Any, mask: Any, prefix: str) -> Any:
    """Applies a pointwise squeeze, a depthwise convolution over tokens and a pointwise expand."""
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
    return _close_residual(graph, branch, x, config.hidden_dropout_prob, f"{prefix}_expand")
