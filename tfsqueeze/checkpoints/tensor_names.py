"""The names of tensors in Hugging Face checkpoints, for the Keras layers of each architecture.

A checkpoint names a tensor by its module plus `.weight` or `.bias`, as PyTorch's state dicts do.
Layers that Hugging Face's SqueezeBERT does not have are named in the same style:

| Keras layer | module |
| --- | --- |
| embeddings_projection | embeddings.projection |
| layer_<i>_mixer_squeeze, _depthwise, _expand | encoder.layers.<i>.mixer.squeeze, ... |
| layer_<i>_mixer_expand_norm | encoder.layers.<i>.mixer.layernorm |
| layer_<i>_squeeze_expand_squeeze, ... | encoder.layers.<i>.squeeze_expand.squeeze, ... |
| intent, slot | intent_classifier, slot_classifier |

If two layers share a module, its tensors are the concatenation of theirs: `qa_outputs` holds
`start_output` and `end_output`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Any

WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"


@dataclasses.dataclass(frozen=True)
class Naming:
    """The names of one architecture's modules and tensors.

    Args:
        prefix: the prefix that task models add to the names of the backbone's tensors. The
            backbone is the part that all models share: embeddings, encoder and pooler.
        layer: the module of a layer of the encoder, with `{}` for its number.
        layer_modules: the modules within it, by the names of the Keras layers without
            `layer_<i>_`.
        modules: all other modules, by the names of the Keras layers.
        tied: the tensors that some checkpoints hold twice: the original by the name of the copy.
        conv1d: whether the weights within `layer` have the shape of PyTorch's Conv1d, [filters,
            channels per group, kernel size], instead of that of a Linear, [filters, channels].
    """

    prefix: str
    layer: str
    layer_modules: dict[str, str]
    modules: dict[str, str]
    tied: dict[str, str]
    conv1d: bool = False

    @property
    def encoder_prefix(self) -> str:
        """The prefix of the names of all tensors of the encoder's layers."""
        return self.layer.partition(".")[0] + "."

    def module_name(self, layer_name: str) -> str:
        """Returns the module of a Keras layer that has weights, without the prefix of task models.

        Raises:
            KeyError: no module corresponds to the layer.
        """
        match = re.fullmatch(r"layer_(\d+)_(?:ffn_(\d+)_)?(\w+)", layer_name)
        if match:
            # MobileBERT has several feed-forward networks in a layer.
            network = "" if match[2] is None else f"ffn.{match[2]}."
            return f"{self.layer.format(match[1])}.{network}{self.layer_modules[match[3]]}"
        return self.modules[layer_name]

    def count_layers(self, tensor_names: Iterable[str]) -> int:
        """Returns how many layers tensors, named without the prefix, belong to."""
        start, _, _ = self.layer.partition("{}")
        matches = (re.match(rf"{re.escape(start)}(\d+)\.", name) for name in tensor_names)
        return len({match[1] for match in matches if match})

    def in_backbone(self, tensor_name: str) -> bool:
        """Returns whether a tensor, named without the prefix, belongs to the backbone."""
        return tensor_name.startswith(
            ("embeddings.", "embeddings_project.", self.encoder_prefix, "pooler.")
        )

    def unprefixed(self, tensor_name: str) -> str:
        """Returns the name of a checkpoint's tensor without the prefix of task models.

        It also replaces gamma and beta, which old checkpoints from TensorFlow call the tensors of
        normalization.
        """
        name = tensor_name.removeprefix(self.prefix)
        return re.sub(
            r"LayerNorm\.(gamma|beta)$",
            lambda match: "LayerNorm." + {"gamma": "weight", "beta": "bias"}[match[1]],
            name,
        )


_MASKED_LM_MODULES = {
    "transform": "cls.predictions.transform.dense",
    "transform_norm": "cls.predictions.transform.LayerNorm",
    "decoder": "cls.predictions",
}
_SPAN_MODULES = {"start_output": "qa_outputs", "end_output": "qa_outputs"}
_MODULES = {
    "embeddings": "embeddings",
    "embeddings_norm": "embeddings.LayerNorm",
    "pooler": "pooler.dense",
    "classifier": "classifier",
    "intent": "intent_classifier",
    "slot": "slot_classifier",
    **_SPAN_MODULES,
    **_MASKED_LM_MODULES,
}
_TIED = {
    "cls.predictions.decoder.weight": WORD_EMBEDDINGS,
    "cls.predictions.decoder.bias": "cls.predictions.bias",
}

_BERT_LAYER = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "post_attention": "attention.output.dense",
    "post_attention_norm": "attention.output.LayerNorm",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
    "output_norm": "output.LayerNorm",
}

# The names of each architecture, by `model_type`.
NAMINGS: dict[str, Naming] = {
    "squeezebert": Naming(
        "transformer.",
        "encoder.layers.{}",
        {
            "query": "attention.query",
            "key": "attention.key",
            "value": "attention.value",
            "post_attention": "post_attention.conv1d",
            "post_attention_norm": "post_attention.layernorm",
            "intermediate": "intermediate.conv1d",
            "output": "output.conv1d",
            "output_norm": "output.layernorm",
            **{
                f"{block}_{part}": f"{block}.{module}"
                for block in ("mixer", "squeeze_expand")
                for part, module in (
                    ("squeeze", "squeeze"),
                    ("depthwise", "depthwise"),
                    ("expand", "expand"),
                    ("expand_norm", "layernorm"),
                )
            },
        },
        {**_MODULES, "embeddings_projection": "embeddings.projection"},
        _TIED,
        conv1d=True,
    ),
    "bert": Naming(
        "bert.",
        "encoder.layer.{}",
        _BERT_LAYER,
        _MODULES,
        _TIED,
    ),
    "distilbert": Naming(
        "distilbert.",
        "transformer.layer.{}",
        {
            "query": "attention.q_lin",
            "key": "attention.k_lin",
            "value": "attention.v_lin",
            "post_attention": "attention.out_lin",
            "post_attention_norm": "sa_layer_norm",
            "intermediate": "ffn.lin1",
            "output": "ffn.lin2",
            "output_norm": "output_layer_norm",
        },
        {
            "embeddings": "embeddings",
            "embeddings_norm": "embeddings.LayerNorm",
            "pre_classifier": "pre_classifier",
            "classifier": "classifier",
            **_SPAN_MODULES,
            "transform": "vocab_transform",
            "transform_norm": "vocab_layer_norm",
            "decoder": "vocab_projector",
        },
        {"vocab_projector.weight": WORD_EMBEDDINGS},
    ),
    "electra": Naming(
        "electra.",
        "encoder.layer.{}",
        _BERT_LAYER,
        {
            "embeddings": "embeddings",
            "embeddings_norm": "embeddings.LayerNorm",
            "embeddings_projection": "embeddings_project",
            "classifier": "classifier",
            "classifier_dense": "classifier.dense",
            "classifier_out_proj": "classifier.out_proj",
            **_SPAN_MODULES,
            "transform": "generator_predictions.dense",
            "transform_norm": "generator_predictions.LayerNorm",
            "decoder": "generator_lm_head",
        },
        {"generator_lm_head.weight": WORD_EMBEDDINGS},
    ),
    "mobilebert": Naming(
        "mobilebert.",
        "encoder.layer.{}",
        {
            **_BERT_LAYER,
            "bottleneck_input": "bottleneck.input.dense",
            "bottleneck_input_norm": "bottleneck.input.LayerNorm",
            "bottleneck_attention": "bottleneck.attention.dense",
            "bottleneck_attention_norm": "bottleneck.attention.LayerNorm",
            "output_bottleneck": "output.bottleneck.dense",
            "output_bottleneck_norm": "output.bottleneck.LayerNorm",
        },
        {
            "embeddings": "embeddings",
            "embeddings_norm": "embeddings.LayerNorm",
            "pooler": "pooler.dense",
            "classifier": "classifier",
            **_SPAN_MODULES,
            **_MASKED_LM_MODULES,
        },
        _TIED,
    ),
    "albert": Naming(
        "albert.",
        "encoder.albert_layer_groups.{}.albert_layers.0",
        {
            "query": "attention.query",
            "key": "attention.key",
            "value": "attention.value",
            "post_attention": "attention.dense",
            "post_attention_norm": "attention.LayerNorm",
            "intermediate": "ffn",
            "output": "ffn_output",
            "output_norm": "full_layer_layer_norm",
        },
        {
            "embeddings": "embeddings",
            "embeddings_norm": "embeddings.LayerNorm",
            "embeddings_projection": "encoder.embedding_hidden_mapping_in",
            "pooler": "pooler",
            "classifier": "classifier",
            **_SPAN_MODULES,
            "transform": "predictions.dense",
            "transform_norm": "predictions.LayerNorm",
            "decoder": "predictions",
        },
        {
            "predictions.decoder.weight": WORD_EMBEDDINGS,
            "predictions.decoder.bias": "predictions.bias",
        },
    ),
}


def naming(model: Any) -> Naming:
    """Returns the names for the architecture of a model.

    Args:
        model: a model or a model class with a `config_class`.
    """
    return NAMINGS[model.config_class.model_type]
