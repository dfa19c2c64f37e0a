"""A task of the tests alone: a number for a text, with a kind of output of its own."""

from __future__ import annotations

import numpy as np

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks import Encodings, Task
from tfsqueeze.tasks.encodings import encode_texts
from tfsqueeze.tasks.outputs import Output
from tfsqueeze.tasks.task_data import TaskData
from tfsqueeze.tasks.task_training import TaskTraining, require_dataset_type


class TextNumber(Output):
    """One number for each text: values float [texts, 1], targets float32 [texts, 1]."""

    title = "number of a text"
    allows_split_tokens = True

    def loss(self, classes, label_smoothing):
        import tf_keras as keras

        return keras.losses.MeanSquaredError()

    def metrics(self, classes):
        import tf_keras as keras

        return [keras.metrics.R2Score(name="r2")]

    def decode(self, logits, encodings, classes):
        return logits[:, 0].tolist()

    def decisions(self, logits, encodings, classes):
        return np.rint(logits[:, 0])

    def device_shape(self, max_length, channels):
        return (channels,)


class NumberData(TaskData):
    def load_splits(self, name_or_path, *, seed=0, **columns):
        return load_dataset(name_or_path, seed=seed, **columns)

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        return self.load_held_out(name_or_path, seed=seed, **columns)


class NumberTraining(TaskTraining):
    monitored = ("r2",)

    def configure(self, config, splits):
        require_dataset_type(splits, TextDataset, self.task)
        return config

    def vocabulary_texts(self, dataset):
        return dataset.texts

    def targets(self, dataset, encodings, classes):
        return {"number": _numbers(dataset)[:, None]}


class NumberTask(Task):
    name = "text-number"
    title = "estimator of numbers"
    head = "TextNumber"
    outputs = {"number": TextNumber("A number.")}
    scores = (Score("mean_absolute_error", "Mean absolute error", "decimal"),)
    has_labels = False

    @property
    def data(self):
        return NumberData()

    @property
    def training(self):
        return NumberTraining(self)

    def classes(self, labels, slots):
        return {}

    def check_dataset(self, dataset, classes, pairs):
        _numbers(dataset)

    def encode(self, tokenizer, dataset):
        return Encodings(encode_texts(tokenizer, dataset.texts))

    def metrics(self, dataset, predictions, classes):
        errors = np.abs(_numbers(dataset) - predictions["number"])
        return {"mean_absolute_error": float(errors.mean())}


def _numbers(dataset):
    return np.array(dataset.labels, np.float32)


TEXT_NUMBER = NumberTask()
