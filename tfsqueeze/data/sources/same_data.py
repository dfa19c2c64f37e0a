"""Whether data are those that a model was trained on, however their path is written."""

from __future__ import annotations

import os
from pathlib import Path

from tfsqueeze.data.sources.named_datasets import DATASETS


def is_same_data(data: str | None, trained_on: str | None) -> bool:
    """Returns whether a path or name stands for the data that a model was trained on.

    A run keeps the path of its data as the user wrote it. If that path is relative and does not
    exist here, the run may have been started in another folder. Any data whose path ends with it
    then count as the same.

    Args:
        data: a dataset's name, a file, a folder or a pattern; None for no data.
        trained_on: the name or path that the run keeps; None if it is not known.

    Example:
        >>> is_same_data("/home/me/mail.csv", "mail.csv"), is_same_data("spam.csv", "mail.csv")
        (True, False)
    """
    if data is None or trained_on is None or data == trained_on:
        return data is not None and data == trained_on
    if trained_on in DATASETS:
        return False
    if os.path.exists(trained_on):
        return os.path.exists(data) and os.path.samefile(data, trained_on)
    end = [part for part in Path(os.path.normpath(trained_on)).parts if part != os.pardir]
    return [*Path(data).resolve().parts][-len(end) :] == end
