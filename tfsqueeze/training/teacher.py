"""The teacher of a training run: another run's float model."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.distillation.teacher_outputs import TeacherOutputs
from tfsqueeze.models.architectures import read_config
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.tasks import TEXT_CLASSIFICATION, Encodings, Task
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError


@dataclasses.dataclass
class Teacher:
    """A fine-tuned model and the tokenizer it reads by, which need not be its student's."""

    config: EncoderConfig
    model: PreTrainedModel
    tokenizer: WordPieceTokenizer
    task: Task

    def logits(
        self,
        dataset,
        rows: Encodings,
        sources: np.ndarray,
        folder: Path,
        progress: Callable[[int, int], None] = lambda *_: None,
    ) -> dict[str, np.ndarray]:
        """Returns what the student is to learn, by output; computed once and kept in `folder`.

        dataset: what the teacher reads, of its task.
        rows: what the student reads, by its own tokenizer.
        sources: int [rows], of which example of the dataset each row has the logits. Its words may
            be written otherwise, but are as many.

        Logits of texts are float32 [rows, classes]. Those of words stand at the first token of
        each of the student's words: float16 [rows, length, classes], NaN at other tokens, and at
        words that the teacher did not read, since it had to cut them off.
        """
        read = self.task.rows(self.tokenizer, dataset)
        outputs = TeacherOutputs(
            folder, self.model, read.select(self.model.input_names), progress=progress
        )
        kept = outputs.batch(np.arange(len(read)), read.inputs["input_ids"].shape[1])
        return {
            name: kept[name][sources]
            if kind == "text"
            else _at_first_tokens(kept[name], read, rows, sources)
            for name, kind in self.task.outputs.items()
        }


def load_teacher(
    folder: str | os.PathLike, task: Task, classes: Mapping[str, Sequence[str]], pairs: bool = False
) -> Teacher:
    """Loads the float model of a run.

    classes: the names of each output's classes. pairs: whether its texts are pairs.

    Raises UserError where the folder holds none, or it was trained for another task or on other
    labels, and for a task that no teacher teaches.
    """
    folder = Path(folder)
    if not set(task.outputs.values()) <= {"text", "word"}:
        raise UserError(
            f"a teacher is for labels of texts and tags of words; train {task.name} without one"
        )
    missing = [
        name for name in ("config.json", "float.keras", "tokenizer") if not (folder / name).exists()
    ]
    if missing:
        raise UserError(
            f"{folder} holds no trained teacher ({missing[0]} is missing); train one "
            "with `tfsqueeze train --pretrained all-minilm-l6-v2`"
        )
    claim = json.loads((folder / "run.json").read_text("utf-8"))
    taught = claim.get("task", TEXT_CLASSIFICATION.name), claim.get("pairs", False)
    if taught != (task.name, pairs):
        raise UserError(
            f"the teacher in {folder} is for {_title(*taught)}, not for "
            f"{_title(task.name, pairs)}; train one on this data"
        )
    config = read_config(folder / "config.json")
    known = task.classes(config.id2label.values(), getattr(config, "slot_labels", ()))
    for output, names in classes.items():
        if known[output] != list(names):
            raise UserError(
                f"the teacher in {folder} tells {len(known[output])} labels apart, "
                f"which are not the {len(names)} of this data; train one on this data"
            )
    return Teacher(
        config,
        keras.models.load_model(folder / "float.keras", compile=False),
        WordPieceTokenizer.from_pretrained(folder / "tokenizer"),
        task,
    )


def _title(task_name, pairs):
    return (
        f"{task_name} of {'pairs' if pairs else 'single texts'}"
        if (task_name == TEXT_CLASSIFICATION.name)
        else task_name
    )


def _at_first_tokens(logits, read, rows, sources):
    """Takes each word's logits from its first token in what the teacher read to that in the
    student's rows."""
    words = np.full(
        (len(read), read.word_counts.max(initial=1), logits.shape[-1]), np.nan, logits.dtype
    )
    places = np.nonzero(read.word_ids >= 0)
    words[places[0], read.word_ids[places]] = logits[places]
    found = np.full((*rows.word_ids.shape, logits.shape[-1]), np.nan, logits.dtype)
    places = np.nonzero(rows.word_ids >= 0)
    found[places] = words[sources[places[0]], rows.word_ids[places]]
    return found
