"""Predictions from one packed .tflite file and nothing else."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from converters.runtime.interpreters import Runtime, TFLiteModel, open_model
from converters.tflite.model_metadata import ModelMetadata
from converters.tflite.signature_names import PROBABILITY
from converters.tflite.tflite_file import Model, TFLiteFile
from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.evaluation.confidence import (
    energy_auroc,
    expected_calibration_error,
    out_of_scope_auroc,
)
from tfsqueeze.tasks import Encodings, Task, find_task
from tfsqueeze.tasks.outputs import softmax
from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.wording import with_article

if TYPE_CHECKING:
    from typing import Self

    from tfsqueeze.data.datasets.text_dataset import TextDataset

TEXTS_PER_BATCH = 256


class Predictor:
    """The base of the predictors, one for each task; `Predictor.open` makes the right one.

    Threads may share a predictor: the network runs for one at a time. After a fork the new process
    opens the file again.

    Args:
        model: the opened network.
        metadata: what the file says of it.

    Attributes:
        task: the task that the predictor is for, with what the file says for decoding.
        metadata: what the file says of the model.
        max_length: how many tokens the model reads of each text, special tokens included. A file
            for several lengths runs each text at the shortest length that holds it.
        classes: the names of each output's classes.

    Raises:
        UserError: the file is for another task, or its inputs do not fit.

    Example:
        >>> import tfsqueeze
        >>> predictor = tfsqueeze.Predictor.open("model.tflite")  # doctest: +SKIP
        >>> predictor("what will the weather be tomorrow")  # doctest: +SKIP
        >>> predictor.predict(["rain", "will it snow"])  # doctest: +SKIP
    """

    # The SHA-256 of the file that it was opened from; empty where there is none.
    digest = ""
    # A class has its task; an instance the one with what its file decodes with.
    task: Task
    # How many examples are run together in an evaluation.
    _examples_per_batch: ClassVar[int] = TEXTS_PER_BATCH
    # Subclasses by the name of their task.
    _classes: ClassVar[dict[str, type[Predictor]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Registers the predictor for its task."""
        super().__init_subclass__(**kwargs)
        if "task" in vars(cls):
            Predictor._classes[cls.task.name] = cls

    def __init__(self, model: TFLiteModel, metadata: ModelMetadata) -> None:
        if metadata.task != self.task.name:
            raise UserError(
                f"the model is for {metadata.task}, not for {self.task.name}; "
                "open it with Predictor.open"
            )
        shapes = {detail.name: detail.shape for detail in model.input_details}
        if len(shapes.get("input_ids", ())) != 2:
            raise UserError(
                f"the model's inputs are {shapes}; {with_article(self.task.title)} takes "
                "input_ids [1, length]"
            )
        self.task = self.task.with_decoding(metadata.decoding, metadata.labels)
        self.metadata = metadata
        self.max_length = shapes["input_ids"][1]
        self.classes = self.task.classes(metadata.labels, metadata.slots)
        self._input_names = list(shapes)
        self._by_length = dict(sorted(model.by_length.items())) or {self.max_length: model}
        # A single output is the task's, whatever another converter named it.
        details = (
            {detail.name: detail for detail in model.output_details}
            if len(self.task.outputs) > 1
            else {next(iter(self.task.outputs)): model.output_details[0]}
        )
        self._gives_probabilities = [d.name for d in model.output_details] == [PROBABILITY]
        self._output_shapes = {
            name: output.device_shape(self.max_length, details[name].shape[-1])
            for name, output in self.task.outputs.items()
        }
        tokenizer = {**metadata.tokenizer, "model_max_length": self.max_length}
        self._tokenizer = DeviceTokenizer.from_settings(tokenizer, metadata.vocabulary)

    @classmethod
    def open(cls, model: Model, runtime: Runtime = "litert", num_threads: int = 1) -> Self:
        """Opens a packed .tflite file with the predictor of its task.

        Args:
            model: the file's path, its bytes, or a `TFLiteFile`.
            runtime: `litert` or `tflite-runtime`.
            num_threads: threads of the runtime.

        Raises:
            UserError: the file is damaged, carries no labels and vocabulary, or is for another
                task than the class; or the runtime is not installed.
        """
        file = TFLiteFile.open(model)
        # A file of another tool is refused before a runtime sees it.
        metadata = file.metadata
        chosen = cls if hasattr(cls, "task") else predictor_class(metadata.task)
        predictor = chosen(open_model(file, runtime, num_threads=num_threads), metadata)
        predictor.digest = file.digest
        return predictor

    def predict(self, *inputs: Any, **options: Any) -> list[Any]:
        """Returns a prediction for each input; the predictor of each task says which it takes."""
        raise NotImplementedError

    def __call__(self, *inputs: str, **options: Any) -> Any:
        """Returns the prediction for one text, or for the two texts of a pair or a question.

        Args:
            *inputs: the text; or the first and the second text; or the question and the context.
            **options: those of `predict`.

        Raises:
            UserError: as `predict`.
        """
        (prediction,) = self.predict(*([text] for text in inputs), **options)
        return prediction

    def evaluate(
        self,
        dataset: Any,
        progress: Callable[[int, int], None] = lambda *_: None,
        *,
        out_of_scope: TextDataset | None = None,
    ) -> dict[str, Any]:
        """Returns the metrics of the task on a labelled dataset.

        Args:
            dataset: a labelled dataset of the task.
            progress: called with how many examples are done, and of how many.
            out_of_scope: texts that have none of the labels.

        Returns:
            The metrics of `Task.metrics`; for a task that labels texts also
            `expected_calibration_error`; for a dataset with languages also `per_language`, the
            task's scores for each. With `out_of_scope` texts there is an entry of that name: how
            many `texts` there are, and how well the model tells them from the dataset's, in 0..1:
            `auroc` by the highest probability, and `energy_auroc`.

        Raises:
            UserError: the dataset is for another task, or more than a few of its examples have
                labels that the model lacks; or there are texts out of scope, and the model does not
                label texts.
        """
        dataset = self.task.name_labels(dataset, self.classes)
        self.task.check_dataset(dataset, self.classes, self.metadata.pairs)
        teacher = self.metadata.extra.get("options", {}).get("teacher")
        dataset = self.task.training.add_teacher_targets(dataset, teacher)
        label_output = self.task.label_output
        if out_of_scope is not None and label_output is None:
            raise UserError(
                f"{with_article(self.task.title)} does not label texts, so no text can be out of "
                "scope"
            )
        if out_of_scope is not None and self._gives_probabilities:
            raise UserError(
                "the file gives probabilities, and the energy of a text is of logits; evaluate a "
                "file that was converted without --signature"
            )
        predictions: dict[str, list] = {}
        label_logits = []
        for encodings, logits, done in self.run_in_batches(dataset):
            for name, values in self.task.decode(logits, encodings, self.classes).items():
                predictions.setdefault(name, []).extend(values)
            if label_output is not None:
                label_logits.append(logits[label_output])
            progress(done, len(dataset))
        metrics = self.task.metrics(dataset, predictions, self.classes)
        if label_output is not None:
            label_logits = np.concatenate(label_logits)
            metrics["expected_calibration_error"] = expected_calibration_error(
                softmax(label_logits), dataset.label_ids(self.classes[label_output], UNKNOWN_ID)
            )
        if out_of_scope is not None:
            others = np.concatenate(
                [
                    logits[label_output]
                    for _, logits, _ in self.run_in_batches(self._unlabelled(out_of_scope))
                ]
            )
            metrics["out_of_scope"] = {
                "texts": len(out_of_scope),
                "auroc": out_of_scope_auroc(softmax(label_logits), softmax(others)),
                "energy_auroc": energy_auroc(label_logits, others),
            }
        languages = getattr(dataset, "languages", None)
        if languages is not None:
            metrics["per_language"] = {
                language: self._scores(
                    dataset,
                    predictions,
                    [row for row, one in enumerate(languages) if one == language],
                )
                for language in sorted(set(languages))
            }
        return metrics

    def _scores(self, dataset, predictions, rows) -> dict[str, Any]:
        """Returns the task's scores on some of the examples."""
        metrics = self.task.metrics(
            dataset.take(rows),
            {name: [values[row] for row in rows] for name, values in predictions.items()},
            self.classes,
        )
        return {
            "examples": len(rows),
            **{score.name: metrics[score.name] for score in self.task.scores},
        }

    def run_in_batches(
        self, dataset: Any
    ) -> Iterator[tuple[Encodings, dict[str, np.ndarray], int]]:
        """Yields the encodings, the logits and the number of examples done, batch by batch.

        Args:
            dataset: a dataset of the task.
        """
        for start in range(0, len(dataset), self._examples_per_batch):
            stop = min(start + self._examples_per_batch, len(dataset))
            yield *self._run(dataset.take(range(start, stop))), stop

    def _unlabelled(self, texts: TextDataset) -> Any:
        """Returns texts without labels as the dataset that the model reads."""
        raise NotImplementedError

    def _run(self, dataset: Any, **options: Any) -> tuple[Encodings, dict[str, np.ndarray]]:
        """Runs the model on a dataset.

        Args:
            dataset: the dataset.
            **options: those of the task's `encode`.

        Returns:
            The encodings, and the dequantized logits of each output; they are 0 past the length
            of the model that a row was run with.
        """
        encodings = self.task.encode(self._tokenizer, dataset, **options)
        return encodings, self._logits(encodings.inputs)

    def _logits(self, encoded: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns the dequantized logits of each output for rows of tokens."""
        lengths = encoded["attention_mask"].sum(axis=1)
        logits = {
            name: np.zeros((len(lengths), *shape), np.float32)
            for name, shape in self._output_shapes.items()
        }
        shorter = 0
        # Each text runs with the shortest model that has room for it.
        for length, model in self._by_length.items():
            chosen = np.flatnonzero((lengths > shorter) & (lengths <= length))
            inputs = {name: values[chosen, :length] for name, values in self._read(encoded)}
            for name, values in self._invoke(model, inputs).items():
                if self.task.outputs[name].has_token_logits:
                    logits[name][chosen, :length] = values
                else:
                    logits[name][chosen] = values
            shorter = length
        return logits

    def _read(self, inputs: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
        """Yields the names and the rows of those inputs of a text that the model reads."""
        for name in self._input_names:
            if name not in inputs:
                raise UserError(
                    f"the model reads {name}, and {with_article(self.task.title)} has "
                    f"{', '.join(inputs)}; "
                    "convert the trained model again"
                )
            yield name, inputs[name]

    def _invoke(self, model: TFLiteModel, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs rows, and checks that the logits are numbers: weights may be so large that none are.

        Raises:
            UserError: a logit is not finite.
        """
        if len(self.task.outputs) > 1:
            outputs = model.predict(inputs)
        else:
            # A single output is the task's, whatever another converter named it.
            values = model.predict_logits(inputs)
            ((name, output),) = self.task.outputs.items()
            if self._gives_probabilities:
                values = output.to_logits(values)
            outputs = {name: values}
        for name, values in outputs.items():
            if not np.isfinite(values).all():
                raise UserError(
                    f"the model's {name} are not finite numbers; the file is damaged, or its "
                    "training diverged: convert it again, or train it again"
                )
        return outputs

    def _labels(self, output: str, logits: np.ndarray) -> list[dict[str, Any]]:
        """Returns the most probable class of each text, and the probability of every class."""
        names, labels = self.classes[output], []
        for probabilities in softmax(logits):
            best = int(probabilities.argmax())
            labels.append(
                {
                    "label": names[best],
                    "probability": float(probabilities[best]),
                    "probabilities": dict(zip(names, probabilities.tolist(), strict=True)),
                }
            )
        return labels


def predictor_class(task_name: str) -> type[Predictor]:
    """Returns the class of the predictors of a task.

    Raises:
        UserError: there is no such task.
    """
    name = find_task(task_name).name
    if name not in Predictor._classes:
        importlib.import_module(f"converters.inference.{name.replace('-', '_')}_predictor")
    return Predictor._classes[name]


def checked_texts(texts: Iterable[str], what: str = "text") -> list[str]:
    """Returns a list of the texts.

    Args:
        texts: the texts.
        what: what one of them is called in messages.

    Raises:
        UserError: `texts` is a single string, or holds something that is not a string.
    """
    if isinstance(texts, (str, bytes, os.PathLike)):
        raise UserError(f"predict takes a list of {what}s, not a single one; put it in a list")
    texts = list(texts)
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise UserError(f"{what} {index} is {text!r}, not a string")
    return texts
