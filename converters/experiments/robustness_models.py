"""Loads the classifiers whose robustness is measured.

They are a run's float and int8 models, or a .tflite file, and beside them TF-IDF on the same
training texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from converters.inference.predictor import softmax
from converters.inference.text_classification_predictor import TextClassificationPredictor
from converters.tflite.inspection import list_operators
from converters.tflite.metadata import read_metadata
from converters.tflite.tflite_file import Model
from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.sources.evaluation_set import load_evaluation_set
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.evaluation.baselines import TfidfClassifier
from tfsqueeze.robustness.greedy_search import Predict
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.utils.errors import UserError

INT8, FLOAT, TFIDF = "int8 .tflite", "float Keras", "TF-IDF + logistic regression"


@dataclass
class RobustnessModels:
    """The classifiers of one task whose robustness is measured side by side.

    Args:
        predictors: functions from n texts to probabilities [n, labels], by the model's name.
        label_names: the labels in the order of the probabilities.
        words: the words of the model's embeddings; None where it has no table of them.
        dataset_name: the dataset of training, so that the same texts can be loaded again; None
            where it is not known.
        seed: of training, for the same reason.
        notes: sentences for the reader of the report.

    Example:
        >>> models = RobustnessModels({}, ["animals", "food"], None, "topics")
        >>> models.notes
        []
    """

    predictors: dict[str, Predict]
    label_names: list[str]
    words: NeighbourWords | None
    dataset_name: str | None
    seed: int = 0
    notes: list[str] = field(default_factory=list)


def load_models(path: Path) -> RobustnessModels:
    """Loads a run, which is converted to int8 for this, or a .tflite file.

    Args:
        path: the folder of a finished training run, or a .tflite file.

    Returns:
        The float and the int8 model of a run, or the model of the file.

    Raises:
        UserError: the path holds neither, or a model of another task than the classification of
            single texts.
    """
    if path.is_dir():
        return _load_run_models(path)
    metadata = read_metadata(path)
    _require_single_texts(path, metadata.task, metadata.pairs)
    classifier = TextClassificationPredictor.open(path)
    table = word_table(path, len(metadata.vocabulary))
    return RobustnessModels(
        {INT8: _tflite_predictor(classifier)},
        metadata.labels,
        None if table is None else NeighbourWords(metadata.vocabulary, table),
        metadata.extra.get("dataset"),
        metadata.extra.get("options", {}).get("seed", 0),
    )


def _require_single_texts(path, task, pairs):
    if task != TEXT_CLASSIFICATION.name or pairs:
        kind = "pairs of texts" if task == TEXT_CLASSIFICATION.name else task
        raise UserError(
            f"{path} is a model for {kind}; robustness is measured on classifiers of "
            "single texts so far"
        )


def _load_run_models(folder):
    from converters.conversion.runs import convert_run
    from tfsqueeze.training.batches import evaluation_batches, tokenize
    from tfsqueeze.training.trained_run import load_run

    run = load_run(folder)
    _require_single_texts(folder, run.task.name, run.reads_pairs)

    def float_probabilities(texts):
        ids = tokenize(run.tokenizer, list(texts))
        return softmax(run.float_model.predict(evaluation_batches(ids), verbose=0))

    table = run.float_model.get_layer("embeddings").word_embeddings.numpy()
    return RobustnessModels(
        {
            INT8: _tflite_predictor(TextClassificationPredictor.open(convert_run(run))),
            FLOAT: float_probabilities,
        },
        run.label_names,
        NeighbourWords(run.tokenizer.vocabulary, table),
        run.dataset_name,
        run.options.seed,
    )


def _tflite_predictor(classifier: TextClassificationPredictor) -> Predict:
    return lambda texts: np.array(
        [list(prediction.probabilities.values()) for prediction in classifier.predict(texts)]
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


def evaluation_texts(models: RobustnessModels, data: str | None, **columns: Any) -> TextDataset:
    """Returns the texts to measure on, and adds TF-IDF to the models.

    TF-IDF is fitted to the dataset that the model was trained on. Where that cannot be loaded, it
    is fitted to the training part of `data`; where `data` is a single file, it is left out. A note
    in `models` says so.

    Args:
        models: are measured.
        data: as `load_evaluation_set` takes it; None for the dataset of training.
        **columns: of tables, the `text_column`, the `label_column` and `keep_nan_labels`.

    Returns:
        The labelled texts.

    Raises:
        UserError: the texts cannot be loaded, or have other labels than the model.
    """
    name = models.dataset_name
    if data is None and name is None:
        raise UserError("the model does not say what it was trained on; name a dataset")
    splits, source, failure = None, None, None
    for source in dict.fromkeys((name, data)):
        if source is None or (source != name and Path(source).is_file()):
            continue
        try:
            # The seed is that of training, so that no text is one that the models learned from.
            splits = load_dataset(source, **columns, seed=models.seed)
            break
        except UserError as error:
            failure = failure or error
    if splits is None:
        if data is None:
            raise failure
        models.notes.append("Without TF-IDF, since the texts of training are not at hand.")
        return load_evaluation_set(data, **columns)
    tfidf = TfidfClassifier(splits.train, models.label_names)
    models.predictors[TFIDF] = tfidf.predict_probabilities
    if source != name:
        models.notes.append(f"TF-IDF is fitted to the training part of {Path(source).name}.")
    if data in (None, source):
        return splits.test or splits.validation
    return load_evaluation_set(data, **columns)
