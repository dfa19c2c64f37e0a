"""Predictions from one packed .tflite file and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from converters.runtime.interpreters import TFLiteModel, open_model
from converters.tflite.metadata import ModelMetadata, read_metadata
from converters.tflite.tflite_file import Model
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.decoding.bio import bio_spans
from tfsqueeze.evaluation.confidence import (
    energy_auroc,
    expected_calibration_error,
    out_of_scope_auroc,
)
from tfsqueeze.tasks import (
    Encodings,
    Task,
)
from tfsqueeze.tasks.task import best_tags, name_tags
from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.words import locate_words, split_words
from tfsqueeze.utils.errors import UserError

BATCH = 256  # texts tokenized at once


@dataclass(frozen=True)
class Entity:
    """A span of a text, as a named entity or a slot: its characters from `start` to before `end`.

    `score` is the mean, over its words, of the probability of the tag that the word has.
    """

    text: str
    type: str
    start: int
    end: int
    score: float


class Predictor:
    """What the predictors of all tasks share; made by `from_file` or `open_predictor`.

    Attributes:
        metadata: what `converters.tflite.metadata.read_metadata` found in the file.
        max_length: tokens that the model reads of each text, special tokens included. A file for
            several lengths runs each text at the shortest that holds it.
        classes: the names of each output's classes.

    Raises:
        UserError: the file is of another task, or its inputs do not fit.
    """

    task: ClassVar[Task]
    _evaluated_at_once: ClassVar[int] = BATCH

    def __init__(self, model: TFLiteModel, metadata: ModelMetadata) -> None:
        if metadata.task != self.task.name:
            raise UserError(
                f"the model is for {metadata.task}, not for {self.task.name}; "
                "open it with open_predictor"
            )
        shapes = {detail.name: detail.shape for detail in model.input_details}
        if len(shapes.get("input_ids", ())) != 2:
            raise UserError(
                f"the model's inputs are {shapes}; a {self.task.title} takes input_ids [1, length]"
            )
        self.metadata = metadata
        self.max_length = shapes["input_ids"][1]
        self.classes = self.task.classes(metadata.labels, metadata.slots)
        self._input_names = list(shapes)
        self._by_length = dict(sorted(model.by_length.items())) or {self.max_length: model}
        tokenizer = {**metadata.tokenizer, "model_max_length": self.max_length}
        self._tokenizer = DeviceTokenizer.from_settings(tokenizer, metadata.vocabulary)

    @classmethod
    def from_file(cls, path: Model, runtime: str | None = None, num_threads: int = 1) -> Predictor:
        """Opens a packed .tflite file (a path, or its bytes).

        Args:
            runtime: "litert" or "tflite-runtime"; LiteRT by default.
            num_threads: threads of the runtime.

        Raises:
            UserError: the file is damaged, carries no labels and vocabulary or is of another
                task, or the runtime is not installed.
        """
        metadata = read_metadata(path)
        return cls(open_model(path, runtime or "litert", num_threads=num_threads), metadata)

    def evaluate(
        self,
        dataset,
        progress: Callable[[int, int], None] = lambda *_: None,
        *,
        out_of_scope: TextDataset | None = None,
    ) -> dict[str, Any]:
        """The metrics of the task (see `Task.metrics`) on a labelled dataset.

        Of texts with labels also `expected_calibration_error`; where the dataset says languages
        also `per_language`, the task's scores of each.

        progress: called with how many examples are done, and of how many.
        out_of_scope: texts of no label. `out_of_scope` then has how many there are and how well
            the model tells them from the dataset's, 0..1: `auroc` by the highest probability and
            `energy_auroc`.

        Raises:
            UserError: the dataset is not of the task, or has labels that the model does not know;
                or there are texts out of scope and the model does not label texts.
        """
        self._check(dataset)
        dataset = self.task.completed(
            dataset, self.metadata.extra.get("options", {}).get("teacher")
        )
        output = next((name for name, kind in self.task.outputs.items() if kind == "text"), None)
        if out_of_scope is not None and output is None:
            raise UserError(f"a {self.task.title} labels no texts, so that none is out of scope")
        found: dict[str, list] = {}
        label_logits = []
        for rows, logits, done in self._parts(dataset):
            for name, values in self.task.predictions(logits, rows, self.classes).items():
                found.setdefault(name, []).extend(values)
            if output is not None:
                label_logits.append(logits[output])
            progress(done, len(dataset))
        metrics = self.task.metrics(dataset, found, self.classes)
        if output is not None:
            label_logits = np.concatenate(label_logits)
            metrics["expected_calibration_error"] = expected_calibration_error(
                softmax(label_logits), dataset.label_ids(self.classes[output])
            )
        if out_of_scope is not None:
            others = np.concatenate(
                [logits[output] for _, logits, _ in self._parts(self._as_read(out_of_scope))]
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
                    dataset, found, [row for row, one in enumerate(languages) if one == language]
                )
                for language in sorted(set(languages))
            }
        return metrics

    def _scores(self, dataset, found, rows) -> dict[str, Any]:
        """The task's scores on some of the examples."""
        metrics = self.task.metrics(
            dataset.take(rows),
            {name: [values[row] for row in rows] for name, values in found.items()},
            self.classes,
        )
        return {"examples": len(rows), **{name: metrics[name] for name in self.task.scores}}

    def _parts(self, dataset):
        """Some of the examples after the other: their rows, logits, and how many are done."""
        for start in range(0, len(dataset), self._evaluated_at_once):
            part = dataset.take(range(start, min(start + self._evaluated_at_once, len(dataset))))
            yield *self._run(part), start + len(part)

    def _as_read(self, texts: TextDataset):
        """Texts without labels as the dataset that the model reads."""
        return TokenDataset(texts.name, [split_words(text) for text in texts.texts])

    def _check(self, dataset) -> None:
        """Raises UserError for a dataset that the model cannot be evaluated on."""
        if not isinstance(dataset, TokenDataset):
            raise UserError(
                f"{dataset.name} has no words with tags; the model is for {self.task.name}"
            )
        *_, tags = self.classes.values()
        dataset.tag_ids(tags)

    def _run(self, dataset, **options: Any) -> tuple[Encodings, dict[str, np.ndarray]]:
        """The dataset as rows, and the dequantized logits of each output; past the end of a row's
        model they are 0.

        options: of the task's `rows`.
        """
        rows = self.task.rows(self._tokenizer, dataset, **options)
        lengths = rows.inputs["attention_mask"].sum(axis=1)
        logits = {
            name: np.zeros((len(rows), *self._output_shape(name, kind)), np.float32)
            for name, kind in self.task.outputs.items()
        }
        shorter = 0
        # Each text by the shortest model that has room for it.
        for length, model in self._by_length.items():
            chosen = np.flatnonzero((lengths > shorter) & (lengths <= length))
            inputs = {name: rows.inputs[name][chosen, :length] for name in self._input_names}
            for name, values in self._predict(model, inputs).items():
                if self.task.outputs[name] in ("word", "place"):
                    logits[name][chosen, :length] = values
                else:
                    logits[name][chosen] = values
            shorter = length
        return rows, logits

    def _output_shape(self, name: str, kind: str) -> tuple[int, ...]:
        """That of one row, at the longest length."""
        return (
            *(() if kind == "text" else (self.max_length,)),
            *(() if kind == "place" else (len(self.classes[name]),)),
        )

    def _predict(self, model: TFLiteModel, inputs) -> dict[str, np.ndarray]:
        if self.task.names_outputs:
            return model.predict(inputs)
        # A single output is the logits, whatever another converter named it.
        return {next(iter(self.task.outputs)): model.predict_logits(inputs)}

    def _labels(self, output: str, logits: np.ndarray) -> list[dict[str, Any]]:
        """The most probable class of each text, and the probability of every class."""
        names, found = self.classes[output], []
        for probabilities in softmax(logits):
            best = int(probabilities.argmax())
            found.append(
                {
                    "label": names[best],
                    "probability": float(probabilities[best]),
                    "probabilities": dict(zip(names, probabilities.tolist(), strict=True)),
                }
            )
        return found

    def _tagged(self, texts: Iterable[str], output: str):
        """Some of the texts after the other: them, their logits by output, and the entities that
        one output finds in each."""
        texts = checked_texts(texts)
        for start in range(0, len(texts), BATCH):
            part = texts[start : start + BATCH]
            located = [locate_words(text) for text in part]
            rows, logits = self._run(
                TokenDataset("texts", [[word for word, _, _ in words] for words in located])
            )
            yield part, logits, self._entities(output, part, located, rows, logits[output])

    def _entities(
        self,
        output: str,
        texts: Sequence[str],
        located: Sequence,
        rows: Encodings,
        logits: np.ndarray,
    ) -> list[list[Entity]]:
        """The spans of each text, given its words with their places."""
        names = self.classes[output]
        best = best_tags(logits, rows, names)
        probabilities = np.take_along_axis(softmax(logits), best[:, :, None], axis=-1)[:, :, 0]
        found = []
        for text, words, row_tags, word_ids, row in zip(
            texts, located, name_tags(best, rows, names), rows.word_ids, probabilities, strict=True
        ):
            scores = row[word_ids >= 0]
            entities = []
            for first, last, kind in bio_spans(row_tags):
                start, end = words[first][1], words[last - 1][2]
                entities.append(
                    Entity(text[start:end], kind, start, end, float(scores[first:last].mean()))
                )
            found.append(entities)
        return found


def checked_texts(texts: Iterable[str], what: str = "text") -> list[str]:
    """Returns a list of the texts. Raises UserError for a single string and for what is none.

    what: what one of them is.
    """
    if isinstance(texts, (str, bytes, os.PathLike)):
        raise UserError(f"predict takes a list of {what}s, not a single one; put it in a list")
    texts = list(texts)
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise UserError(f"{what} {index} is {text!r}, not a string")
    return texts


def softmax(logits: np.ndarray) -> np.ndarray:
    """Returns the probabilities of logits: float64 of the same shape, the last axis sums to 1."""
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
