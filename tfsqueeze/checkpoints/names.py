"""Which Hugging Face module each of our Keras layers is.

A module's tensors are its name plus `.weight` and `.bias`, as in PyTorch's state dicts. Layers
that Hugging Face's SqueezeBERT does not have are named in the same style:

| our layer | module |
| --- | --- |
| layer_<i>_mixer_squeeze, _depthwise, _expand | encoder.layers.<i>.mixer.squeeze, ... |
| layer_<i>_mixer_expand_norm | encoder.layers.<i>.mixer.layernorm |
| layer_<i>_squeeze_expand_squeeze, ... | encoder.layers.<i>.squeeze_expand.squeeze, ... |

Inside `encoder` every convolution's weight has PyTorch's Conv1d shape, [filters, channels per
group, kernel size]; elsewhere it is a Linear's, [filters, channels].
"""

from __future__ import annotations

import re

BACKBONE_PREFIX = "transformer."
ENCODER_PREFIX = "encoder."

_MODULES = {
    "embeddings": "embeddings",
    "embeddings_norm": "embeddings.LayerNorm",
    "pooler": "pooler.dense",
    "classifier": "classifier",
    "qa_outputs": "qa_outputs",
    "transform": "cls.predictions.transform.dense",
    "transform_norm": "cls.predictions.transform.LayerNorm",
    "decoder": "cls.predictions",
}

_ENCODER_MODULES = {
    "query": "attention.query",
    "key": "attention.key",
    "value": "attention.value",
    "post_attention": "post_attention.conv1d",
    "post_attention_norm": "post_attention.layernorm",
    "intermediate": "intermediate.conv1d",
    "output": "output.conv1d",
    "output_norm": "output.layernorm",
    **{f"{block}_{part}": f"{block}.{module}"
       for block in ("mixer", "squeeze_expand")
       for part, module in (("squeeze", "squeeze"), ("depthwise", "depthwise"),
                            ("expand", "expand"), ("expand_norm", "layernorm"))},
}


def module_name(layer_name: str) -> str:
    """Returns the module of a layer that has weights, without the `transformer.` of task models.

    Raises KeyError for a layer that no module corresponds to.
    """
    match = re.fullmatch(r"layer_(\d+)_(\w+)", layer_name)
    if match:
        return f"{ENCODER_PREFIX}layers.{match[1]}.{_ENCODER_MODULES[match[2]]}"
    return _MODULES[layer_name]


def in_backbone(tensor_name: str) -> bool:
    """Whether a tensor, named without `transformer.`, belongs to the part all models share."""
    return tensor_name.startswith(("embeddings.", ENCODER_PREFIX, "pooler."))


def unprefixed(tensor_name: str) -> str:
    """Returns a checkpoint's tensor name without the `transformer.` that task models put first."""
    return tensor_name.removeprefix(BACKBONE_PREFIX)
