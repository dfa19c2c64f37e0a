"""An encoder under construction, and the layers that every part of it uses."""

from __future__ import annotations

import dataclasses
from typing import Any

import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.layers import (
    Dropout,
    GroupedConvolution,
    LayerNorm,
    MaskLookup,
    NoNorm,
    SameTextMask,
)
from tfsqueeze.utils.errors import UserError


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
        return MaskLookup(padding_value, token_value, [padding_id], size, axes, name=name)(source)

    def mask_other_text(
        self, name: str, text: int, masked_value: float, other_value: float, axes: str
    ) -> Any:
        """Returns one value at the tokens of the other text of a pair, and another elsewhere.

        Token types are even for the first text and for padding, and odd for the second text.

        Args:
            name: the name of the `MaskLookup` layer.
            text: 0 for the first text, 1 for the second one.
            masked_value: the value at the tokens of the other text.
            other_value: the value at the text, and for the first text at padding as well.
            axes: the shape of the result, as in `MaskLookup`.

        Raises:
            UserError: the model does not read token types.
        """
        if "token_type_ids" not in self.inputs:
            raise UserError(
                "a bi_encoder compares two texts; give it the input token_type_ids, or single "
                "texts to a cross_encoder"
            )
        types = self.config.type_vocab_size
        masked = range(1 - text, types, 2)
        return MaskLookup(masked_value, other_value, masked, types, axes, name=name)(
            self.inputs["token_type_ids"]
        )

    def mask_between_texts(self, bias: Any) -> Any:
        """Returns the bias of attention within each text of a pair.

        Args:
            bias: the bias of padding, float [batch, 1, 1, length].

        Returns:
            float [batch, 1, length, length].
        """
        signs = [
            self.mask_other_text(f"text_signs_of_{axes}", 0, -1.0, 1.0, axes)
            for axes in ("tokens", "row")
        ]
        return SameTextMask(name="same_text_mask")([*signs, bias])


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
    options = {"initializer_range": graph.config.initializer_range, **options}
    return graph.layer(GroupedConvolution, name, filters, **options)(x)


def normalize(graph: EncoderGraph, x: Any, name: str, epsilon: float | None = None) -> Any:
    """Applies the normalization of the config.

    Args:
        graph: the graph that the layer becomes part of.
        x: float [batch, length, channels].
        name: the layer's name.
        epsilon: the constant added to the variance; None for the config's `layer_norm_eps`.

    Returns:
        float [batch, length, channels].
    """
    if graph.config.normalization_type == "no_norm":
        return graph.layer(NoNorm, name)(x)
    return graph.layer(LayerNorm, name, epsilon or graph.config.layer_norm_eps)(x)


def drop(graph: EncoderGraph, x: Any, rate: float, name: str) -> Any:
    """Applies dropout with a rate from 0 to below 1."""
    return graph.layer(Dropout, name, rate)(x)
