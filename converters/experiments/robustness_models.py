"""Loads the models whose robustness is measured, and the examples that it is measured on.

The models are a run's float and int8 models, or a .tflite file, and beside them the classical model
that fits the task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from converters.experiments.measured_models import MeasuredModel, PredictorModel
from converters.experiments.robustness_baselines import BASELINES
from converters.experiments.robustness_tasks import RobustnessTask, find_robustness_task
from converters.experiments.task_verdicts import TRUTHS
from converters.inference.predictor import Predictor
from converters.tflite.inspection import list_operators
from converters.tflite.metadata import read_metadata
from converters.tflite.tflite_file import Model
from tfsqueeze.data.datasets.dataset import Splits
from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.data.readers.file_patterns import is_file_or_pattern
from tfsqueeze.data.readers.pair_columns import with_text_pair_column
from tfsqueeze.data.sources.same_data import is_same_data
from tfsqueeze.tasks import TEXT_CLASSIFICATION, Task, find_task
from tfsqueeze.tasks.named_columns import check_columns
from tfsqueeze.utils.errors import UserError

INT8, FLOAT = "int8 .tflite", "float Keras"


@dataclass
class RobustnessModels:
    """The models of one task whose robustness is measured side by side.

    Args:
        models: the models by name.
        task: the task, with what predictions are decoded with.
        classes: the names of each output's classes.
        label_names: the labels in the order of the logits; none for a task without.
        reads_pairs: whether the models read pairs of texts.
        words: the words of the model's embeddings; None where it has no table of them.
        dataset_name: the dataset of training, so that the same examples can be loaded again; None
            where it is not known.
        seed: of training, for the same reason.
        teacher: the teacher of training; None where there was none.
        notes: sentences for the reader of the report.
    """

    models: dict[str, MeasuredModel]
    task: Task
    classes: Mapping[str, Sequence[str]]
    label_names: list[str]
    reads_pairs: bool
    words: NeighbourWords | None
    dataset_name: str | None
    seed: int = 0
    teacher: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def has_pairs(self) -> bool:
        """Whether pairs of texts are read from data that have them."""
        return self.reads_pairs or self.task.measures_pairs

    @property
    def measured(self) -> RobustnessTask:
        """What is measured of the task."""
        return find_robustness_task(self.task, self.reads_pairs)


def load_models(path: Path) -> RobustnessModels:
    """Loads a run, which is converted to int8 for this, or a .tflite file.

    Args:
        path: the folder of a finished training run, or a .tflite file.

    Returns:
        The float and the int8 model of a run, or the model of the file.

    Raises:
        UserError: the path holds neither, or a model of a task whose robustness is not measured.
    """
    if path.is_dir():
        return _load_run_models(path)
    metadata = read_metadata(path)
    scores = find_robustness_task(find_task(metadata.task), metadata.pairs).scores
    predictor = Predictor.open(path)
    table = word_table(path, len(metadata.vocabulary))
    options = metadata.extra.get("options", {})
    return RobustnessModels(
        {INT8: PredictorModel(predictor, scores)},
        predictor.task,
        predictor.classes,
        metadata.labels,
        metadata.pairs,
        None if table is None else NeighbourWords(metadata.vocabulary, table),
        metadata.extra.get("dataset"),
        options.get("seed", 0),
        options.get("teacher"),
    )


def _load_run_models(folder):
    from converters.conversion.runs import convert_run
    from converters.inference.float_model import open_float_model
    from tfsqueeze.training.trained_run import load_run

    run = load_run(folder)
    scores = find_robustness_task(run.task, run.reads_pairs).scores
    predictor = Predictor.open(convert_run(run))
    return RobustnessModels(
        {
            INT8: PredictorModel(predictor, scores),
            FLOAT: PredictorModel(open_float_model(run), scores),
        },
        predictor.task,
        predictor.classes,
        run.label_names,
        run.reads_pairs,
        NeighbourWords.of_model(run.tokenizer.vocabulary, run.float_model),
        run.dataset_name,
        run.options.seed,
        run.options.teacher,
    )


def word_table(model: Model, tokens: int) -> np.ndarray | None:
    """Returns a .tflite file's table of word embeddings.

    Args:
        model: the file.
        tokens: number of tokens of its vocabulary.

    Returns:
        float32 [tokens, channels], or None where no operator looks rows up in a constant of that
        many rows.
    """
    for operator in list_operators(model):
        if operator.name != "GATHER":
            continue
        table = operator.inputs[0]
        if table.is_constant and len(table.shape) == 2 and table.shape[0] == tokens:
            # One scale for the whole table, or none where it is float.
            (scale,) = table.scales or (1.0,)
            return np.float32(scale) * (table.values.astype(np.float32) - table.zero_point)
    return None


@dataclass(frozen=True)
class MeasuredData:
    """What models are measured on.

    Args:
        test: the labelled examples, with the names that the models give the labels.
        train: what a classical model may learn from; None if it is not at hand.
        source: the name or path of the dataset that `train` is a part of.
    """

    test: Any
    train: Any = None
    source: str | None = None


def load_data(models: RobustnessModels, data: str | None, **columns: Any) -> MeasuredData:
    """Loads what models are measured on.

    What a classical model may learn from is the dataset that the models were trained on. If that
    cannot be loaded, it is the training part of `data`, unless that is a single file.

    Args:
        models: are measured.
        data: as `TaskData.load_evaluation_set` takes it; None for the dataset of training.
        **columns: those of `TaskData.load_splits`, as the user gave them.

    Raises:
        UserError: the examples cannot be loaded, or not with such columns.
    """
    name = data or models.dataset_name
    if name is not None:
        check_columns(models.task, name, **columns)
    splits, source = _load_splits(models, data, columns)
    if splits is not None and (data is None or is_same_data(data, source)):
        test = splits.test or splits.validation
    else:
        columns = with_text_pair_column(columns, data, models.has_pairs)
        test = models.task.data.load_evaluation_set(data, seed=models.seed, **columns)
    return MeasuredData(
        models.task.name_labels(test, models.classes),
        None if splits is None else models.task.name_labels(splits.train, models.classes),
        source,
    )


def _load_splits(
    models: RobustnessModels, data: str | None, columns: Mapping[str, Any]
) -> tuple[Splits | None, str | None]:
    """Loads the dataset of training, or else `data`.

    Returns:
        The splits and their name or path; None twice where neither can be loaded, and `data` may
        be a file.

    Raises:
        UserError: there is no `data`, and the dataset of training cannot be loaded.
    """
    if data is None and models.dataset_name is None:
        raise UserError("the model does not say what it was trained on; name a dataset")
    failures = []
    for source in dict.fromkeys((models.dataset_name, data)):
        # All of a single file is measured on, unless the model was trained on a part of it.
        is_whole = not is_same_data(source, models.dataset_name)
        if source is None or (is_whole and is_file_or_pattern(source)):
            continue
        try:
            # The seed is that of training, so that no example is one that the models learned from.
            found = with_text_pair_column(columns, source, models.has_pairs)
            splits = models.task.data.load_splits(source, seed=models.seed, **found)
        except UserError as error:
            failures.append(error)
        else:
            return splits, source
    if data is None:
        raise failures[0]
    return None, None


def add_baseline(models: RobustnessModels, data: MeasuredData) -> None:
    """Adds the classical model that fits the task, or a note that says why there is none.

    Args:
        models: are measured.
        data: what they are measured on.

    Raises:
        UserError: the training examples have labels that the models lack.
    """
    baseline = BASELINES.get(models.task.name)
    if baseline is None:
        return
    name, noun = baseline.short_name, models.measured.kind.noun
    if baseline.package and find_spec(baseline.package.replace("-", "_")) is None:
        models.notes.append(
            f"Without {name}, since {baseline.package} is not installed "
            "(pip install 'tfsqueeze[baselines]')."
        )
        return
    if baseline.learns_labels and data.train is None:
        models.notes.append(f"Without {name}, since the {noun}s of training are not at hand.")
        return
    examples = data.train if baseline.learns_labels else data.test
    models.models[baseline.title] = baseline(
        examples, models.task, models.classes, models.measured.scores
    )
    if baseline.learns_labels and not is_same_data(data.source, models.dataset_name):
        models.notes.append(
            f"{_capitalized(name)} is fitted to the training part of "
            f"{Path(data.source or '').name}."
        )


def _capitalized(words: str) -> str:
    return words[:1].upper() + words[1:]


def checked_examples(models: RobustnessModels, examples: Any) -> Any:
    """Returns examples that the models can be measured on, with a teacher's vectors if need be.

    Args:
        models: are measured.
        examples: some of the `test` of `load_data`.

    Raises:
        UserError: the examples are for another task, or have labels that the models lack.
    """
    models.task.check_dataset(examples, models.classes, models.reads_pairs)
    return models.task.training.add_teacher_targets(examples, models.teacher)


def truths(models: RobustnessModels, examples: Any) -> list[Any]:
    """Returns what the report of an attack calls the truth of each example.

    Args:
        models: are measured.
        examples: what they are measured on.

    Returns:
        Texts; None for labels that the models lack, and for tasks that are not attacked.
    """
    truth = TRUTHS.get(models.task.name)
    if truth is None:
        return [None] * len(examples)
    known = truth.truths(examples)
    if models.task.name == TEXT_CLASSIFICATION.name:
        return [label if label in models.label_names else None for label in known]
    return [truth.text(value) for value in known]
