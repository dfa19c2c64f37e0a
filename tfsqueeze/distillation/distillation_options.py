"""The options of distillation: what a student learns from its teacher, with which weights."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal, get_args

from tfsqueeze.utils.errors import UserError

LayerMap = Literal["uniform", "last"]
# The parts of the loss, which are the options that give their weights.
DISTILLATION_LOSSES = (
    "labels",
    "logits",
    "hidden_states",
    "last_hidden_state",
    "attentions",
    "relations",
    "embeddings",
    "sentences",
    "pooled_sentences",
)


@dataclasses.dataclass(frozen=True)
class DistillationOptions:
    """The weights of the parts of the distillation loss; a part with weight 0 is not computed.

    Args:
        labels: the weight of the cross-entropy with the true labels.
        logits: the weight of the soft labels, at `temperature` (Hinton et al. 2015, arXiv
            1503.02531, section 2). Where `problem_type` is `multi_label_classification`, each label
            counts on its own; where it is `regression`, it is the weight of the mean squared error.
        hidden_states: the weight of the mean squared error of the hidden states after each mapped
            layer, through a learned projection if the widths differ (TinyBERT, Jiao et al. 2020,
            arXiv 1909.10351, eq. 8).
        last_hidden_state: the weight of the same error at the last layer only.
        attentions: the weight of the mean squared error of the attention probabilities (TinyBERT,
            eq. 7), averaged over the heads if their numbers differ.
        relations: the weight of the divergence of the self-attention relations of queries, keys
            and values, the mean of the three, in the last layer with attention (MiniLMv2, Wang et
            al. 2021, arXiv 2012.15828, section 3). The models' widths may differ.
        embeddings: the weight of the mean squared error of the output of the embeddings (TinyBERT,
            eq. 9).
        sentences: the weight of 1 - cosine between the means of the last hidden states over the
            tokens, after the projection.
        pooled_sentences: the weight of 1 - cosine between a learned projection of the student's
            `pooler_output` and the mean of the teacher's last hidden states over the tokens. It
            makes the first token and the pooler of a bare encoder represent the text before any
            fine-tuning.
        temperature: the divisor of the logits before the softmax.
        relation_heads: the number of heads of the relations, a divisor of both models' widths.
        layer_map: the teacher layer that each student layer learns from: `uniform`, `last`, or the
            numbers of the teacher layers, from 0; see `map_layers`.

    Raises:
        UserError: a value is out of range, or all weights are 0.

    Example:
        >>> from tfsqueeze.distillation.distillation_options import DistillationOptions
        >>> DistillationOptions(logits=1.0, hidden_states=0.5).layer_map
        'uniform'
    """

    labels: float = 0.0
    logits: float = 0.0
    hidden_states: float = 0.0
    last_hidden_state: float = 0.0
    attentions: float = 0.0
    relations: float = 0.0
    embeddings: float = 0.0
    sentences: float = 0.0
    pooled_sentences: float = 0.0
    temperature: float = 2.0
    relation_heads: int = 12
    layer_map: LayerMap | tuple[int, ...] = "uniform"

    def __post_init__(self) -> None:
        weights = {name: getattr(self, name) for name in DISTILLATION_LOSSES}
        for name, value in weights.items():
            if not 0 <= value < math.inf:
                raise UserError(f"the weight of {name} must be at least 0 and finite, not {value}")
        if not any(weights.values()):
            raise UserError(
                f"all weights of the distillation are 0; give at least one of {', '.join(weights)}"
            )
        if not 0 < self.temperature < math.inf:
            raise UserError(f"temperature must be above 0 and finite, not {self.temperature}")
        if self.relation_heads < 1:
            raise UserError(f"relation_heads must be at least 1, not {self.relation_heads}")


def map_layers(
    student_layers: int, teacher_layers: int, layer_map: LayerMap | tuple[int, ...] = "uniform"
) -> tuple[int, ...]:
    """Returns the teacher layer, numbered from 0, that each student layer learns from.

    Args:
        student_layers: the number of layers of the student.
        teacher_layers: the number of layers of the teacher.
        layer_map: `uniform` for layers at equal distances, up to the teacher's last (TinyBERT,
            Jiao et al. 2020, arXiv 1909.10351, section 3.2); `last` for the teacher's last layers;
            or the numbers of the layers themselves.

    Raises:
        UserError: `layer_map` is another word, or does not name an existing teacher layer for each
            student layer; or it is `last` and the teacher has fewer layers than the student.

    Example:
        >>> from tfsqueeze.distillation.distillation_options import map_layers
        >>> map_layers(4, 12)
        (2, 5, 8, 11)
        >>> map_layers(4, 12, "last")
        (8, 9, 10, 11)
    """
    if layer_map == "uniform":
        return tuple(
            max(0, -(-(i + 1) * teacher_layers // student_layers) - 1)
            for i in range(student_layers)
        )
    if layer_map == "last":
        if student_layers > teacher_layers:
            raise UserError(
                f"layer_map 'last': the teacher has {teacher_layers} layers, fewer "
                f"than the student's {student_layers}; use 'uniform'"
            )
        return tuple(range(teacher_layers - student_layers, teacher_layers))
    if isinstance(layer_map, str):
        raise UserError(
            f"layer_map {layer_map!r} is not {' or '.join(get_args(LayerMap))}, nor numbers of "
            "teacher layers"
        )
    layers = tuple(layer_map)
    if len(layers) != student_layers or not all(0 <= i < teacher_layers for i in layers):
        raise UserError(
            f"layer_map {list(layers)} must give each of the student's "
            f"{student_layers} layers a teacher layer from 0 to {teacher_layers - 1}"
        )
    return layers
