"""Examples as the arrays that a run is trained on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.language_balance import balanced_rows
from tfsqueeze.tasks import Encodings, Task
from tfsqueeze.tasks.encodings import IGNORE_INDEX
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.encoded_files import (
    digest_of_parts,
    digest_of_values,
    read_encoded,
    write_encoded,
)
from tfsqueeze.training.examples import Examples
from tfsqueeze.training.ragged_rows import PaddedRows, RaggedRows
from tfsqueeze.training.run_folder import Seconds
from tfsqueeze.training.teacher import Teacher

_ORIGINS = "origins"
# Of a dataset on disk, what is tokenized at a time.
_EXAMPLES_OF_PART = 65_536


@dataclasses.dataclass(frozen=True)
class EncodedExamples:
    """The rows that a model is trained on.

    Args:
        inputs: int32 [rows, length] by the input's name; `RaggedRows` of a dataset on disk.
        targets: by the output's name, in the form that its `Output` describes; `RaggedRows` where
            each token of a dataset on disk has a target.
        origins: int [rows], the `Origin` of the example that each row is of.
        teacher_logits: what `Teacher.logits` returns; None without a teacher.
    """

    inputs: dict[str, Any]
    targets: dict[str, Any]
    origins: np.ndarray
    teacher_logits: dict[str, np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self.origins)

    def take(self, rows: np.ndarray) -> EncodedExamples:
        """Returns some of the rows, by their numbers."""

        def taken(arrays):
            return {name: array[rows] for name, array in arrays.items()}

        return EncodedExamples(
            taken(self.inputs),
            taken(self.targets),
            self.origins[rows],
            None if self.teacher_logits is None else taken(self.teacher_logits),
        )


def keras_targets(task: Task, targets: Mapping[str, np.ndarray]) -> Any:
    """Returns targets as Keras takes them: a dict where the model returns one, else an array."""
    if task.returns_dict:
        return dict(targets)
    (array,) = targets.values()
    return array


def encode_dataset(
    dataset: Any,
    task: Task,
    tokenizer: WordPieceTokenizer,
    classes: Mapping[str, Sequence[str]],
) -> tuple[Encodings, dict[str, np.ndarray]]:
    """Tokenizes a dataset for training and makes its targets.

    Returns:
        The encodings, and the targets by the output's name.
    """
    encodings = task.training.encode(tokenizer, dataset)
    return encodings, task.training.targets(dataset, encodings, classes)


def encode_examples(
    examples: Examples,
    task: Task,
    tokenizer: WordPieceTokenizer,
    classes: Mapping[str, Sequence[str]],
    input_names: Sequence[str],
    *,
    teacher: Teacher | None,
    folder: Path,
    seconds: Seconds,
    seed: int,
    encoded_folder: Path,
    data_digest: str | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> EncodedExamples:
    """Tokenizes examples, makes their targets, and asks the teacher about them.

    Args:
        examples: the examples of a run.
        task: the task.
        tokenizer: the student's tokenizer.
        classes: the names of each output's classes.
        input_names: the inputs that the model takes.
        teacher: gives logits to learn from, and the targets of unlabelled examples.
        folder: keeps the teacher's logits.
        seconds: takes the time of `tokenization` and of `teacher`.
        seed: fixes which rows are left out; see `TaskTraining.training_rows`.
        encoded_folder: keeps the rows of a dataset on disk, so that a run that was interrupted need
            not tokenize again.
        data_digest: the digest of the data that a dataset on disk is the training part of, so that
            its texts are not read for another one; by default one of the dataset is made.
        progress: called with how many texts the teacher has read, and of how many.
    """
    if examples.dataset.is_on_disk:
        with seconds.of("tokenization"):
            digest = digest_of_values(
                {
                    "data": data_digest or digest_of_parts(examples.dataset),
                    "task": task.name,
                    "vocabulary": tokenizer.vocabulary,
                    "max_length": tokenizer.max_length,
                    "classes": {name: list(names) for name, names in classes.items()},
                    "input_names": list(input_names),
                    "seed": seed,
                }
            )
            found = read_encoded(encoded_folder, digest)
            if found is None:
                encoded = _encode_in_parts(examples, task, tokenizer, classes, input_names, seed)
                columns = {**encoded.inputs, **encoded.targets, _ORIGINS: encoded.origins}
                write_encoded(encoded_folder, digest, columns)
                del encoded, columns
                found = read_encoded(encoded_folder, digest)
            assert found is not None
            origins = found.pop(_ORIGINS)
            inputs = {name: found.pop(name) for name in input_names}
            logits = _kept_logits(examples.dataset, classes)
            return _with_balance(EncodedExamples(inputs, found, origins, logits), examples, task)
    with seconds.of("tokenization"):
        encodings, targets = encode_dataset(examples.dataset, task, tokenizer, classes)
    teacher_logits = None
    if teacher is not None:
        with seconds.of("teacher"):
            dataset, example_ids = examples.teacher_dataset()
            teacher_logits = teacher.logits(dataset, encodings, example_ids, folder, progress)
        unlabelled = examples.lack_labels
        if unlabelled.any():
            # The metrics of training compare with these; the loss reads the logits alone.
            for name, output in task.outputs.items():
                targets[name][unlabelled] = output.targets_of_logits(
                    teacher_logits[name][unlabelled]
                )
    origins = examples.origins
    if encodings.example_ids is not None:
        origins = origins[encodings.example_ids]
    encoded = EncodedExamples(encodings.select(input_names), targets, origins, teacher_logits)
    rows = task.training.training_rows(examples.dataset, encodings, targets, seed)
    if len(rows) < len(encoded):
        return encoded.take(rows)
    return _with_balance(encoded, examples, task)


def _with_balance(encoded: EncodedExamples, examples: Examples, task: Task) -> EncodedExamples:
    """Returns rows of which those of rare languages are there several times."""
    languages = getattr(examples.dataset, "languages", None)
    if languages is None or len(languages) != len(encoded):
        # Pairs take two rows each, and windows of questions have no languages.
        return encoded
    rows = balanced_rows(languages[:])
    return encoded if len(rows) == len(encoded) else encoded.take(rows)


def _kept_logits(
    dataset: Any, classes: Mapping[str, Sequence[str]]
) -> dict[str, np.ndarray] | None:
    """Returns the logits of a teacher that a dataset holds, in the order of the classes.

    Those of a class that the teacher does not know are NaN.
    """
    logits = getattr(dataset, "teacher_logits", None)
    if logits is None:
        return None
    ((output, names),) = classes.items()
    known = dataset.labels.names
    if list(names) == list(known):
        return {output: logits}
    ordered = np.full((len(logits), len(names)), np.nan, logits.dtype)
    for column, name in enumerate(names):
        if name in known:
            ordered[:, column] = logits[:, known.index(name)]
    return {output: ordered}


def _encode_in_parts(
    examples: Examples,
    task: Task,
    tokenizer: WordPieceTokenizer,
    classes: Mapping[str, Sequence[str]],
    input_names: Sequence[str],
    seed: int,
) -> EncodedExamples:
    """Does what `encode_examples` does, without a teacher, for a dataset on disk."""
    targets: dict[str, list[np.ndarray]] = {}
    origins: list[np.ndarray] = []

    def parts() -> Iterator[dict[str, PaddedRows]]:
        for start in range(0, len(examples), _EXAMPLES_OF_PART):
            numbers = range(start, min(start + _EXAMPLES_OF_PART, len(examples)))
            part = examples.dataset.take(numbers)
            encodings, found = encode_dataset(part, task, tokenizer, classes)
            rows = task.training.training_rows(part, encodings, found, seed)
            of_rows = rows if encodings.example_ids is None else encodings.example_ids[rows]
            origins.append(examples.origins[start + of_rows])
            padded = _padded_inputs(encodings, input_names, tokenizer.pad_token_id)
            lengths = padded["input_ids"].lengths
            for name, array in found.items():
                if task.outputs[name].has_token_targets:
                    padding = int(task.outputs[name].target_padding(array.dtype))
                    of_tokens = array.shape[1] == padded["input_ids"].max_length
                    counts = lengths if of_tokens else (array != padding).sum(axis=1)
                    padded[name] = PaddedRows(array, counts, padding)
                else:
                    targets.setdefault(name, []).append(array[rows])
            yield {
                name: PaddedRows(values[rows], counts[rows], padding)
                for name, (values, counts, padding) in padded.items()
            }

    ragged: dict[str, Any] = dict(RaggedRows.gather(parts()))
    return EncodedExamples(
        {name: ragged.pop(name) for name in input_names},
        {**{name: np.concatenate(arrays) for name, arrays in targets.items()}, **ragged},
        np.concatenate(origins),
    )


def _padded_inputs(
    encodings: Encodings, names: Sequence[str], pad_token_id: int
) -> dict[str, PaddedRows]:
    """Returns the inputs with the lengths of their rows."""
    tokens = (encodings.inputs["input_ids"] != pad_token_id).sum(axis=1)
    lengths = dict.fromkeys(names, tokens)
    if encodings.masked_ids is not None:
        lengths["masked_positions"] = (encodings.masked_ids != IGNORE_INDEX).sum(axis=1)
    return {
        name: PaddedRows(
            encodings.inputs[name], lengths[name], pad_token_id if name == "input_ids" else 0
        )
        for name in names
    }
