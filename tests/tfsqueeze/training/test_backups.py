"""Backups within an epoch keep the metrics, and say so where these cannot be read."""

from __future__ import annotations

import re

import pytest
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.training.callbacks import BackupWithinEpochs, TrainingPosition
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.tf_data import resumable_epochs

STEPS = 10


class _Interruption(Exception):
    pass


@pytest.fixture(scope="module")
def fit():
    """Returns a function that fits ten batches, with a backup every three: the epoch's loss."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    start = None

    def run(folder, stop_after=None):
        nonlocal start
        start = start or model.get_weights()
        model.set_weights(start)
        model.optimizer.iterations.assign(0)

        def stop(batch, logs):
            if batch + 1 == stop_after:
                raise _Interruption

        position = TrainingPosition()
        data = resumable_epochs(
            lambda _: tf.data.Dataset.range(STEPS).map(
                lambda x: (tf.cast([[x]], tf.float32), tf.cast([[2 * x]], tf.float32))
            ),
            position.iterations,
            STEPS,
        ).apply(tf.data.experimental.assert_cardinality(STEPS))
        callbacks = [
            position,
            BackupWithinEpochs(folder, save_freq=3),
            keras.callbacks.LambdaCallback(on_train_batch_end=stop),
        ]
        return model.fit(data, verbose=0, callbacks=callbacks).history["loss"]

    return run


def test_an_interrupted_epoch_has_the_loss_of_all_its_steps(fit, tmp_path):
    whole = fit(tmp_path / "whole")
    with pytest.raises(_Interruption):
        fit(tmp_path / "interrupted", stop_after=6)
    assert fit(tmp_path / "interrupted") == whole


def test_metrics_that_cannot_be_restored_are_one_sentence(fit, tmp_path):
    with pytest.raises(_Interruption):
        fit(tmp_path, stop_after=6)
    path = tmp_path / "epoch_metrics.json"
    for content, message in [
        ("{", "not valid JSON"),
        ("{}", "there is no '6'"),
        ('{"6": [1.0]}', "it has 1 values, and the metrics have 2"),
        ('{"6": ["a", 1]}', '6[0]: it is "a", not a number'),
    ]:
        path.write_text(content)
        with pytest.raises(UserError, match=re.escape(message)):
            fit(tmp_path)
    path.unlink()
    with pytest.raises(UserError, match="cannot read .*epoch_metrics.json"):
        fit(tmp_path)
