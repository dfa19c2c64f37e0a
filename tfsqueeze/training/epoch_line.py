"""A line on each epoch of training."""

from __future__ import annotations

from collections.abc import Mapping

from tfsqueeze.tasks import score_text


def epoch_line(stage: str, epoch: int, logs: Mapping[str, float], score: str | None) -> str:
    """Returns an epoch's loss and its validation score.

    Args:
        stage: the name of the stage.
        epoch: the number of the epoch, from 0.
        logs: what Keras logs after the epoch.
        score: the name of the validation score, which begins with `val_`; None for none.

    Example:
        >>> epoch_line("float", 0, {"loss": 0.25, "val_accuracy": 0.875}, "val_accuracy")
        'float epoch 1: loss 0.2500, validation accuracy 87.50 %'
    """
    line = f"{stage} epoch {epoch + 1}: loss {logs['loss']:.4f}"
    if score is None:
        return line
    name = score.removeprefix("val_")
    return f"{line}, validation {name} {score_text(name, logs[score])}"
