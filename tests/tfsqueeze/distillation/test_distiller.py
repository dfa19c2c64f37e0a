"""A student comes closer to its teacher in each way it is asked to."""

import numpy as np
import pytest
import tf_keras as keras

from tfsqueeze.distillation.distillation_options import DistillationOptions
from tfsqueeze.distillation.distiller import Distiller
from tfsqueeze.distillation.teacher_outputs import TeacherOutputs
from tfsqueeze.quantization import quantize_aware
from tfsqueeze.utils.errors import UserError

EVERYTHING = DistillationOptions(
    labels=1,
    logits=1,
    hidden_states=1,
    attentions=1,
    relations=1,
    relation_heads=2,
    embeddings=1,
    sentences=1,
)
PARTS = {
    "loss",
    "labels_loss",
    "logits_loss",
    "hidden_states_loss",
    "attentions_loss",
    "relations_loss",
    "embeddings_loss",
    "sentences_loss",
    "accuracy",
}


def compiled(distiller, learning_rate=1e-2):
    distiller.compile(keras.optimizers.Adam(learning_rate), metrics=["accuracy"])
    return distiller


def test_every_part_of_the_loss_falls(teacher, student, input_ids):
    labels = teacher.predict(input_ids, verbose=0).argmax(axis=1)
    before = [weight.numpy() for weight in teacher.weights]
    distiller = compiled(Distiller(student, teacher, EVERYTHING))
    history = distiller.fit(
        {"input_ids": input_ids}, labels, batch_size=8, epochs=12, verbose=0
    ).history
    assert set(history) == PARTS
    for name in PARTS - {"accuracy", "attentions_loss"}:
        assert history[name][-1] < history[name][0], name
    for old, weight in zip(before, teacher.weights, strict=True):
        np.testing.assert_array_equal(old, weight.numpy())
    agreement = student.predict(input_ids, verbose=0).argmax(axis=1) == labels
    assert agreement.mean() > 0.6


def test_kept_outputs_give_the_losses_of_the_teacher_itself(teacher, student, input_ids, tmp_path):
    options = DistillationOptions(logits=1, hidden_states=1, embeddings=1, sentences=1)
    outputs = TeacherOutputs(tmp_path, teacher, input_ids, hidden_states=(0, 2, 4))
    kept = outputs.batch(np.arange(40), 12)
    live = compiled(Distiller(student, teacher, options))
    expected = live.evaluate({"input_ids": input_ids}, verbose=0, return_dict=True)
    cached = compiled(Distiller(student, teacher.config, options))
    cached.build({"input_ids": (None, None)})
    cached.evaluate({"input_ids": input_ids}, kept, verbose=0)
    for name, layer in cached.projections.items():
        layer.set_weights(live.projections[name].get_weights())
    actual = cached.evaluate({"input_ids": input_ids}, kept, verbose=0, return_dict=True)
    assert actual["loss"] == pytest.approx(expected["loss"], rel=1e-3)


@pytest.mark.slow
def test_a_quantization_aware_student_learns(teacher, student, input_ids):
    labels = teacher.predict(input_ids, verbose=0).argmax(axis=1)
    qat_student = quantize_aware(student, [input_ids])
    distiller = compiled(Distiller(qat_student, teacher, EVERYTHING, float_model=student), 3e-3)
    history = distiller.fit(
        {"input_ids": input_ids}, labels, batch_size=8, epochs=6, verbose=0
    ).history
    assert history["loss"][-1] < history["loss"][0]


def test_what_is_missing_is_one_sentence(teacher, student, tiny_config, input_ids):
    distiller = compiled(Distiller(student, teacher.config, DistillationOptions(logits=1)))
    with pytest.raises(Exception, match="the data have no logits of the teacher's"):
        distiller.fit({"input_ids": input_ids}, verbose=0)
    distiller = compiled(Distiller(student, teacher, DistillationOptions(labels=1)))
    with pytest.raises(Exception, match="the data have no labels"):
        distiller.fit({"input_ids": input_ids}, verbose=0)
    convolutional = type(student)(
        student.config.replace(layer_types=("convolution",) * 2), input_names=("input_ids",)
    )
    with pytest.raises(UserError, match="no layer of the student has attention"):
        Distiller(convolutional, teacher, DistillationOptions(attentions=1))
    with pytest.raises(UserError, match="no layer of the student has attention"):
        Distiller(convolutional, teacher, DistillationOptions(relations=1))
    with pytest.raises(UserError, match="relation_heads is 7, which does not divide a width"):
        Distiller(student, teacher, DistillationOptions(relations=1, relation_heads=7))
