"""Keras and the runtimes held against each other on the same examples."""

from __future__ import annotations

import numpy as np
import pytest

from converters.conversion.runs import QAT_FILE, convert_ptq_baselines
from converters.experiments.run_verification import verify_run
from converters.runtime.interpreters import available_runtimes
from converters.runtime.workers import run_in_workers
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.evaluation.classification import classification_metrics
from tfsqueeze.training.batches import tokenize
from tfsqueeze.utils.errors import UserError


@pytest.fixture(scope="module")
def splits(topics_folder):
    return load_dataset(topics_folder)


@pytest.fixture(scope="module")
def models(trained_run, topics_model, splits):
    train_ids = tokenize(trained_run.tokenizer, splits.train.texts)
    return {QAT_FILE: topics_model.read_bytes(), **convert_ptq_baselines(trained_run, train_ids)}


@pytest.fixture(scope="module")
def verified(trained_run, models, splits):
    return verify_run(trained_run, models, splits.test, reference_examples=8)


def test_every_model_runs_on_every_runtime(verified, models):
    rows = verified["accuracy"]
    assert [row["model"] for row in rows[:2]] == ["Keras float", "Keras QAT"]
    found = [(row["model"], row["runtime"], row["kernels"], row["examples"]) for row in rows[2:]]
    expected = [
        (name, runtime, "default", 30) for name in models for runtime in available_runtimes()
    ]
    expected += [(QAT_FILE, runtime, "reference", 8) for runtime in available_runtimes()]
    assert found == expected


def test_int8_agrees_with_quantization_aware_training(verified):
    for row in verified["accuracy"]:
        if row["model"] == QAT_FILE:
            assert row["agreement_with_qat"] >= 0.95 and row["accuracy"] >= 0.8
            assert row["logit_error_mean"] < 2.0 and row["logit_error_max"] < 8.0


def test_keras_rows_are_what_the_keras_models_predict(verified, trained_run, splits):
    ids = tokenize(trained_run.tokenizer, splits.test.texts)
    labels = splits.test.label_ids(trained_run.label_names)
    models = (trained_run.float_model, trained_run.qat_model)
    for row, model in zip(verified["accuracy"][:2], models, strict=True):
        predicted = model.predict(ids, verbose=0).argmax(axis=1)
        metrics = classification_metrics(labels, predicted, trained_run.label_names)
        assert row["accuracy"] == metrics["accuracy"] == np.mean(predicted == labels)
        assert row["macro_f1"] == metrics["macro_f1"] and row["kernels"] is None
    assert verified["accuracy"][0]["agreement_with_float"] == 1.0
    assert verified["accuracy"][1]["agreement_with_qat"] == 1.0


def test_float_file_agrees_with_float_keras_and_has_no_steps(verified):
    rows = [row for row in verified["accuracy"] if row["model"] == "float32"]
    assert len(rows) == len(available_runtimes())
    for row in rows:
        assert row["agreement_with_float"] == 1.0 and row["logit_error_max"] is None


def test_report_parts_describe_the_run(verified, trained_run, models):
    assert verified["model"]["parameters"] == trained_run.float_model.count_params()
    assert verified["files"] == [
        {"name": name, "bytes": len(content)} for name, content in models.items()
    ]
    confusion = verified["confusion_matrix"]
    assert confusion["labels"] == trained_run.label_names
    assert np.sum(confusion["rows"]) == 30
    best = next(
        row
        for row in verified["accuracy"]
        if row["model"] == QAT_FILE
        and row["runtime"] == available_runtimes()[-1]
        and row["kernels"] == "default"
    )
    assert np.trace(confusion["rows"]) / 30 == pytest.approx(best["accuracy"])
    for operator in verified["operators"]:
        assert set(operator["outputs"]) <= {"int8", "int32"}


def test_a_file_that_is_not_int8_is_refused_as_the_int8_one(trained_run, models, splits):
    with pytest.raises(UserError, match="operators are not int8"):
        verify_run(trained_run, {QAT_FILE: models["float32"]}, splits.test.take(range(4)))


def test_workers_return_results_in_order():
    assert run_in_workers(divmod, [(7, 2), (9, 4)]) == [(3, 1), (2, 1)]


def test_a_worker_s_error_comes_back():
    with pytest.raises(ZeroDivisionError):
        run_in_workers(divmod, [(1, 0)])
