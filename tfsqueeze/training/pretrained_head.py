"""The head of the pretrained model that a run starts from, and the labels that it knows."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

from tfsqueeze.checkpoints.huggingface import holds_head
from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, pretrained_folder
from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.models.architectures import read_config, task_model_class
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.tasks import Task, task_of_problem
from tfsqueeze.tasks.task_training import order_labels
from tfsqueeze.training.model_setup import pin_models
from tfsqueeze.training.run_folder import read_decoding, read_run_settings
from tfsqueeze.training.trained_run import TrainedRun, is_run, require_finished
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import shown


@dataclasses.dataclass(frozen=True)
class PretrainedHead:
    """A head that a run keeps.

    Args:
        config: the config of the pretrained model, which names the head's classes.
        decoding: what the head's predictions are decoded with; see `Task.with_decoding`.
        source: the folder or name of the pretrained model, for messages.
    """

    config: EncoderConfig
    decoding: dict[str, Any]
    source: str


def pretrained_head(task: Task, options: TrainingOptions) -> PretrainedHead | None:
    """Returns the head of the pretrained model if a run keeps it.

    Args:
        task: the task of the run.
        options: the settings of the run.

    Returns:
        The head. None if the run gets a new head, or if heads of its task have nothing of their
        own to keep, neither labels nor a scale.

    Raises:
        UserError: the pretrained model cannot be had, or its head is for another kind of problem.
    """
    if options.pretrained is None or options.new_head or not has_kinds_of_head(task):
        return None
    folder = pretrained_folder(options.pretrained)
    source = str(options.pretrained)
    if is_run(folder):
        require_finished(folder)
    config = read_config(folder / CONFIG_FILE)
    if is_run(folder):
        is_same_task = read_run_settings(folder).task == task.name
        return PretrainedHead(config, read_decoding(folder), source) if is_same_task else None
    if not holds_head(task_model_class(config.model_type, task.head), folder):
        return None
    problem = config.head_problem()
    if task.problem_type and problem not in (None, task.problem_type):
        raise UserError(
            f"{folder / CONFIG_FILE}: problem_type is {shown(config.problem_type)} with "
            f"{config.num_labels} labels: its head needs the task {task_of_problem(problem).name}; "
            "or train a new head (--new-head)"
        )
    labels = list(config.id2label.values())
    decoding = read_decoding(folder) or task.head_decoding(labels)
    return PretrainedHead(config, decoding, source)


def has_kinds_of_head(task: Task) -> bool:
    """Returns whether heads of a task differ in more than weights: in labels, or in a scale."""
    return bool(task.training.label_fields or task.problem_type)


def name_by_head(
    task: Task, splits: Any, head: PretrainedHead | None
) -> tuple[Any, dict[str, Any]]:
    """Names the labels of data as the head does that a run keeps.

    Args:
        task: the task of the run.
        splits: the parts of the data.
        head: the head; None if the run gets a new one.

    Returns:
        The splits with the head's names, and the fields of the config that name its classes in
        their order. Without a head, the splits as they are and no fields.

    Raises:
        UserError: the head does not know a label.
    """
    if head is None:
        return splits, {}
    return task.training.name_by_head(splits, head.config, head.source)


def load_checkpoint(run: TrainedRun) -> tuple[PreTrainedModel, dict[str, list[int]]] | None:
    """Loads the checkpoint whose head a run kept, as it was before the run.

    Its classes are those that its own config.json names, so that a run with the classes in another
    order cannot agree with it.

    Args:
        run: a finished training run.

    Returns:
        The model, and for each output with classes the number that the checkpoint gives each class
        of the run.
        None if the run did not start from a checkpoint with such a head, its vocabulary and its
        token types, or if the checkpoint cannot be had any more, of which a warning tells.
    """
    # The float model of a checkpoint that was only calibrated is the checkpoint's own.
    if run.options.new_vocabulary or not is_run(run.folder):
        return None
    try:
        options = pin_models(run.folder, run.options)
        head = pretrained_head(run.task, options)
        if head is None or head.config.type_vocab_size != run.config.type_vocab_size:
            return None
        model = _load(run, head.config, options)
    except UserError as error:
        warnings.warn(f"the run is not compared with its checkpoint: {error}", stacklevel=2)
        return None
    config = head.config
    known = run.task.classes(list(config.id2label.values()), getattr(config, "slot_labels", ()))
    numbers = {}
    for output, names in run.classes.items():
        ordered = order_labels(names, known[output])
        if set(ordered) != set(names):
            return None
        numbers[output] = [ordered.index(name) for name in names]
    return model, numbers


def _load(run: TrainedRun, config: EncoderConfig, options: TrainingOptions) -> PreTrainedModel:
    with warnings.catch_warnings():
        # The run told of them when it started.
        warnings.simplefilter("ignore", UserWarning)
        return task_model_class(config.model_type, run.task.head).from_pretrained(
            options.pretrained or "", input_names=run.float_model.input_names
        )
