"""Verifies a training run: its Keras models and its .tflite files on every runtime."""

from __future__ import annotations

from typing import Any

from converters.conversion.runs import QAT_FILE
from converters.experiments.prediction_analysis import analyse_predictions, list_predictions
from converters.experiments.signal_to_noise import measure_signal_to_noise
from converters.inference.predictor import Predictor
from converters.inference.text_classification_predictor import TextClassificationPredictor
from converters.runtime.interpreters import available_runtimes
from converters.runtime.verification import REFERENCE_EXAMPLES, verify_outputs
from converters.tflite.inspection import require_int8, summarize_operators
from tfsqueeze.data.datasets.dataset import Dataset
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.training.keras_outputs import keras_outputs
from tfsqueeze.training.pretrained_head import load_checkpoint
from tfsqueeze.training.trained_run import TrainedRun
from tfsqueeze.utils.versions import installed_versions

# The reference kernels of the largest models would take hours.
_REFERENCE_MACS = 10**11
_FEWEST_REFERENCE_EXAMPLES = 32


def verify_run(
    run: TrainedRun,
    models: dict[str, bytes],
    test: Dataset,
    *,
    has_labels: bool = True,
    **options: Any,
) -> dict[str, Any]:
    """Runs examples through a run's Keras models and .tflite files on every runtime.

    Args:
        run: a finished training run.
        models: .tflite contents by name, the quantization-aware one as `QAT_FILE`.
        test: examples of the run's task.
        has_labels: whether they are labelled; without labels there are no scores.
        **options: those of `verify_outputs`. By default the reference kernels get fewer examples
            of a large model.

    Returns:
        The parts `model`, `accuracy`, `files`, `operators`, `signal_to_noise`, `versions`, of
        texts or intents `confusion_matrix` and `predictions`, and of texts `reliability` and
        `errors` of a report (see `converters.reports.verification_report`). `accuracy` has the
        scores of the run's task, and a row of the checkpoint whose head the run kept.

    Raises:
        UserError: the quantization-aware model is not int8, or the examples do not fit the run.
    """
    from tfsqueeze.models.complexity import count_macs

    operators = require_int8(models[QAT_FILE], allow_float_output=True)
    task, input_names = run.task, run.float_model.input_names
    if has_labels:
        test = task.name_labels(test, run.classes)
        task.check_dataset(test, run.classes, run.reads_pairs)
        test = task.training.add_teacher_targets(test, run.options.teacher)
    encodings = task.encode(run.tokenizer, test)
    expected = {
        name: keras_outputs(model, task, encodings.select(input_names))
        for name, model in (("float", run.float_model), ("qat", run.qat_model))
    }
    if checkpoint := load_checkpoint(run):
        model, numbers = checkpoint
        outputs = keras_outputs(model, task, encodings.select(input_names))
        expected["checkpoint"] = {
            name: logits[..., numbers[name]] if name in numbers else logits
            for name, logits in outputs.items()
        }
    first_token_only = run.float_model.reads_first_token_only(run.config)
    length = run.options.max_length
    macs = sum(count_macs(run.config, length, first_token_only=first_token_only).values())
    options.setdefault(
        "reference_examples",
        max(_FEWEST_REFERENCE_EXAMPLES, min(REFERENCE_EXAMPLES, _REFERENCE_MACS // macs)),
    )
    table, outputs_of = verify_outputs(
        models,
        task,
        test,
        encodings,
        run.classes,
        expected,
        input_names,
        has_labels=has_labels,
        **options,
    )
    confusion, analysis = None, {}
    if has_labels:
        on_device = outputs_of[QAT_FILE, available_runtimes()[-1], "default"]
        predictor = Predictor.open(models[QAT_FILE], available_runtimes()[-1])
        if isinstance(predictor, TextClassificationPredictor) and isinstance(test, TextDataset):
            logits = on_device["logits"]
            analysis = analyse_predictions(predictor, test, logits, run.label_names)
        if task.label_output and isinstance(test, (TextDataset, TokenDataset)):
            logits = on_device[task.label_output]
            analysis["predictions"] = list_predictions(test, logits, run.label_names)
        metrics = task.metrics(test, task.decode(on_device, encodings, run.classes), run.classes)
        confusion = metrics.get("intents", metrics).get("confusion_matrix")
    return {
        "model": {
            "preset": run.options.preset,
            "parameters": run.float_model.count_params(),
            "macs": macs,
            "max_length": length,
            "vocab_size": run.config.vocab_size,
        },
        "accuracy": table,
        "files": [{"name": name, "bytes": len(content)} for name, content in models.items()],
        "operators": summarize_operators(operators),
        "signal_to_noise": measure_signal_to_noise(run, encodings.select(input_names)),
        **analysis,
        **(
            {"confusion_matrix": {"labels": run.label_names, "rows": confusion}}
            if confusion
            else {}
        ),
        "versions": installed_versions(),
    }
