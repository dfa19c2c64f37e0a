"""Runs of each task, for all targets."""

from tests.converters.targets.task_runs import (  # noqa: F401 (fixtures)
    conll_folder,
    like_texts_folder,
    pairs_folder,
    snips_folder,
    squad_folder,
    task_run,
)
