"""The teacher of a training run: another run's float model."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tf_keras as keras

from tfsqueeze.data.augmentation import NeighbourWords
from tfsqueeze.distillation.teacher_outputs import TeacherOutputs
from tfsqueeze.encoder_config import EncoderConfig
from tfsqueeze.errors import UserError
from tfsqueeze.models import PreTrainedModel
from tfsqueeze.text.tokenizer import WordPieceTokenizer
from tfsqueeze.training.architectures import read_config
from tfsqueeze.training.batches import tokenize
from tfsqueeze.training.options import TrainingOptions


@dataclasses.dataclass
class Teacher:
    """A fine-tuned model and the tokenizer it reads by, which need not be its student's."""

    config: EncoderConfig
    model: PreTrainedModel
    tokenizer: WordPieceTokenizer

    def logits(self, texts: Sequence[str], folder: Path,
               progress: Callable[[int, int], None] = lambda *_: None) -> np.ndarray:
        """Returns float32 [texts, num_labels], computed once and kept in `folder`."""
        outputs = TeacherOutputs(folder, self.model, tokenize(self.tokenizer, list(texts)),
                                 progress=progress)
        return outputs.batch(np.arange(len(texts)), 0)["logits"]


def load_teacher(folder: str | os.PathLike, label_names: Sequence[str]) -> Teacher:
    """Loads the float model of a run.

    Raises UserError where the folder holds none, or it was trained on other labels.
    """
    folder = Path(folder)
    missing = [name for name in ("config.json", "float.keras", "tokenizer")
               if not (folder / name).exists()]
    if missing:
        raise UserError(f"{folder} holds no trained teacher ({missing[0]} is missing); train one "
                        "with `tfsqueeze train --pretrained all-minilm-l6-v2`")
    config = read_config(folder / "config.json")
    if list(config.id2label.values()) != list(label_names):
        raise UserError(f"the teacher in {folder} tells {config.num_labels} labels apart, which "
                        f"are not the {len(label_names)} of this data; train one on this data")
    return Teacher(config, keras.models.load_model(folder / "float.keras", compile=False),
                   WordPieceTokenizer.from_pretrained(folder / "tokenizer"))


def variants(teacher: Teacher, texts: Sequence[str], options: TrainingOptions) -> list[str]:
    """Returns the texts, and after them as many variants of all of them as the options ask for."""
    if not options.augmented_copies:
        return list(texts)
    words = NeighbourWords(teacher.tokenizer.vocabulary,
                           teacher.model.get_layer("embeddings").word_embeddings.numpy())
    return [*texts, *(text for copy in range(options.augmented_copies) for text in
                      words.replace(texts, options.replaced_words, options.seed + copy))]
