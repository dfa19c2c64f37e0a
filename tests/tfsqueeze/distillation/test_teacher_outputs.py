"""Outputs that are kept are those of the teacher, also after an interruption."""

import numpy as np
import pytest
import tensorflow as tf

from tfsqueeze.distillation import teacher_outputs
from tfsqueeze.distillation.teacher_outputs import TeacherOutputs


def test_they_are_the_teachers(teacher, input_ids, tmp_path):
    outputs = TeacherOutputs(tmp_path, teacher, input_ids, hidden_states=(0, 4))
    expected = teacher.with_states(hidden_states=(0, 4))(input_ids)
    rows = np.array([7, 3, 20])
    kept = outputs.batch(rows, 12)
    np.testing.assert_allclose(kept["logits"], expected["logits"].numpy()[rows], atol=1e-5)
    mask = (input_ids[rows] != 0)[..., None]
    for name in ("hidden_states_0", "hidden_states_4"):
        np.testing.assert_allclose(kept[name], expected[name].numpy()[rows] * mask, atol=5e-3)
    data = (
        tf.data.Dataset.from_tensor_slices(rows)
        .batch(3)
        .map(lambda rows: outputs.batch_in_graph(rows, tf.constant(12)))
    )
    (batch,) = data
    assert batch["hidden_states_4"].shape == (3, 12, 24)
    np.testing.assert_array_equal(batch["logits"], kept["logits"])


def test_an_interrupted_computation_goes_on(teacher, input_ids, tmp_path, monkeypatch):
    monkeypatch.setattr(teacher_outputs, "_ROWS_PER_BLOCK", 8)
    monkeypatch.setattr(teacher_outputs, "_TOKENS_PER_BATCH", 24)
    done = []

    def interrupt(count, total):
        done.append(count)
        if count == 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TeacherOutputs(tmp_path, teacher, input_ids, progress=interrupt)
    resumed = TeacherOutputs(
        tmp_path, teacher, input_ids, progress=lambda count, total: done.append(count)
    )
    assert done == [8, 16, 24, 32, 40]
    np.testing.assert_allclose(
        resumed.batch(np.arange(40), 12)["logits"], teacher.predict(input_ids, verbose=0), atol=1e-4
    )
    TeacherOutputs(tmp_path, teacher, input_ids, progress=lambda *_: pytest.fail("done again"))


def test_another_teacher_has_another_folder(teacher, input_ids, tmp_path):
    first = TeacherOutputs(tmp_path, teacher, input_ids)
    teacher.weights[-1].assign_add([1.0, 0.0, 0.0])
    assert TeacherOutputs(tmp_path, teacher, input_ids).folder != first.folder
