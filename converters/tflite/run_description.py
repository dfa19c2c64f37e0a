"""What a packed .tflite file says of the run or the checkpoint that it was made of."""

from __future__ import annotations

from converters.tflite.model_metadata import ModelMetadata
from tfsqueeze.training.trained_run import TaskModel, is_run
from tfsqueeze.utils.versions import installed_versions


def describe_run(run: TaskModel) -> ModelMetadata:
    """Returns what a packed .tflite file of a run says of it.

    Args:
        run: a training run, or a checkpoint.
    """
    labels = f" ({len(run.label_names)} labels)." if run.label_names else "."
    return ModelMetadata(
        name=f"{run.config.architecture} {run.task.title}",
        description=f"{'Trained' if is_run(run.folder) else 'Calibrated'} on {run.dataset_name}"
        + labels,
        labels=run.label_names,
        slots=run.slot_names,
        task=run.task.name,
        pairs=run.reads_pairs,
        decoding=run.decoding,
        vocabulary=list(run.tokenizer.vocabulary),
        tokenizer=run.tokenizer.settings(),
        extra={
            "config": run.config.to_dict(),
            "dataset": run.dataset_name,
            "options": run.options.to_dict(),
            "versions": installed_versions(),
        },
    )
