"""Training a student on a teacher with the Keras `fit` idiom."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.distillation.distillation_options import DistillationOptions, map_layers
from tfsqueeze.distillation.losses import (
    attention_loss,
    hard_label_loss,
    hidden_state_loss,
    mean_over_tokens,
    sentence_loss,
    soft_label_loss,
    word_soft_label_loss,
)
from tfsqueeze.distillation.states import twin_with_states
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.utils.errors import UserError


class Distiller(keras.Model):
    """Fits a student to a teacher; the student is what one keeps.

    student: a `PreTrainedModel`, or its quantization-aware twin.
    teacher: a `PreTrainedModel` that reads the same token ids, and stays as it is; or the teacher's
        config alone, where the data hold its outputs.
    options: a `DistillationOptions`.
    twin_of: the float model that a quantization-aware student was made from.

    Compile it with an optimizer and metrics, and fit it on batches of (inputs, labels), labels
    int32 [batch] of texts, [batch, length] of tokens, negative where one does not count, and a
    dict by output of a model with several; or of inputs alone where `options.labels` is 0. In the
    place of labels may stand a dict of `labels` and of the teacher's outputs: `logits`, or those
    of several outputs by their names, NaN at tokens that teach nothing; `hidden_states_<i>`;
    `attentions_<i>`. The teacher is run for what is not there. Evaluated on labels alone, without
    a teacher to run, the loss is the labels' cross-entropy.

    Metrics are those of `compile`, on the student's logits, and each part of the loss, as means
    over the batches of an epoch.

    Raises UserError where the options want what the student or the teacher does not have.
    """

    def __init__(
        self,
        student: keras.Model,
        teacher: PreTrainedModel | EncoderConfig,
        options: DistillationOptions,
        *,
        twin_of: PreTrainedModel | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        model = twin_of or student
        teacher_config = teacher if isinstance(teacher, EncoderConfig) else teacher.config
        self.student = student
        self.options = options
        self._pad_token_id = model.config.pad_token_id
        self._hidden, self._attended = _pairs(model.config, teacher_config, options)
        # Its layers are, and Keras saves no weights of a model that is not.
        self.built = True
        # As Keras names the metrics of the student itself.
        self.output_names = student.output_names
        made = model.output if isinstance(model.output, dict) else {"logits": model.output}
        self._logits = [name for name in made if name.endswith("logits")]
        self._wanted = [
            *(self._logits if options.logits else []),
            *(f"hidden_states_{j}" for _, j in self._hidden),
            *(f"attentions_{j}" for _, j in self._attended),
        ]
        self._student = twin_with_states(
            student,
            model,
            hidden_states=[i for i, _ in self._hidden],
            attentions=[i for i, _ in self._attended],
        )
        self._teacher = None
        if teacher is not teacher_config:
            self._teacher = teacher.with_states(
                hidden_states=[j for _, j in self._hidden],
                attentions=[j for _, j in self._attended],
            )
            self._teacher.trainable = False
        # Without them, the student's channels are the teacher's.
        self.projections = (
            {}
            if model.config.hidden_size == teacher_config.hidden_size
            else {
                str(i): keras.layers.Dense(teacher_config.hidden_size, name=f"projection_{i}")
                for i, _ in self._hidden
            }
        )
        self._pooler_projection = None
        if options.pooled_sentences:
            if "pooler_output" not in self._student.output:
                raise UserError(
                    "the weight of pooled_sentences is above 0, and the student has no "
                    "pooler_output; leave it at 0"
                )
            self._pooler_projection = keras.layers.Dense(
                teacher_config.hidden_size, name="pooler_projection"
            )
        self._means = {
            name: keras.metrics.Mean(name)
            for name in (
                "loss",
                *(
                    f"{part}_loss"
                    for part in (
                        "labels",
                        *self._logits,
                        "embeddings",
                        "hidden_states",
                        "last_hidden_state",
                        "sentences",
                        "pooled_sentences",
                        "attentions",
                    )
                ),
            )
        }
        # Keras tells the optimizer of a model's variables before the first step.
        for layer in filter(None, [*self.projections.values(), self._pooler_projection]):
            layer.build((None, model.config.hidden_size))

    def call(self, inputs, training=None):
        return self.student(inputs, training=training)

    def train_step(self, data):
        inputs, labels, targets = self._unpack(data)
        with tf.GradientTape() as tape:
            outputs = self._student(inputs, training=True)
            losses = self._parts(inputs, labels, outputs, targets)
            loss = tf.add_n(list(losses.values()))
        layers = [self.student, *self.projections.values()]
        if self._pooler_projection:
            layers.append(self._pooler_projection)
        variables = [variable for layer in layers for variable in layer.trainable_variables]
        # A pooler, for one, has no gradient where no part of the loss reads it.
        self.optimizer.apply_gradients(
            [
                (gradient, variable)
                for gradient, variable in zip(
                    tape.gradient(loss, variables), variables, strict=True
                )
                if gradient is not None
            ]
        )
        return self._results(loss, losses, labels, outputs)

    def test_step(self, data):
        inputs, given, _ = keras.utils.unpack_x_y_sample_weight(data)
        if self._teacher is None and given is not None and not _has_teaching(given):
            outputs = self._student(inputs, training=False)
            losses = {"labels": self._hard_labels(given, outputs)}
            return self._results(losses["labels"], losses, given, outputs)
        inputs, labels, targets = self._unpack(data)
        outputs = self._student(inputs, training=False)
        losses = self._parts(inputs, labels, outputs, targets)
        return self._results(tf.add_n(list(losses.values())), losses, labels, outputs)

    def _unpack(self, data):
        inputs, given, _ = keras.utils.unpack_x_y_sample_weight(data)
        if not isinstance(inputs, dict):
            inputs = {"input_ids": inputs}
        targets = dict(given) if _has_teaching(given) else {"labels": given}
        labels = targets.pop("labels", None)
        missing = [name for name in self._wanted if name not in targets]
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

    def _parts(self, inputs, labels, outputs, targets):
        options, losses = self.options, {}
        mask = inputs.get("attention_mask")
        if mask is None:
            mask = inputs["input_ids"] != self._pad_token_id
        mask = tf.cast(mask, tf.float32)
        targets = {name: tf.cast(value, tf.float32) for name, value in targets.items()}
        if options.labels:
            losses["labels"] = options.labels * self._hard_labels(labels, outputs)
        for name in self._logits if options.logits else ():
            ours, theirs = outputs[name], targets[name]
            if ours.shape.rank == 3:
                theirs = tf.where(mask[..., None] > 0, theirs, np.nan)
            loss = soft_label_loss if ours.shape.rank == 2 else word_soft_label_loss
            losses[name] = options.logits * loss(ours, theirs, options.temperature)
        states = [
            (i, self._project(i, outputs[f"hidden_states_{i}"]), targets[f"hidden_states_{j}"])
            for i, j in self._hidden
        ]
        after_layers = [
            hidden_state_loss(ours, theirs, mask) for i, ours, theirs in states if i > 0
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
        if options.attentions:
            losses["attentions"] = options.attentions * tf.reduce_mean(
                [
                    attention_loss(outputs[f"attentions_{i}"], targets[f"attentions_{j}"], mask)
                    for i, j in self._attended
                ]
            )
        return losses

    def _hard_labels(self, labels, outputs):
        by_name = labels if isinstance(labels, dict) else {self._logits[0]: labels}
        return tf.add_n([hard_label_loss(outputs[name], by_name[name]) for name in self._logits])

    def _project(self, index, state):
        return self.projections[str(index)](state) if self.projections else state

    def _results(self, loss, losses, labels, outputs):
        if labels is not None:
            ours = {name: outputs[name] for name in self._logits}
            self.compiled_metrics.update_state(
                labels, ours if isinstance(labels, dict) else ours[self._logits[0]]
            )
        losses = {"loss": loss, **{f"{name}_loss": value for name, value in losses.items()}}
        for name, value in losses.items():
            self._means[name].update_state(value)
        return {name: self._means[name].result() for name in losses} | {
            metric.name: metric.result()
            for metric in self.metrics
            if metric.name not in self._means
        }


def _has_teaching(given) -> bool:
    """Whether targets hold a teacher's outputs, and not labels alone."""
    return isinstance(given, dict) and (
        "labels" in given
        or any(name == "logits" or name.startswith(("hidden_", "attentions_")) for name in given)
    )


def _pairs(student, teacher, options):
    """Returns pairs of numbers of the student's and the teacher's states: hidden and attention."""
    layers = map_layers(student.num_hidden_layers, teacher.num_hidden_layers, options.layer_map)
    hidden = [(0, 0)] if options.embeddings else []
    if options.hidden_states:
        hidden += [(i + 1, j + 1) for i, j in enumerate(layers)]
    elif options.sentences or options.pooled_sentences or options.last_hidden_state:
        hidden.append((student.num_hidden_layers, layers[-1] + 1))
    attended = [
        (i, j)
        for i, j in enumerate(layers)
        if options.attentions and student.layer_types[i] == "attention"
    ]
    if options.attentions and not attended:
        raise UserError(
            "the weight of attentions is above 0, and no layer of the student attends; "
            "leave it at 0"
        )
    return hidden, attended
