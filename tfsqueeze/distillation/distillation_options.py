"""What a student is to learn from its teacher, and how much each part counts."""

from __future__ import annotations

import dataclasses

from tfsqueeze.utils.errors import UserError

LAYER_MAPS = ("uniform", "last")


@dataclasses.dataclass(frozen=True)
class DistillationOptions:
    """Weights of the parts of the distillation loss; a part of weight 0 is not computed.

    labels: cross-entropy with the true labels.
    logits: soft labels, at `temperature` (Hinton et al. 2015, arXiv 1503.02531, section 2).
    hidden_states: mean squared error of the states after each mapped layer, through a learned
        projection where the widths differ (TinyBERT, Jiao et al. 2020, arXiv 1909.10351, eq. 8).
    last_hidden_state: the same of the last layer alone.
    attentions: mean squared error of attention probabilities (TinyBERT, eq. 7), averaged over
        heads where their numbers differ.
    embeddings: as hidden_states, of the embedding output (TinyBERT, eq. 9).
    sentences: 1 - cosine of the mean over the tokens of the last states, after the projection.
    pooled_sentences: 1 - cosine of a learned projection of the student's `pooler_output` and the
        mean over the tokens of the teacher's last states, so that a bare encoder's first token
        and pooler stand for the text before any fine-tuning.
    temperature: what logits are divided by before the softmax.
    layer_map: which teacher layer each student layer learns from: `uniform`, `last`, or one number
        of a teacher layer, from 0, for each student layer; see `map_layers`.

    Raises UserError for a value out of range, and where all weights are 0.
    """

    labels: float = 0.0
    logits: float = 0.0
    hidden_states: float = 0.0
    last_hidden_state: float = 0.0
    attentions: float = 0.0
    embeddings: float = 0.0
    sentences: float = 0.0
    pooled_sentences: float = 0.0
    temperature: float = 2.0
    layer_map: str | tuple[int, ...] = "uniform"

    def __post_init__(self):
        weights = {
            name: getattr(self, name)
            for name in (
                "labels",
                "logits",
                "hidden_states",
                "last_hidden_state",
                "attentions",
                "embeddings",
                "sentences",
                "pooled_sentences",
            )
        }
        for name, value in weights.items():
            if value < 0:
                raise UserError(f"the weight of {name} must not be negative, as {value} is")
        if not any(weights.values()):
            raise UserError(
                f"all weights of the distillation are 0; give at least one of {', '.join(weights)}"
            )
        if self.temperature <= 0:
            raise UserError(f"temperature must be above 0, not {self.temperature}")


def map_layers(
    student_layers: int, teacher_layers: int, layer_map: str | tuple[int, ...] = "uniform"
) -> tuple[int, ...]:
    """Returns for each student layer the number, from 0, of the teacher layer it learns from.

    layer_map: `uniform` spreads the student's layers over the teacher's, the last on the last
        (TinyBERT, section 3.2); `last` takes the teacher's last layers; or the numbers themselves.

    Raises UserError for another word, numbers that the teacher does not have or not one for each
    student layer, and for `last` where the teacher has fewer layers.
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
            f"layer_map {layer_map!r} is not {' or '.join(LAYER_MAPS)}, nor numbers of "
            "teacher layers"
        )
    layers = tuple(layer_map)
    if len(layers) != student_layers or not all(0 <= i < teacher_layers for i in layers):
        raise UserError(
            f"layer_map {list(layers)} must give each of the student's "
            f"{student_layers} layers a teacher layer from 0 to {teacher_layers - 1}"
        )
    return layers
