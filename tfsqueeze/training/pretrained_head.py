"""The head of the pretrained model that a run starts from, and the labels that it knows."""

from __future__ import annotations

import warnings
from typing import Any

from tfsqueeze.checkpoints.huggingface import holds_head
from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, pretrained_folder
from tfsqueeze.checkpoints.problem_type import check_problem_type
from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.models.architectures import read_config, task_model_class
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.tasks import Task
from tfsqueeze.tasks.task_training import order_labels
from tfsqueeze.training.model_setup import pin_models
from tfsqueeze.training.run_folder import read_run_settings
from tfsqueeze.training.trained_run import TrainedRun, is_run, require_finished
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError


def pretrained_head(task: Task, options: TrainingOptions) -> EncoderConfig | None:
    """Returns the config of the pretrained model whose head, with its labels, a run keeps.

    Args:
        task: the task of the run.
        options: the settings of the run.

    Returns:
        The config. None if the run gets a new head, or its head has no labels.

    Raises:
        UserError: the pretrained model cannot be had, or its head is for another kind of problem.
    """
    if options.pretrained is None or options.new_head or not task.training.label_fields:
        return None
    folder = pretrained_folder(options.pretrained)
    if is_run(folder):
        require_finished(folder)
        is_same_task = read_run_settings(folder).task == task.name
        return read_config(folder / CONFIG_FILE) if is_same_task else None
    config = read_config(folder / CONFIG_FILE)
    if not holds_head(task_model_class(config.model_type, task.head), folder):
        return None
    check_problem_type(folder / CONFIG_FILE)
    return config


def name_by_head(
    task: Task, splits: Any, options: TrainingOptions
) -> tuple[Any, dict[str, Any] | None]:
    """Names the labels of data as the head does that a run keeps.

    Args:
        task: the task of the run.
        splits: the parts of the data.
        options: the settings of the run.

    Returns:
        The splits with the head's names, and the fields of the config that name its classes in
        their order. Without such a head, the splits as they are and None.

    Raises:
        UserError: the pretrained model cannot be had, or its head does not know a label.
    """
    head = pretrained_head(task, options)
    if head is None:
        return splits, None
    return task.training.name_by_head(splits, head, str(options.pretrained))


def load_checkpoint(run: TrainedRun) -> tuple[PreTrainedModel, dict[str, list[int]]] | None:
    """Loads the checkpoint whose head a run kept, as it was before the run.

    Its classes are those that its own config.json names, so that a run with the classes in another
    order cannot agree with it.

    Args:
        run: a finished training run.

    Returns:
        The model, and for each output the number that the checkpoint gives each class of the run.
        None if the run did not start from a checkpoint with such a head and its vocabulary, or if
        the checkpoint cannot be had any more, of which a warning tells.
    """
    # The float model of a checkpoint that was only calibrated is the checkpoint's own.
    if run.options.new_vocabulary or not is_run(run.folder):
        return None
    try:
        options = pin_models(run.folder, run.options)
        head = pretrained_head(run.task, options)
        if head is None:
            return None
        model = _load(run, head, options)
    except UserError as error:
        warnings.warn(f"the run is not compared with its checkpoint: {error}", stacklevel=2)
        return None
    known = run.task.classes(list(head.id2label.values()), getattr(head, "slot_labels", ()))
    numbers = {}
    for output, names in run.classes.items():
        ordered = order_labels(names, known[output])
        if set(ordered) != set(names):
            return None
        numbers[output] = [ordered.index(name) for name in names]
    return model, numbers


def _load(run: TrainedRun, head: EncoderConfig, options: TrainingOptions) -> PreTrainedModel:
    with warnings.catch_warnings():
        # The run told of them when it started.
        warnings.simplefilter("ignore", UserWarning)
        return task_model_class(head.model_type, run.task.head).from_pretrained(
            options.pretrained or "", input_names=run.float_model.input_names
        )
