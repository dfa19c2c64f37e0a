"""The SqueezeBERT encoder as a graph of Keras layers."""

from __future__ import annotations

import dataclasses

import tf_keras as keras

from tfsqueeze.config import SqueezeBertConfig
from tfsqueeze.errors import UserError
from tfsqueeze.layers import (
    FLOAT_MASK_VALUE,
    FirstTokenOnDevice,
    GroupedConvolution,
    LayerNorm,
    MaskLookup,
    NoNorm,
    ResidualAdd,
    SelfAttention,
    SequenceDepthwiseConvolution,
    SqueezeBertEmbeddings,
)
from tfsqueeze.models.accounting import can_end_with_first_token

MODEL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


@dataclasses.dataclass
class EncoderGraph:
    """An encoder under construction: its inputs, its outputs and the masks that heads need.

    inputs: Keras inputs by name, int32 [batch, length].
    hidden_states: the embedding output, then each layer's, float [batch, length, hidden_size].
    """

    config: SqueezeBertConfig
    inputs: dict[str, keras.KerasTensor]
    embeddings: SqueezeBertEmbeddings
    hidden_states: list

    @property
    def last_hidden_state(self):
        """The last layer's output, float [batch, length, hidden_size]."""
        return self.hidden_states[-1]

    def mask(self, name: str, padding_value: float, token_value: float, axes: str):
        """Looks one value up for padding and another for tokens; see `MaskLookup`."""
        if "attention_mask" in self.inputs:
            source, padding_id, size = self.inputs["attention_mask"], 0, 2
        else:
            source, padding_id, size = (self.inputs["input_ids"], self.config.pad_token_id,
                                        self.config.vocab_size)
        return MaskLookup(padding_value, token_value, padding_id, size, axes, name=name)(source)


def convolve(config: SqueezeBertConfig, x, filters: int, name: str, **options):
    """Applies a `GroupedConvolution` with the config's initializer."""
    return GroupedConvolution(filters, initializer_range=config.initializer_range, name=name,
                              **options)(x)


def normalize(config: SqueezeBertConfig, x, name: str):
    """Applies the config's normalization."""
    if config.normalization_type == "no_norm":
        return NoNorm(name=name)(x)
    return LayerNorm(config.layer_norm_eps, name=name)(x)


def encode(config: SqueezeBertConfig, input_names: tuple[str, ...] = MODEL_INPUTS, *,
           first_token_only: bool = False) -> EncoderGraph:
    """Builds the encoder's graph on new Keras inputs.

    input_names: which of `input_ids`, `attention_mask`, `token_type_ids` the model takes.
        Without `attention_mask` the padding is found by `pad_token_id`; without
        `token_type_ids` every token has type 0.
    first_token_only: for a head that reads no more than the first token. Where the last layer
        attends, it then computes that token's state alone on a device; keys and values are still
        every token's.

    Raises UserError for an unknown input name or where `input_ids` is missing.
    """
    unknown = sorted(set(input_names) - set(MODEL_INPUTS))
    if unknown or "input_ids" not in input_names:
        raise UserError(f"input_names {tuple(input_names)} must hold 'input_ids' and otherwise "
                        "only 'attention_mask' and 'token_type_ids'")
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in input_names}
    ids = inputs["input_ids"]
    embeddings = SqueezeBertEmbeddings(
        config.vocab_size, config.hidden_size, config.max_position_embeddings,
        config.type_vocab_size, config.initializer_range, name="embeddings")
    x = embeddings([ids, inputs["token_type_ids"]] if "token_type_ids" in inputs else ids)
    x = normalize(config, x, "embeddings_norm")
    x = keras.layers.Dropout(config.hidden_dropout_prob, name="embeddings_dropout")(x)
    graph = EncoderGraph(config, inputs, embeddings, [x])
    bias = mask = None
    if "attention" in config.layer_types:
        bias = graph.mask("attention_bias", FLOAT_MASK_VALUE, 0.0, "scores")
    if "convolution" in config.layer_types or (
            config.feed_forward_type != "dense" and config.num_hidden_layers):
        mask = graph.mask("token_mask", 0.0, 1.0, "tokens")
    shortened = first_token_only and can_end_with_first_token(config)
    for index, layer_type in enumerate(config.layer_types):
        prefix = f"layer_{index}"
        if layer_type == "attention":
            queries = x
            if shortened and index == config.num_hidden_layers - 1:
                queries = FirstTokenOnDevice(name=f"{prefix}_first_token")(x)
            x = _attention_block(config, queries, x, bias, prefix)
        else:
            x = _squeeze_expand_block(config, x, mask, f"{prefix}_mixer")
        if config.feed_forward_type != "squeeze_expand":
            x = _feed_forward_block(config, x, prefix)
        if config.feed_forward_type != "dense":
            x = _squeeze_expand_block(config, x, mask, f"{prefix}_squeeze_expand")
        graph.hidden_states.append(x)
    return graph


def _close_residual(config, branch, identity, name):
    branch = keras.layers.Dropout(config.hidden_dropout_prob, name=f"{name}_dropout")(branch)
    x = ResidualAdd(name=f"{name}_add")([branch, identity])
    return normalize(config, x, f"{name}_norm")


def _attention_block(config, queries, x, bias, prefix):
    """Lets `queries`, of some or all tokens, attend to all tokens `x`."""
    query = convolve(config, queries, config.hidden_size, f"{prefix}_query", groups=config.q_groups,
                     output_scale=config.attention_head_size ** -0.5)
    key = convolve(config, x, config.hidden_size, f"{prefix}_key", groups=config.k_groups,
                   symmetric_output=True)
    value = convolve(config, x, config.hidden_size, f"{prefix}_value", groups=config.v_groups,
                     symmetric_output=True)
    context = SelfAttention(config.num_attention_heads, config.attention_probs_dropout_prob,
                            name=f"{prefix}_attention")([query, key, value, bias])
    branch = convolve(config, context, config.hidden_size, f"{prefix}_post_attention",
                      groups=config.post_attention_groups)
    return _close_residual(config, branch, queries, f"{prefix}_post_attention")


def _feed_forward_block(config, x, prefix):
    branch = convolve(config, x, config.intermediate_size, f"{prefix}_intermediate",
                      groups=config.intermediate_groups, activation=config.hidden_act)
    branch = convolve(config, branch, config.hidden_size, f"{prefix}_output",
                      groups=config.output_groups)
    return _close_residual(config, branch, x, f"{prefix}_output")


def _squeeze_expand_block(config, x, mask, prefix):
    """Pointwise squeeze, depthwise convolution along the sequence, pointwise expand."""
    branch = convolve(config, x, config.squeeze_size, f"{prefix}_squeeze",
                      activation=config.hidden_act)
    branch = SequenceDepthwiseConvolution(
        config.conv_kernel_size, config.hidden_act,
        name=f"{prefix}_depthwise")([branch, mask])
    branch = convolve(config, branch, config.hidden_size, f"{prefix}_expand")
    return _close_residual(config, branch, x, f"{prefix}_expand")
