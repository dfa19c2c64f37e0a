"""Distillation with `fit`: a Keras model that trains a student on a teacher."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.distillation.distillation_options import (
    DISTILLATION_LOSSES,
    DistillationOptions,
    map_layers,
)
from tfsqueeze.distillation.losses import (
    attention_loss,
    hard_binary_label_loss,
    hard_label_loss,
    hidden_state_loss,
    mean_over_tokens,
    number_loss,
    relation_loss,
    sentence_loss,
    soft_binary_label_loss,
    soft_label_loss,
    token_soft_label_loss,
)
from tfsqueeze.distillation.states import with_states
from tfsqueeze.models.pretrained import PROJECTIONS, PreTrainedModel
from tfsqueeze.utils.errors import UserError


class Distiller(keras.Model):
    """Trains a student on a teacher; after `fit`, the student is the result.

    Compile it with an optimizer and metrics, and fit it on batches of (inputs, targets), or of
    inputs only if `options.labels` is 0. The targets are either labels or a dict of teacher outputs
    and, under the key `labels`, labels:

    - Labels are int32 [batch] for texts and [batch, length] for tokens, negative where there is no
      label. For a model with several outputs they are a dict by output. If `problem_type` of the
      student's config is `multi_label_classification` or `regression`, they are float [batch,
      labels] or [batch, 1].
    - Teacher outputs are `logits`, or the logits of each output by its name, with NaN at tokens
      without a soft label; `hidden_states_<i>`; `attentions_<i>`; and `queries_<i>`, `keys_<i>` and
      `values_<i>`. The teacher computes those that are missing.

    The metrics are those of `compile`, on the student's logits, and the mean of each part of the
    loss over the batches of an epoch. Evaluation on labels only, without a teacher, has the
    cross-entropy of the labels as its loss.

    Args:
        student: a `PreTrainedModel`, or the result of `quantize_aware`.
        teacher: a `PreTrainedModel` that reads the same token ids, and stays as it is; or only the
            teacher's configuration, if the data hold its outputs.
        options: the parts of the loss.
        float_model: the float model that a quantization-aware student was made from; None for a
            float student.

    Raises:
        UserError: the options need an output that the student or the teacher does not have.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import BertConfig, BertForSequenceClassification
        >>> from tfsqueeze import SqueezeBertForSequenceClassification, load_preset
        >>> from tfsqueeze.distillation.distillation_options import DistillationOptions
        >>> from tfsqueeze.distillation.distiller import Distiller
        >>> config = BertConfig(
        ...     vocab_size=50, hidden_size=8, num_hidden_layers=1, num_attention_heads=2
        ... )
        >>> teacher = BertForSequenceClassification(config, input_names=("input_ids",))
        >>> config = load_preset("squeezebert-micro", vocab_size=50, num_hidden_layers=1)
        >>> student = SqueezeBertForSequenceClassification(config, input_names=("input_ids",))
        >>> distiller = Distiller(student, teacher, DistillationOptions(logits=1.0))
        >>> distiller.compile("adam")
        >>> history = distiller.fit({"input_ids": np.array([[2, 7, 3]])}, verbose=0)
        >>> sorted(history.history)
        ['logits_loss', 'loss']
    """

    def __init__(
        self,
        student: keras.Model,
        teacher: PreTrainedModel | EncoderConfig,
        options: DistillationOptions,
        *,
        float_model: PreTrainedModel | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        model: Any = float_model or student
        teacher_config = teacher if isinstance(teacher, EncoderConfig) else teacher.config
        self.student = student
        self.options = options
        self._pad_token_id = model.config.pad_token_id
        self._problem_type = model.config.problem_type
        self._hidden_pairs, self._attention_pairs = _pairs(model.config, teacher_config, options)
        self._relation_pairs = _relation_pairs(model.config, teacher_config, options)
        # Its layers are built, and Keras saves no weights of a model that is not.
        self.built = True
        # Keras then names metrics as for the student itself.
        self.output_names = student.output_names
        outputs = model.output if isinstance(model.output, dict) else {"logits": model.output}
        self._logits = [name for name in outputs if name.endswith("logits")]
        self._teacher_outputs = [
            *(self._logits if options.logits else []),
            *(f"hidden_states_{j}" for _, j in self._hidden_pairs),
            *(f"attentions_{j}" for _, j in self._attention_pairs),
            *(f"{name}_{j}" for _, j in self._relation_pairs for name in PROJECTIONS),
        ]
        self._student = with_states(
            student,
            model,
            hidden_states=[i for i, _ in self._hidden_pairs],
            attentions=[i for i, _ in self._attention_pairs],
            projections=[i for i, _ in self._relation_pairs],
        )
        self._teacher: Any = None
        if isinstance(teacher, PreTrainedModel):
            self._teacher = teacher.with_states(
                hidden_states=[j for _, j in self._hidden_pairs],
                attentions=[j for _, j in self._attention_pairs],
                projections=[j for _, j in self._relation_pairs],
            )
            self._teacher.trainable = False
        # There are none if the student has as many channels as the teacher.
        self.projections = (
            {}
            if model.config.hidden_size == teacher_config.hidden_size
            else {
                str(i): keras.layers.Dense(
                    teacher_config.hidden_size, dtype=tf.float32, name=f"projection_{i}"
                )
                for i, _ in self._hidden_pairs
            }
        )
        self._pooler_projection: Any = None
        if options.pooled_sentences:
            if "pooler_output" not in self._student.output:
                raise UserError(
                    "the weight of pooled_sentences is above 0, and the student has no "
                    "pooler_output; leave it at 0"
                )
            self._pooler_projection = keras.layers.Dense(
                teacher_config.hidden_size, dtype=tf.float32, name="pooler_projection"
            )
        self._means = {
            name: keras.metrics.Mean(name)
            for name in (
                "loss",
                *(
                    f"{part}_loss"
                    for part in (
                        *self._logits,
                        *(name for name in DISTILLATION_LOSSES if name != "logits"),
                    )
                ),
            )
        }
        # Keras gives the optimizer the model's variables before the first step.
        for layer in filter(None, [*self.projections.values(), self._pooler_projection]):
            layer.build((None, model.config.hidden_size))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Returns the outputs of the student.

        Args:
            inputs: the inputs of the student.
            training: whether dropout is on.
        """
        return self.student(inputs, training=training)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Makes one step of the optimizer.

        Args:
            data: one batch, as described above.

        Returns:
            The metrics by name.
        """
        inputs, labels, targets = self._unpack(data)
        with tf.GradientTape() as tape:
            outputs = self._student(inputs, training=True)
            losses = self._parts(inputs, labels, outputs, targets)
            loss = tf.add_n(list(losses.values()))
            # The optimizer adds up the gradients of all replicas.
            minimized = loss / self.distribute_strategy.num_replicas_in_sync
            # Small gradients would be zero in float16.
            scales = isinstance(self.optimizer, keras.mixed_precision.LossScaleOptimizer)
            if scales:
                minimized = self.optimizer.get_scaled_loss(minimized)
        layers = [self.student, *self.projections.values()]
        if self._pooler_projection:
            layers.append(self._pooler_projection)
        variables = [variable for layer in layers for variable in layer.trainable_variables]
        gradients = tape.gradient(minimized, variables)
        if scales:
            gradients = self.optimizer.get_unscaled_gradients(gradients)
        # A pooler, for example, has no gradient if no part of the loss reads it.
        self.optimizer.apply_gradients(
            [
                (gradient, variable)
                for gradient, variable in zip(gradients, variables, strict=True)
                if gradient is not None
            ]
        )
        return self._results(loss, losses, labels, outputs)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Evaluates one batch.

        Args:
            data: one batch, as described above.

        Returns:
            The metrics by name.
        """
        inputs, given, _ = keras.utils.unpack_x_y_sample_weight(data)
        if self._teacher is None and given is not None and not _has_teacher_outputs(given):
            outputs = self._student(inputs, training=False)
            losses = {"labels": self._hard_labels(given, outputs)}
            return self._results(losses["labels"], losses, given, outputs)
        inputs, labels, targets = self._unpack(data)
        outputs = self._student(inputs, training=False)
        losses = self._parts(inputs, labels, outputs, targets)
        return self._results(tf.add_n(list(losses.values())), losses, labels, outputs)

    def _unpack(self, data: Any) -> tuple[dict[str, Any], Any, dict[str, Any]]:
        """Returns the inputs, the labels (or None) and the teacher outputs of a batch."""
        batch: Any = keras.utils.unpack_x_y_sample_weight(data)
        inputs, given, _ = batch
        if not isinstance(inputs, dict):
            inputs = {"input_ids": inputs}
        targets: dict[str, Any] = dict(given) if _has_teacher_outputs(given) else {"labels": given}
        labels = targets.pop("labels", None)
        missing = [name for name in self._teacher_outputs if name not in targets]
        if missing and self._teacher is None:
            raise UserError(
                f"the data have no {', '.join(missing)} of the teacher's, and there is "
                "no teacher to compute them; give the distiller the teacher"
            )
        if missing:
            outputs = self._teacher(
                {name: inputs[name] for name in self._teacher.input_names}, training=False
            )
            targets.update({name: outputs[name] for name in missing})
        if labels is None and self.options.labels:
            raise UserError("the weight of labels is above 0, and the data have no labels")
        return inputs, labels, targets

    def _parts(
        self,
        inputs: dict[str, Any],
        labels: Any,
        outputs: dict[str, Any],
        targets: dict[str, Any],
    ) -> dict[str, tf.Tensor]:
        """Returns the parts of the loss, multiplied by their weights, by name."""
        options, losses = self.options, {}
        mask = self._token_mask(inputs)
        # In mixed precision the states are bfloat16 or float16; losses are always float32.
        outputs, targets = (
            {name: tf.cast(value, tf.float32) for name, value in values.items()}
            for values in (outputs, targets)
        )
        if options.labels:
            losses["labels"] = options.labels * self._hard_labels(labels, outputs)
        for name in self._logits if options.logits else ():
            losses[name] = options.logits * self._soft_loss(outputs[name], targets[name], mask)
        losses.update(self._state_parts(outputs, targets, mask))
        if options.attentions:
            losses["attentions"] = options.attentions * tf.reduce_mean(
                [
                    attention_loss(outputs[f"attentions_{i}"], targets[f"attentions_{j}"], mask)
                    for i, j in self._attention_pairs
                ]
            )
        if options.relations:
            losses["relations"] = options.relations * tf.reduce_mean(
                [
                    relation_loss(
                        outputs[f"{name}_{i}"],
                        targets[f"{name}_{j}"],
                        mask,
                        options.relation_heads,
                    )
                    for i, j in self._relation_pairs
                    for name in PROJECTIONS
                ]
            )
        return losses

    def _token_mask(self, inputs: dict[str, Any]) -> tf.Tensor:
        """Returns 1 for tokens and 0 for padding, float32 [batch, length]."""
        mask = inputs.get("attention_mask")
        if mask is None:
            mask = inputs["input_ids"] != self._pad_token_id
        return tf.cast(mask, tf.float32)

    def _state_parts(
        self, outputs: dict[str, tf.Tensor], targets: dict[str, tf.Tensor], mask: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Returns the parts of the loss that compare hidden states, as `_parts` does."""
        options, losses = self.options, {}
        states = [
            (i, self._project(i, outputs[f"hidden_states_{i}"]), targets[f"hidden_states_{j}"])
            for i, j in self._hidden_pairs
        ]
        after_layers = [
            hidden_state_loss(student, teacher, mask) for i, student, teacher in states if i > 0
        ]
        if options.embeddings:
            losses["embeddings"] = options.embeddings * hidden_state_loss(*states[0][1:], mask)
        if options.hidden_states:
            losses["hidden_states"] = options.hidden_states * tf.reduce_mean(after_layers)
        if options.last_hidden_state:
            losses["last_hidden_state"] = options.last_hidden_state * after_layers[-1]
        if options.sentences:
            losses["sentences"] = options.sentences * sentence_loss(
                *(mean_over_tokens(state, mask) for state in states[-1][1:])
            )
        if options.pooled_sentences:
            losses["pooled_sentences"] = options.pooled_sentences * sentence_loss(
                self._pooler_projection(outputs["pooler_output"]),
                mean_over_tokens(states[-1][2], mask),
            )
        return losses

    def _hard_labels(self, labels: Any, outputs: dict[str, Any]) -> tf.Tensor:
        by_name = labels if isinstance(labels, dict) else {self._logits[0]: labels}
        loss = {
            ProblemType.MULTI_LABEL_CLASSIFICATION: hard_binary_label_loss,
            ProblemType.REGRESSION: number_loss,
        }.get(self._problem_type, hard_label_loss)
        return tf.add_n([loss(outputs[name], by_name[name]) for name in self._logits])

    def _soft_loss(self, student: tf.Tensor, teacher: tf.Tensor, mask: Any) -> tf.Tensor:
        """Returns the loss of one output's logits, without those of padding."""
        if student.shape.rank == 3:
            teacher = tf.where(mask[..., None] > 0, teacher, np.nan)
        elif student.shape[-1] is None:  # The scores of positions.
            teacher = tf.where(mask > 0, teacher, np.nan)
        if self._problem_type == ProblemType.REGRESSION:
            return number_loss(student, teacher)
        loss = soft_label_loss if student.shape.rank == 2 else token_soft_label_loss
        if self._problem_type == ProblemType.MULTI_LABEL_CLASSIFICATION:
            loss = soft_binary_label_loss
        return loss(student, teacher, self.options.temperature)

    def _project(self, index: int, state: tf.Tensor) -> tf.Tensor:
        return self.projections[str(index)](state) if self.projections else state

    def _results(
        self,
        loss: tf.Tensor,
        losses: dict[str, tf.Tensor],
        labels: Any,
        outputs: dict[str, Any],
    ) -> dict[str, tf.Tensor]:
        """Updates the metrics and returns them by name."""
        if labels is not None:
            logits = {name: outputs[name] for name in self._logits}
            compiled_metrics: Any = self.compiled_metrics
            compiled_metrics.update_state(
                labels, logits if isinstance(labels, dict) else logits[self._logits[0]]
            )
        losses = {"loss": loss, **{f"{name}_loss": value for name, value in losses.items()}}
        for name, value in losses.items():
            self._means[name].update_state(value)
        return {name: self._means[name].result() for name in losses} | {
            metric.name: metric.result()
            for metric in self.metrics
            if metric.name not in self._means
        }


def _has_teacher_outputs(targets: Any) -> bool:
    """Returns whether targets are a dict of teacher outputs, not labels only."""
    prefixes = ("hidden_", "attentions_", *(f"{name}_" for name in PROJECTIONS))
    return isinstance(targets, dict) and (
        "labels" in targets
        or any(name == "logits" or name.startswith(prefixes) for name in targets)
    )


def _pairs(
    student: EncoderConfig, teacher: EncoderConfig, options: DistillationOptions
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Returns the pairs of student and teacher hidden states, and of attention layers."""
    layers = map_layers(student.num_hidden_layers, teacher.num_hidden_layers, options.layer_map)
    hidden = [(0, 0)] if options.embeddings else []
    if options.hidden_states:
        hidden += [(i + 1, j + 1) for i, j in enumerate(layers)]
    elif options.sentences or options.pooled_sentences or options.last_hidden_state:
        hidden.append((student.num_hidden_layers, layers[-1] + 1))
    attention = _attention_layers(student, "attentions") if options.attentions else []
    return hidden, [(i, layers[i]) for i in attention]


def _relation_pairs(
    student: EncoderConfig, teacher: EncoderConfig, options: DistillationOptions
) -> list[tuple[int, int]]:
    """Returns the layers whose relations are compared: the student's last with attention."""
    if not options.relations:
        return []
    layers = map_layers(student.num_hidden_layers, teacher.num_hidden_layers, options.layer_map)
    last = _attention_layers(student, "relations")[-1]
    for width in (student.hidden_size, teacher.hidden_size):
        if width % options.relation_heads:
            raise UserError(
                f"relation_heads is {options.relation_heads}, which does not divide a width of "
                f"{width} channels"
            )
    return [(last, layers[last])]


def _attention_layers(student: EncoderConfig, part: str) -> list[int]:
    """Returns the numbers of the layers with attention, which a part of the loss needs."""
    layers = [i for i, kind in enumerate(student.layer_types) if kind == "attention"]
    if not layers:
        raise UserError(
            f"the weight of {part} is above 0, and no layer of the student has attention; "
            "leave it at 0"
        )
    return layers
