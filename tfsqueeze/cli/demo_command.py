"""`tfsqueeze demo`."""

from __future__ import annotations

import dataclasses
import math
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from tfsqueeze.cli.arguments import Json
from tfsqueeze.cli.console import output, print_json, print_step, training_progress
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.logging import load_tensorflow

_DEFAULTS = TrainingOptions(
    preset="squeezebert-micro",
    model={"hidden_dropout_prob": 0.2},
    epochs=10,
    label_smoothing=0.05,
    patience=10,
)
# Checked on Reuters R8 only; other datasets are harder or easier.
_MIN_R8_ACCURACY = 0.96
_MAX_ACCURACY_LOSS = 0.005
_MIN_AGREEMENT = 0.99


def demo(
    output_folder: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the run and its report.")
    ] = Path("runs/demo"),
    data: Annotated[
        str, typer.Option(help="Name of a dataset, or a folder with train and val files.")
    ] = "reuters-r8",
    epochs: Annotated[
        int, typer.Option(help="Maximum number of epochs of the float stage.")
    ] = _DEFAULTS.epochs,
    qat_epochs: Annotated[
        int, typer.Option(help="Maximum number of epochs of the quantization-aware stage.")
    ] = _DEFAULTS.qat_epochs,
    max_length: Annotated[
        int, typer.Option(help="Maximum number of tokens of a text.")
    ] = _DEFAULTS.max_length,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and dropout.")] = _DEFAULTS.seed,
    json: Json = False,
) -> None:
    """Run the whole pipeline on Reuters R8 news, from texts to a verified int8 .tflite file.

    The command downloads the data, trains in float and quantization-aware,
    converts, runs every text of the test set on every runtime, measures
    latency, and writes a report. It takes about five minutes. The
    same command continues a run that was interrupted.

    Example:
      tfsqueeze demo --output runs/demo
    """
    from tfsqueeze.data.sources.named_datasets import load_dataset

    start = time.perf_counter()
    options = dataclasses.replace(
        _DEFAULTS, max_length=max_length, epochs=epochs, qat_epochs=qat_epochs, seed=seed
    )
    print_step(f"loading {data}")
    splits = load_dataset(data, seed=seed)
    test = splits.test or splits.validation
    results: dict[str, Any] = {
        "title": f"SqueezeBERT on {data}: from text to verified int8",
        "dataset": {
            "name": data,
            "train": len(splits.train),
            "validation": len(splits.validation),
            "test": len(test),
            "labels": splits.label_names,
        },
        "settings": {**options.to_dict(), **options.model},
    }
    del results["settings"]["model"]
    seconds = {}

    def timed(text, function, *arguments):
        print_step(text)
        begin = time.perf_counter()
        value = function(*arguments)
        seconds[text] = round(time.perf_counter() - begin, 1)
        return value

    def train():
        load_tensorflow()
        from tfsqueeze.training.train_task import train_task

        return train_task(
            output_folder,
            TEXT_CLASSIFICATION,
            splits,
            options,
            training_progress(TEXT_CLASSIFICATION),
            dataset_name=data,
        )

    run = timed("training", train)
    results["training"] = run.history
    seconds.update({f"training: {stage}": value for stage, value in run.seconds.items()})
    results["baselines"] = timed("baselines", _baselines, splits, test)
    models = timed("conversion", _convert, run, splits)
    _write_models(output_folder, models)
    results.update(timed("verification", _verify, run, models, test))
    results["latency"] = timed("latency", _latency, models)
    results["seconds"] = {**seconds, "total": round(time.perf_counter() - start, 1)}
    results["checks"] = checks(results, data == "reuters-r8")

    from converters.reports.verification_report import print_report, write_report

    files = write_report(results, output_folder / "report")
    if json:
        print_json(results)
    else:
        print_report(results, output)
        output.print(f"report: {files['html']}", soft_wrap=True)
        output.print(
            f'next: tfsqueeze predict {output_folder / "model.tflite"} "some text"', soft_wrap=True
        )
    if not all(check["passed"] for check in results["checks"]):
        raise typer.Exit(1)


def checks(results: dict[str, Any], is_r8: bool) -> list[dict[str, Any]]:
    """Compares the measured accuracies with what the project promises.

    Args:
        results: the content of a report, with `accuracy` and `operators`.
        is_r8: whether the data are Reuters R8, for which an accuracy is promised.

    Returns:
        `claim`, `measured` and `passed` of each promise.
    """
    from converters.conversion.runs import MOBILE_FILE, QAT_FILE

    rows = results["accuracy"]
    keras = next(row for row in rows if row["model"] == "Keras float")
    found = [
        {
            "claim": "every op of the .tflite is int8",
            "measured": f"{sum(row['count'] for row in results['operators'])} ops",
            "passed": True,
        }
    ]  # convert_int8 and verify_run raise where one is not

    def check(claim, value, least):
        found.append({"claim": claim, "measured": f"{100 * value:.2f} %", "passed": value >= least})

    for row in rows:
        if row["model"] not in (QAT_FILE, MOBILE_FILE) or row["kernels"] != "default":
            continue
        runtime = row["runtime"]
        profile = "int8" if row["model"] == QAT_FILE else "mobile"
        if is_r8:
            check(
                f"{profile} accuracy on {runtime} at least 96.0 %",
                row["accuracy"],
                _MIN_R8_ACCURACY,
            )
        check(
            f"{profile} on {runtime} within 0.5 points of float ({100 * keras['accuracy']:.2f} %)",
            row["accuracy"],
            keras["accuracy"] - _MAX_ACCURACY_LOSS,
        )
        if profile == "mobile":
            continue
        check(
            f"int8 on {runtime} predicts as the QAT model does in at least 99 %",
            row["agreement_with_qat"],
            _MIN_AGREEMENT,
        )
        for other in rows:
            if "post-training" in other["model"] and other["runtime"] == runtime:
                # A test set this small cannot tell closer accuracies apart.
                error = math.sqrt(other["accuracy"] * (1 - other["accuracy"]) / other["examples"])
                check(
                    f"int8 (QAT) on {runtime} at least equals {other['model']} "
                    f"({100 * other['accuracy']:.2f} %) within its standard error "
                    f"({100 * error:.2f})",
                    row["accuracy"],
                    other["accuracy"] - error,
                )
    return found


def _baselines(splits, test):
    from tfsqueeze.evaluation.baselines import majority_baseline, tfidf_baseline

    return {
        "majority": majority_baseline(splits.train, test),
        "tfidf_logistic_regression": tfidf_baseline(splits.train, test),
    }


def _convert(run, splits):
    from converters.conversion.runs import MOBILE_FILE, QAT_FILE, convert_ptq_baselines, convert_run
    from tfsqueeze.training.batches import tokenize

    train_ids = tokenize(run.tokenizer, splits.train.texts)
    return {
        QAT_FILE: convert_run(run),
        MOBILE_FILE: convert_run(run, profile="mobile"),
        **convert_ptq_baselines(run, train_ids),
    }


def _write_models(folder, models):
    from converters.conversion.runs import MOBILE_FILE, QAT_FILE
    from tfsqueeze.utils.files import write_atomically

    for name, content in models.items():
        stem = {QAT_FILE: "model", MOBILE_FILE: "model-mobile"}.get(name) or "".join(
            c if c.isalnum() else "-" for c in name.lower()
        ).strip("-")
        with write_atomically(folder / f"{stem}.tflite") as temporary:
            temporary.write_bytes(content)


def _verify(run, models, test):
    from converters.experiments.run_verification import verify_run

    return verify_run(run, models, test)


def _latency(models):
    from converters.runtime.interpreters import available_runtimes
    from converters.runtime.workers import latency, run_in_workers

    # The float file first: ratios are to it.
    ordered = dict(sorted(models.items(), key=lambda item: item[0] != "float32"))
    return run_in_workers(
        latency, [(ordered, runtime, 1, 50) for runtime in available_runtimes()], workers=1
    )
