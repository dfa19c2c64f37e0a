"""The kind of problem that the head of a checkpoint is for, as its config.json says."""

from __future__ import annotations

from pathlib import Path

from tfsqueeze.configs.encoder_config import read_fields
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import shown

_SUPPORTED = (None, "single_label_classification")


def check_problem_type(path: Path) -> None:
    """Checks that the head of a checkpoint gives one label of several.

    Args:
        path: the config.json of the checkpoint.

    Raises:
        UserError: the head is for another kind of problem. The message names the task that
            transformers calls so.
    """
    problem_type = read_fields(path).get("problem_type")
    if problem_type in _SUPPORTED:
        return
    task = problem_type.replace("_", "-") if isinstance(problem_type, str) else ""
    needed = (
        f"its head needs the task {task}"
        if task.isprintable() and 0 < len(task) < 40
        else ("it must be single_label_classification")
    )
    raise UserError(
        f"{path}: problem_type is {shown(problem_type)}: {needed}; or train a new head (--new-head)"
    )
