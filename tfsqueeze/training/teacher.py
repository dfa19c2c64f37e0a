"""The teacher of a training run: another run's float model."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.distillation.teacher_outputs import TeacherOutputs
from tfsqueeze.models.architectures import read_config
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.tasks import TEXT_CLASSIFICATION, Encodings, Task
from tfsqueeze.tasks.outputs import Output, TextNumber, TokenPosition
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.run_folder import read_decoding, read_run_settings
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.keras_files import load_model


@dataclasses.dataclass
class Teacher:
    """A fine-tuned model and its tokenizer, which need not be the student's.

    Attributes:
        config: the model's configuration.
        model: the float model.
        tokenizer: the model's tokenizer.
        task: the task that it was trained for, with what its predictions are decoded with.
        student_task: the same task, with what the student's predictions are decoded with.
    """

    config: EncoderConfig
    model: PreTrainedModel
    tokenizer: WordPieceTokenizer
    task: Task
    student_task: Task

    def logits(
        self,
        dataset: Any,
        encodings: Encodings,
        example_ids: np.ndarray,
        folder: Path,
        progress: Callable[[int, int], None] = lambda *_: None,
    ) -> dict[str, np.ndarray]:
        """Returns the logits that the student learns from, by the output's name.

        They are computed once and kept in a folder.

        Args:
            dataset: what the teacher reads, a dataset of its task.
            encodings: what the student reads, tokenized by its own tokenizer.
            example_ids: int [rows], the example of the dataset whose logits each row of the
                student gets. The row's words may be written differently, but are as many.
            folder: keeps the logits.
            progress: called with how many texts are done, and of how many.

        Returns:
            Logits of texts are float32 [rows, classes]. Those of words are float16 [rows, length,
            classes] and stand at the first token of each of the student's words; they are NaN at
            other tokens, and at words that the teacher cut off. Those of positions are float16
            [rows, length], NaN at tokens that are not possible.

        Raises:
            UserError: the outputs are positions, and the teacher divides the texts into other
                tokens or windows than the student.
        """
        read = self.task.encode(self.tokenizer, dataset)
        outputs = TeacherOutputs(
            folder, self.model, read.select(self.model.input_names), progress=progress
        )
        logits = outputs.batch(np.arange(len(read)), read.inputs["input_ids"].shape[1])

        def of_student(name: str, output: Output) -> np.ndarray:
            if isinstance(output, TokenPosition):
                return _at_same_tokens(logits[name], read, encodings)
            if isinstance(output, TextNumber):
                numbers = self.task.outputs[name].decode(logits[name], read, ())
                return output.standardise(np.array(numbers))[example_ids]
            if output.has_token_logits:
                return _move_to_first_tokens(logits[name], read, encodings, example_ids)
            return logits[name][example_ids]

        return {
            name: of_student(name, output) for name, output in self.student_task.outputs.items()
        }


def check_teachable(task: Task) -> None:
    """Checks that a task's models can learn from a teacher's logits.

    Raises:
        UserError: they cannot.
    """
    if not all(output.learns_from_logits for output in task.outputs.values()):
        raise UserError(
            f"a teacher is for labels and numbers of texts, tags of words and answers; train "
            f"{task.name} without one"
        )


def load_teacher(
    folder: str | os.PathLike, task: Task, classes: Mapping[str, Sequence[str]], pairs: bool = False
) -> Teacher:
    """Loads the float model of a run as a teacher.

    Args:
        folder: the folder of the run.
        task: the student's task.
        classes: the names of each output's classes.
        pairs: whether the student reads pairs of texts.

    Raises:
        UserError: the folder holds no run, the run has another task or other labels, or no
            teacher can teach the task.
    """
    check_teachable(task)
    folder = Path(folder)
    missing = [
        name
        for name in ("run.json", "config.json", "float.keras", "tokenizer")
        if not (folder / name).exists()
    ]
    if missing:
        raise UserError(
            f"{folder} holds no trained teacher ({missing[0]} is missing); train one "
            "with `tfsqueeze train --pretrained all-minilm-l6-v2`"
        )
    settings = read_run_settings(folder)
    if (settings.task, settings.pairs) != (task.name, pairs):
        raise UserError(
            f"the teacher in {folder} is for {_title(settings.task, settings.pairs)}, not "
            f"for {_title(task.name, pairs)}; train one on this data"
        )
    config, decoding = read_config(folder / "config.json"), read_decoding(folder)
    known = task.classes(config.id2label.values(), getattr(config, "slot_labels", ()))
    for output, names in classes.items():
        if known[output] != list(names):
            raise UserError(
                f"the teacher in {folder} tells {len(known[output])} labels apart, "
                f"which are not the {len(names)} of this data; train one on this data"
            )
    return Teacher(
        config,
        load_model(folder / "float.keras", compile=False),
        WordPieceTokenizer.from_pretrained(folder / "tokenizer"),
        task.with_decoding(decoding, list(config.id2label.values())) if decoding else task,
        task,
    )


def _title(task_name, pairs):
    if task_name != TEXT_CLASSIFICATION.name:
        return task_name
    return f"{task_name} of {'pairs' if pairs else 'single texts'}"


def _at_same_tokens(logits: np.ndarray, read: Encodings, encodings: Encodings) -> np.ndarray:
    """Returns the teacher's logits of positions in the student's rows."""
    if not np.array_equal(read.offset_mapping, encodings.offset_mapping):
        raise UserError(
            "the teacher reads these texts in other tokens or windows than the student; train "
            "both with the same vocabulary and --max-length"
        )
    return np.where(TokenPosition.possible(encodings), logits, np.nan).astype(logits.dtype)


def _move_to_first_tokens(logits, read, encodings, example_ids):
    """Moves the logits of words from the teacher's rows to the student's.

    They stand at the first token of each word in both.
    """
    words = np.full(
        (len(read), read.word_counts.max(initial=1), logits.shape[-1]), np.nan, logits.dtype
    )
    first = np.nonzero(read.word_ids >= 0)
    words[first[0], read.word_ids[first]] = logits[first]
    moved = np.full((*encodings.word_ids.shape, logits.shape[-1]), np.nan, logits.dtype)
    first = np.nonzero(encodings.word_ids >= 0)
    moved[first] = words[example_ids[first[0]], encodings.word_ids[first]]
    return moved
