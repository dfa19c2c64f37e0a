"""What all models share: a Functional graph that a config describes, and its checkpoints."""

from __future__ import annotations

import os
import types
from collections.abc import Iterable
from typing import Any, ClassVar

import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.models.encoder import EncoderGraph, encode, model_inputs
from tfsqueeze.utils.errors import UserError


class PreTrainedModel(keras.Model):
    """A Functional Keras model that a config describes.

    config: of the class's `config_class`.
    input_names: which of `input_ids`, `attention_mask`, `token_type_ids` the model takes, each
        int32 [batch, length]; see `encode`. All that the architecture has by default. Inputs are
        given as a dict by name.

    `extra_tensors` holds, by name, tensors of a loaded checkpoint that the class has no use for;
    `save_pretrained` writes them back.
    """

    config_class: ClassVar[type[EncoderConfig]]
    # What the head takes beside the encoder's inputs and output.
    extra_inputs: ClassVar[tuple[str, ...]] = ()
    reads_word_table: ClassVar[bool] = False
    # Whether the model is the encoder alone, without a task head.
    is_bare_encoder: ClassVar[bool] = False

    def __init__(
        self, config: EncoderConfig, *, input_names: Iterable[str] | None = None, **kwargs
    ):
        names = model_inputs(config) if input_names is None else tuple(input_names)
        graph = encode(
            config,
            names,
            first_token_only=self.reads_first_token_only(config),
            extra_inputs=self.extra_inputs,
            with_word_table=self.reads_word_table,
        )
        super().__init__(inputs=graph.inputs, outputs=self._head(graph), **kwargs)
        self._config = config
        # Mapping proxies, since Keras would wrap and track dicts.
        self._states = types.MappingProxyType(
            {
                **{f"hidden_states_{i}": x for i, x in enumerate(graph.hidden_states)},
                **{f"attentions_{i}": x for i, x in graph.attentions.items()},
            }
        )
        self.extra_tensors = types.MappingProxyType({})

    @staticmethod
    def reads_first_token_only(config: EncoderConfig) -> bool:
        return False

    @staticmethod
    def _head(graph: EncoderGraph):
        raise NotImplementedError

    @property
    def config(self) -> EncoderConfig:
        """The configuration the model was built from."""
        return self._config

    def with_states(
        self, *, hidden_states: Iterable[int] = (), attentions: Iterable[int] = ()
    ) -> keras.Model:
        """Returns a Keras model of the same layers that also outputs what is inside, computed once.

        hidden_states: numbers of hidden states: 0 is the embedding output, i + 1 that of layer i.
        attentions: numbers of layers, from 0, whose attention probabilities (before dropout) are
            wanted.

        Its output is a dict: that of a bare encoder, or `logits`; `hidden_states_<i>` float
        [batch, length, hidden_size]; and `attentions_<i>` float [batch, num_attention_heads,
        length, length]. Training it trains this model.

        Raises UserError for a number that the model does not have.
        """
        outputs = self.output if isinstance(self.output, dict) else {"logits": self.output}
        outputs = dict(outputs)
        for name in (
            *(f"hidden_states_{i}" for i in hidden_states),
            *(f"attentions_{i}" for i in attentions),
        ):
            if name not in self._states:
                raise UserError(f"{self.name} has no {name}; there are {', '.join(self._states)}")
            outputs[name] = self._states[name]
        return keras.Model(self.input, outputs, name=f"{self.name}_with_states")

    def get_config(self) -> dict[str, Any]:
        """Returns what rebuilds the model: its config and the names of its inputs."""
        return {
            "config": self._config.to_dict(),
            "input_names": list(self.input_names),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Rebuilds a model, with new weights, from `get_config`'s result."""
        config = dict(config)
        return cls(cls.config_class.from_dict(config.pop("config")), **config)

    @classmethod
    def from_pretrained(cls, source: str | os.PathLike, **options: Any) -> PreTrainedModel:
        """Builds the model from a Hugging Face folder, the name of a backbone, or a hub id; see
        `load_pretrained`."""
        from tfsqueeze.checkpoints.huggingface import load_pretrained

        return load_pretrained(cls, source, **options)

    def save_pretrained(self, folder: str | os.PathLike, dtype: str = "float32") -> None:
        """Writes the model to a folder in Hugging Face's layout; see `checkpoints`."""
        from tfsqueeze.checkpoints.huggingface import save_pretrained

        save_pretrained(self, folder, dtype)
