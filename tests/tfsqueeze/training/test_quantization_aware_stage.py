"""Quantization-aware training starts from a calibrated model that is near the float model."""

from __future__ import annotations

import numpy as np
import pytest

from tests.end_to_end import small_checkpoints
from tests.tfsqueeze.quantization.test_equalization import with_outlier
from tfsqueeze import BertForSequenceClassification, quantize_aware
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.layers import LayerNorm
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.training.batches import calibration_batches
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.training.training_options import TrainingOptions

LENGTH = 12


@pytest.fixture(scope="module")
def splits(topics_folder):
    return load_dataset(topics_folder)


@pytest.fixture(scope="module")
def checkpoint(splits, tmp_path_factory):
    """The folder of a BERT with a channel that is far larger than the others."""

    def build(config):
        labelled = config.replace(
            max_position_embeddings=LENGTH, initializer_range=0.3
        ).with_labels(splits.label_names)
        model = BertForSequenceClassification(labelled, input_names=("input_ids",))
        return with_outlier(model, factor=12.0)

    words = sorted({word for text in splits.train.texts for word in text.split()})
    return small_checkpoints.checkpoint(tmp_path_factory.mktemp("checkpoint"), build, words)


def decibels(model, other, inputs):
    expected, found = (x.predict(inputs, verbose=0) for x in (model, other))
    return 10 * np.log10(np.square(expected).sum() / np.square(expected - found).sum())


@pytest.mark.parametrize("precision", ["float32", pytest.param("bfloat16", marks=pytest.mark.slow)])
def test_outliers_are_divided_before_training(precision, checkpoint, splits, tmp_path):
    options = TrainingOptions(
        pretrained=str(checkpoint),
        epochs=0,
        qat_epochs=1,
        # The weights stay nearly where they start.
        qat_learning_rate=1e-8,
        max_length=LENGTH,
        precision=precision,
    )
    train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options)
    run = load_run(tmp_path / "run")
    assert {weight.dtype.name for weight in run.qat_model.trainable_weights} == {"float32"}
    inputs = {"input_ids": run.tokenizer(splits.validation.texts)["input_ids"].numpy()}
    training = {"input_ids": run.tokenizer(splits.train.texts)["input_ids"].numpy()}
    plain = quantize_aware(run.float_model, calibration_batches(training, 0))
    assert decibels(run.float_model, run.qat_model, inputs) > (
        decibels(run.float_model, plain, inputs) + 3
    )
    norms = [x.layer for x in run.qat_model.layers if isinstance(getattr(x, "layer", 0), LayerNorm)]
    assert any(norm.channel_factors is not None for norm in norms)
