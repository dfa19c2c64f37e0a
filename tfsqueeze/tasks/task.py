"""What a task is: its data, what its model's outputs stand for, and how they are read."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tfsqueeze.configs.encoder import EncoderConfig
from tfsqueeze.decoding.bio import repair_bio
from tfsqueeze.decoding.tag_sequences import best_sequences
from tfsqueeze.evaluation.classification import classification_metrics
from tfsqueeze.utils.errors import UserError

# The target of tokens that no loss and no metric counts; Hugging Face's number.
IGNORED = -100
_OUTSIDE = "O"
_TOKENIZE_AT_ONCE = 1024


@dataclasses.dataclass(frozen=True)
class Encodings:
    """Examples as a model reads them.

    inputs: int32 [examples, length] by the input's name.
    word_ids, word_counts: those of `WordEncodings`, where the task is about words.
    examples, offsets: those of `QuestionEncodings`, where an example may have several rows.
    masked_ids: int32 [rows, tokens]: the tokens that the masks of a row hide, `IGNORED` where
        there are no more.
    """

    inputs: dict[str, np.ndarray]
    word_ids: np.ndarray | None = None
    word_counts: np.ndarray | None = None
    examples: np.ndarray | None = None
    offsets: np.ndarray | None = None
    masked_ids: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.inputs["input_ids"])

    def take(self, count: int) -> Encodings:
        """All rows of the first examples, as many as asked for."""
        if self.examples is not None:
            count = int(np.searchsorted(self.examples, count))
        first = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        first = {
            name: value[:count]
            for name, value in first.items()
            if name != "inputs" and value is not None
        }
        return Encodings({name: value[:count] for name, value in self.inputs.items()}, **first)

    def select(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """The inputs of the names, in their order."""
        return {name: self.inputs[name] for name in names}


class Task(abc.ABC):
    """The base of the tasks, each of which has one instance in `tfsqueeze.tasks`.

    name: as `--task` and run.json have it.
    title: what a model of it is called.
    head: what the names of its model classes end with, after `For`.
    outputs: for each output of its models, in their order, what it decides: the class of a `text`,
        of each `word` or of each `token` that is asked about; a `place`, which of a row's tokens
        it is; or nothing but a `vector`.
    has_labels: whether its data have labels, which `id2label` names.
    has_teacher: whether its data are completed by a teacher of its own.
    verified_examples: how many examples a verification takes unless told; None for all.
    monitored: the Keras metrics, without `val_`, whose mean on validation chooses the epoch.
    scores: those of `metrics` that tables show.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    head: ClassVar[str]
    outputs: ClassVar[dict[str, str]]
    has_labels: ClassVar[bool] = True
    has_teacher: ClassVar[bool] = False
    verified_examples: ClassVar[int | None] = None
    monitored: ClassVar[tuple[str, ...]]
    scores: ClassVar[tuple[str, ...]]

    @abc.abstractmethod
    def load_splits(self, name_or_path: str, *, seed: int = 0, **columns: Any):
        """Loads the data to train on; `columns` are those of `load_dataset`, for tables of texts.

        Raises UserError where they cannot be read.
        """

    @abc.abstractmethod
    def load_evaluation_set(self, name_or_path: str, *, seed: int = 0, **columns: Any):
        """Loads one labelled file, or what `load_held_out` does."""

    def load_held_out(self, name_or_path: str, *, seed: int = 0, **columns: Any):
        """Loads the test part of `load_splits`; its validation part where it has no test part."""
        splits = self.load_splits(name_or_path, seed=seed, **columns)
        return splits.test or splits.validation

    def input_names(self, dataset) -> tuple[str, ...]:
        """The inputs of a model that is trained on a dataset."""
        return ("input_ids",)

    @abc.abstractmethod
    def configure(self, config: EncoderConfig, splits) -> EncoderConfig:
        """Returns the config with the names of the classes of the data.

        Raises UserError where the data are of another kind.
        """

    @property
    def names_outputs(self) -> bool:
        """Whether its models give a dict of outputs; else they give `logits` alone."""
        return list(self.outputs) != ["logits"]

    def completed(
        self,
        dataset,
        teacher: str | None = None,
        folder: Path | None = None,
        progress: Callable[[int, int], None] = lambda *_: None,
    ):
        """Returns the dataset with what a teacher adds to it, and by default as it is.

        teacher: its name or folder; the task's own by default. folder: where what it says is
        kept. progress: called with how many examples are done and how many there are.

        Raises UserError where there is no such teacher.
        """
        return dataset

    @abc.abstractmethod
    def classes(self, labels: Sequence[str], slots: Sequence[str]) -> dict[str, list[str]]:
        """The names of each output's classes, given those of `id2label` and of `slot_labels`."""

    @abc.abstractmethod
    def texts(self, dataset) -> list[str]:
        """The texts that a vocabulary can be learnt from."""

    @abc.abstractmethod
    def rows(self, tokenizer, dataset) -> Encodings:
        """Tokenizes a dataset, by a `WordPieceTokenizer` or a `DeviceTokenizer`."""

    def training_rows(self, tokenizer, dataset) -> Encodings:
        """As `rows`, in the form that models are trained on."""
        return self.rows(tokenizer, dataset)

    @abc.abstractmethod
    def targets(
        self, dataset, rows: Encodings, classes: Mapping[str, Sequence[str]]
    ) -> dict[str, np.ndarray]:
        """The class ids by output: int32 [examples] of texts, [examples, length] of words, with
        `IGNORED` at tokens other than the first of a word; of places int32 [rows], the tokens;
        of vectors float32 [rows, channels].

        Raises UserError where the dataset has none, or one without a name.
        """

    @abc.abstractmethod
    def metrics(
        self, dataset, predictions: Mapping[str, list], classes: Mapping[str, Sequence[str]]
    ) -> dict[str, Any]:
        """How good predictions, as `predictions` returns them, are; JSON-able.

        Raises UserError as `targets`.
        """

    def predictions(
        self,
        outputs: Mapping[str, np.ndarray],
        rows: Encodings,
        classes: Mapping[str, Sequence[str]],
    ) -> dict[str, list]:
        """Decodes logits, by output: a label for each text; or a tag for each word of each text,
        of the most probable sequences in which each I- continues a span, and O where the word was
        cut off."""
        return {
            name: decode_labels(outputs[name], classes[name])
            if kind == "text"
            else name_tags(best_tags(outputs[name], rows, classes[name]), rows, classes[name])
            for name, kind in self.outputs.items()
        }

    def counted(self, outputs: Mapping[str, np.ndarray], rows: Encodings) -> dict[str, np.ndarray]:
        """The logits that decide something, float [decisions, classes] by output: all of texts,
        those at the first token of words."""
        return {
            name: outputs[name] if kind == "text" else outputs[name][rows.word_ids >= 0]
            for name, kind in self.outputs.items()
        }

    def decisions(
        self, outputs: Mapping[str, np.ndarray], rows: Encodings
    ) -> dict[str, np.ndarray]:
        """What the logits decide, integers by what it is about: an array whose items along the
        first axis are equal where two models decide alike."""
        return {
            name: logits.argmax(axis=-1) for name, logits in self.counted(outputs, rows).items()
        }

    def monitored_value(self, logs: Mapping[str, float], prefix: str = "") -> float:
        """The mean of the monitored metrics among Keras' logs."""
        return sum(logs[prefix + name] for name in self.monitored) / len(self.monitored)


class WordTask(Task):
    """The base of the tasks whose data are sentences of words with tags, `TokenDataset`s."""

    @staticmethod
    @abc.abstractmethod
    def read_file(path: str):
        """Reads one labelled file. Raises UserError where it cannot."""

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        if Path(name_or_path).is_file():
            return self.read_file(name_or_path)
        return self.load_held_out(name_or_path, seed=seed)

    def texts(self, dataset):
        return [" ".join(words) for words in dataset.sentences]

    def rows(self, tokenizer, dataset):
        found = tokenizer.words(dataset.sentences)
        return Encodings(found.inputs, found.word_ids, found.word_counts)


def tokenized_texts(
    tokenizer, texts: Sequence[str], text_pairs: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """A tokenizer's inputs for any number of texts or pairs: int32 [texts, length] by name."""
    pieces = []
    for start in range(0, max(len(texts), 1), _TOKENIZE_AT_ONCE):
        part = slice(start, start + _TOKENIZE_AT_ONCE)
        pieces.append(tokenizer(texts[part], text_pairs and text_pairs[part]))
    return {
        name: np.concatenate([np.asarray(piece[name]) for piece in pieces]) for name in pieces[0]
    }


def label_metrics(dataset, predictions: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """The `classification_metrics` of predicted labels, whose names have the given order."""
    ids = {name: index for index, name in enumerate(names)}
    return classification_metrics(
        dataset.label_ids(names), [ids[name] for name in predictions], names
    )


def word_targets(dataset, rows: Encodings, names: Sequence[str]) -> np.ndarray:
    """The ids of the tags, as `repair_bio` has them, at the first token of each word, `IGNORED`
    elsewhere: int32 [n, length]."""
    targets = np.full_like(rows.word_ids, IGNORED)
    dataset.tag_ids(names)  # Its errors name the tags that the data have.
    repaired = dataclasses.replace(dataset, tags=[repair_bio(tags) for tags in dataset.tags])
    for row, word_ids, tag_ids in zip(targets, rows.word_ids, repaired.tag_ids(names), strict=True):
        first = word_ids >= 0
        row[first] = tag_ids[word_ids[first]]
    return targets


def require_kind(splits, kind: type, task: Task) -> None:
    """Raises UserError where the parts of a dataset are not of the kind that a task is for."""
    if not isinstance(splits.train, kind):
        raise UserError(
            f"{task.name} is trained on a {kind.__name__}, not on a "
            f"{type(splits.train).__name__}; load the data for this task"
        )


def tag_names(splits) -> list[str]:
    """The tags of a dataset's training part, with O among them; UserError where they are not
    B-, I- and O."""
    names = splits.tag_names
    try:
        repair_bio(names)
    except UserError as error:
        raise UserError(f"{splits.train.name}: {error}; only spans can be learnt") from None
    return names if _OUTSIDE in names else sorted([*names, _OUTSIDE])


def decode_labels(logits: np.ndarray, names: Sequence[str]) -> list[str]:
    """The most probable class of each text, of logits [texts, classes]."""
    return [names[index] for index in logits.argmax(axis=-1)]


def best_tags(logits: np.ndarray, rows: Encodings, names: Sequence[str]) -> np.ndarray:
    """The ids of the tags of logits [texts, length, classes], int [texts, length]: see
    `best_sequences`. They mean something at the first token of each word alone."""
    return best_sequences(logits, rows.word_ids >= 0, names)


def name_tags(best: np.ndarray, rows: Encodings, names: Sequence[str]) -> list[list[str]]:
    """The tags of the words of each text, given what `best_tags` returned: see `predictions`."""
    named = []
    for tag_ids, word_ids, count in zip(best, rows.word_ids, rows.word_counts, strict=True):
        tags = [_OUTSIDE] * count
        for place, index in zip(word_ids, tag_ids, strict=True):
            if place >= 0:
                tags[place] = names[index]
        named.append(repair_bio(tags))
    return named
