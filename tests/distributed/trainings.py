"""Short trainings on one or several devices.

    python -m tests.distributed.trainings DEVICES FOLDER NAME [NAME ...]

DEVICES is `one`, `mirrored` for two replicas in this process, or `multi-worker`. The losses after
each step, the history and the outputs of the trained model are written to FOLDER/NAME.json.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze import TrainingOptions, load_dataset, load_preset
from tfsqueeze.pretraining.pretrain import pretrain
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.training.distribution import Distribution, get_distribution
from tfsqueeze.training.train_task import train_task

# Two replicas would draw other masks than one.
WITHOUT_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
BATCH, STEPS = 32, 200
ROWS = STEPS // 2 * BATCH


class StepLosses(keras.callbacks.Callback):
    """Keeps the mean loss of the epoch after each step."""

    def __init__(self):
        super().__init__()
        self.values = []

    def on_train_batch_end(self, batch, logs=None):
        self.values.append(float(logs["loss"]))


def news(count=ROWS):
    splits = load_dataset("reuters-r8")
    train = splits.train.take(np.arange(count))
    return dataclasses.replace(
        splits, train=train, validation=splits.validation.take(np.arange(129))
    )


def options(**changes):
    return TrainingOptions(
        preset="squeezebert-micro",
        model={"num_hidden_layers": 1, **WITHOUT_DROPOUT},
        max_length=32,
        vocab_size=1000,
        epochs=2,
        qat_epochs=1,
        learning_rate=2e-3,
        batch_size=BATCH,
        patience=5,
        seed=0,
        **changes,
    )


def classification(folder, distribution, **changes):
    losses = {}

    def callbacks(stage, *_):
        losses[stage] = StepLosses()
        return [losses[stage]]

    rows = ROWS if not changes else 320
    run = train_task(
        folder,
        TEXT_CLASSIFICATION,
        news(rows),
        options(**changes),
        callbacks,
        distribution=distribution,
    )
    ids = tf.constant(np.arange(64).reshape(2, 32), tf.int32)
    return {
        "losses": {stage: callback.values for stage, callback in losses.items()},
        "history": run.history,
        "logits": run.qat_model({"input_ids": ids}).numpy().tolist(),
    }


def weighted_classification(folder, distribution):
    return classification(folder, distribution, class_weight="balanced")


def distillation(folder, distribution):
    teacher = folder.with_name("teacher")
    if not (teacher / "qat.keras").exists():
        train_task(teacher, TEXT_CLASSIFICATION, news(320), options())
    return classification(folder, distribution, teacher=str(teacher))


def pretraining(folder, distribution, **changes):
    texts = folder.with_name("texts.txt")
    texts.write_text("\n".join(news(200).train.texts) + "\n", "utf-8")
    losses = StepLosses()
    settings = PretrainingOptions(
        preset="squeezebert-micro",
        model={"num_hidden_layers": 1, **WITHOUT_DROPOUT},
        max_length=32,
        vocab_size=500,
        epochs=2,
        batch_tokens=512,
        seed=0,
        precision="float32",
        **changes,
    )
    run = pretrain(folder, [texts], settings, lambda *_: [losses], distribution=distribution)
    return {"losses": {"pretraining": losses.values}, "history": run.history}


def masked_words(folder, distribution):
    return pretraining(folder, distribution, objective="mlm")


def hidden_states(folder, distribution):
    return pretraining(folder, distribution, objective="distill")


def plain_keras(folder, distribution):
    """A user's own `fit` under a strategy's scope."""
    from tfsqueeze import SqueezeBertForSequenceClassification, quantize_aware

    keras.utils.set_random_seed(0)
    config = load_preset("squeezebert-micro", vocab_size=50, num_hidden_layers=1, **WITHOUT_DROPOUT)
    ids = np.random.default_rng(0).integers(5, 50, (64, 8)).astype(np.int32)
    labels = (ids[:, 1] > 25).astype(np.int32)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses = {}
    with distribution.scope():
        model = SqueezeBertForSequenceClassification(config, input_names=("input_ids",))
        model.compile(keras.optimizers.Adam(3e-3), loss)
        losses["float"] = _fit(model, ids, labels, epochs=5)
        quantized = quantize_aware(model, [ids])
        quantized.compile(keras.optimizers.Adam(1e-4), loss)
        losses["qat"] = _fit(quantized, ids, labels, epochs=3)
    return {"losses": losses}


def _fit(model, ids, labels, epochs):
    fitted = model.fit(ids, labels, batch_size=16, epochs=epochs, shuffle=False, verbose=0)
    return fitted.history["loss"]


def main(devices, folder, *names):
    if devices == "mirrored":
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * 2
        )
        distribution = Distribution(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
    else:
        distribution = get_distribution(None if devices == "one" else devices)
    for name in names:
        found = globals()[name](Path(folder) / name, distribution)
        if distribution.is_chief:
            Path(folder, f"{name}.json").write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
