"""The base of all models: a Functional Keras model that a config describes, with checkpoints."""

from __future__ import annotations

import os
import types
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.checkpoints.huggingface import load_pretrained, save_pretrained
from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.models.complexity import count_parameters
from tfsqueeze.models.encoder import encode, model_inputs
from tfsqueeze.models.encoder_graph import EncoderGraph
from tfsqueeze.models.first_token import compute_first_token_only, reads_last_layer
from tfsqueeze.models.fusion import fuse_loops, fuses_by_default
from tfsqueeze.utils.autograph import skip_autograph
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.keras_files import KerasFileModel

# The names of a layer's projections among the states.
PROJECTIONS = ("queries", "keys", "values")

if TYPE_CHECKING:
    from typing_extensions import Self


class PreTrainedModel(KerasFileModel):
    """A Functional Keras model that a config describes.

    Its inputs are a dict of int32 tensors [batch, length] by name.

    Args:
        config: an instance of `config_class`.
        input_names: the inputs of the model: `input_ids`, and any of `attention_mask` and
            `token_type_ids`; see `tfsqueeze.models.encoder.encode`. None stands for all that the
            architecture has.

    Attributes:
        config_class: the class of the configuration.
        extra_inputs: the names of the inputs that the head may have beside those of the encoder.
        reads_word_table: whether the head reads the word embeddings.
        is_bare_encoder: whether the model is the encoder without a task head.
        checkpoint_labels: how many labels the config of a checkpoint must name, since other
            libraries build the head by their number; None for any number.
        extra_tensors: the tensors of a loaded checkpoint that the class does not use, by name;
            `save_pretrained` writes them back.
    """

    config_class: ClassVar[type[EncoderConfig]]
    extra_inputs: ClassVar[tuple[str, ...]] = ()
    reads_word_table: ClassVar[bool] = False
    is_bare_encoder: ClassVar[bool] = False
    checkpoint_labels: ClassVar[int | None] = None

    def __init__(
        self, config: EncoderConfig, *, input_names: Iterable[str] | None = None, **kwargs: Any
    ) -> None:
        names = model_inputs(config) if input_names is None else tuple(input_names)

        @tf.autograph.experimental.do_not_convert
        def build() -> tuple[EncoderGraph, Any]:
            graph = encode(
                config,
                names,
                first_token_only=self.reads_first_token_only(config),
                extra_inputs=self.extra_inputs,
                with_word_table=self.reads_word_table,
            )
            return graph, self._head(graph)

        graph, outputs = build()
        super().__init__(inputs=graph.inputs, outputs=outputs, **kwargs)
        skip_autograph(self)
        compute_first_token_only(self)
        fuse_loops(self, fuses_by_default(config.hidden_size))
        self._config = config
        # Mapping proxies, since Keras would wrap and track dicts.
        self._states = types.MappingProxyType(
            {
                **{f"hidden_states_{i}": x for i, x in enumerate(graph.hidden_states)},
                **{f"attentions_{i}": x for i, x in graph.attentions.items()},
                **{
                    f"{name}_{i}": x
                    for i, projections in graph.projections.items()
                    for name, x in zip(PROJECTIONS, projections, strict=True)
                },
            }
        )
        self.extra_tensors: Mapping[str, np.ndarray] = types.MappingProxyType({})

    @staticmethod
    def count_encoder_parameters(config: EncoderConfig) -> int:
        """Returns the number of parameters of the encoder that a config describes."""
        return sum(count_parameters(config).values())

    @staticmethod
    def reads_first_token_only(config: EncoderConfig) -> bool:
        """Returns whether the head reads only the first token of the last hidden state."""
        return False

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        raise NotImplementedError

    @property
    def config(self) -> EncoderConfig:
        """The configuration that the model was built from."""
        return self._config

    def with_states(
        self,
        *,
        hidden_states: Iterable[int] = (),
        attentions: Iterable[int] = (),
        projections: Iterable[int] = (),
    ) -> keras.Model:
        """Returns a Keras model of the same layers that also outputs inner states.

        Training it trains this model. A classifier of the first token whose last layer has a wanted
        state then computes all tokens there in training too.

        Args:
            hidden_states: the numbers of the wanted hidden states: 0 is the output of the
                embeddings, i + 1 that of layer i.
            attentions: the numbers of the layers, from 0, whose attention probabilities (before
                dropout) are wanted.
            projections: the numbers of the layers, from 0, whose queries, keys and values are
                wanted.

        Returns:
            A model whose output is a dict: the model's own outputs, a single one as `logits`;
            `hidden_states_<i>`, float [batch, length, hidden_size]; `attentions_<i>`, float
            [batch, num_attention_heads, length, length]; and `queries_<i>`, `keys_<i>` and
            `values_<i>`, float [batch, length, hidden_size].

        Raises:
            UserError: the model has no state with one of the numbers.
        """
        own: Any = self.output
        outputs = dict(own) if isinstance(own, dict) else {"logits": own}
        for name in (
            *(f"hidden_states_{i}" for i in hidden_states),
            *(f"attentions_{i}" for i in attentions),
            *(f"{name}_{i}" for i in projections for name in PROJECTIONS),
        ):
            if name not in self._states:
                raise UserError(f"{self.name} has no {name}; there are {', '.join(self._states)}")
            outputs[name] = self._states[name]
        if reads_last_layer(outputs, self._config.num_hidden_layers):
            compute_first_token_only(self, enabled=False)
        return keras.Model(self.input, outputs, name=f"{self.name}_with_states")

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild the model: its config, input names and name."""
        return {
            "config": self._config.to_dict(),
            "input_names": list(self.input_names or ()),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Returns a model with new weights from the result of `get_config`."""
        config = dict(config)
        return cls(cls.config_class.from_dict(config.pop("config")), **config)

    @classmethod
    def from_pretrained(cls, source: str | os.PathLike, **options: Any) -> Self:
        """Loads a model; see `tfsqueeze.checkpoints.huggingface.load_pretrained`.

        Args:
            source: a folder in Hugging Face's layout, the name of a backbone, or a hub id.
            **options: further arguments of `load_pretrained`.
        """
        return load_pretrained(cls, source, **options)

    def save_pretrained(self, folder: str | os.PathLike, dtype: str = "float32") -> None:
        """Writes a folder; see `tfsqueeze.checkpoints.huggingface.save_pretrained`.

        Args:
            folder: the folder to write, in Hugging Face's layout.
            dtype: the type of the weights in the file, `float32` or `float16`.
        """
        save_pretrained(self, folder, dtype)
