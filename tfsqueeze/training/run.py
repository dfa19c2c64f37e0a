"""A training run in a folder: tokenizer, float model, quantization-aware model."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tf_keras as keras

from tfsqueeze.checkpoints.sources import CONFIG_FILE, pretrained_folder
from tfsqueeze.config import SqueezeBertConfig
from tfsqueeze.data.question_dataset import QuestionDatasetSplits
from tfsqueeze.data.text_dataset import DatasetSplits, TextDataset
from tfsqueeze.data.token_dataset import TokenDatasetSplits
from tfsqueeze.distillation.distiller import Distiller
from tfsqueeze.distillation.options import DistillationOptions
from tfsqueeze.encoder_config import EncoderConfig
from tfsqueeze.errors import UserError
from tfsqueeze.files import write_atomically
from tfsqueeze.models import PreTrainedModel, load_preset
from tfsqueeze.quantization import load_quantized, quantize_aware
from tfsqueeze.tasks import TEXT_CLASSIFICATION, Task, find_task
from tfsqueeze.text.tokenizer import WordPieceTokenizer
from tfsqueeze.text.vocabulary import train_vocabulary
from tfsqueeze.training.architectures import classifier_class, read_config
from tfsqueeze.training.batches import Inputs, TrainingBatches, by_name, evaluation_batches
from tfsqueeze.training.options import TrainingOptions
from tfsqueeze.training.stage import fit_stage, read_history
from tfsqueeze.training.teacher import load_teacher, variants

CALIBRATION_TEXTS = 512
_CALIBRATION_BATCH = 64
# What run.json left unsaid when there was one task.
_BEFORE_TASKS = {"task": TEXT_CLASSIFICATION.name, "pairs": False}


@dataclasses.dataclass
class TrainedRun:
    """What a finished run folder holds.

    config: the model's configuration, its labels included.
    float_model, qat_model: logits of {"input_ids": int32 [batch, length]}, and of
        `token_type_ids` where the texts are pairs: float [batch, num_labels] of a text
        classifier, [batch, length, num_labels] of a token classifier, both in a dict of a model
        of intents and slots; of one that finds answers a dict of two float [batch, length].
    history: per stage (`float`, `qat`) one row per epoch.
    seconds: wall time per stage.
    """

    folder: Path
    config: EncoderConfig
    options: TrainingOptions
    dataset_name: str
    tokenizer: WordPieceTokenizer
    float_model: keras.Model
    qat_model: keras.Model
    history: dict[str, list[dict[str, float]]]
    seconds: dict[str, float]
    task: Task = TEXT_CLASSIFICATION

    @property
    def classes(self) -> dict[str, list[str]]:
        """The names of each output's classes."""
        return self.task.classes(self.label_names, self.slot_names)

    @property
    def slot_names(self) -> list[str]:
        """The tags of slots in the order of the slot logits; none but for intents and slots."""
        return list(getattr(self.config, "slot_labels", ()))

    @property
    def reads_pairs(self) -> bool:
        """Whether a text is a pair of texts."""
        return "token_type_ids" in self.float_model.input_names

    @property
    def label_names(self) -> list[str]:
        """The labels in the order of the logits."""
        return list(self.config.id2label.values())


def train_classifier(folder: str | os.PathLike, splits: DatasetSplits, options: TrainingOptions,
                     callbacks: Callable[[str, int, int], Sequence] = lambda *_: (), *,
                     dataset_name: str | None = None,
                     teacher_progress: Callable[[int, int], None] = lambda *_: None
                     ) -> TrainedRun:
    """Trains a classifier of texts or of pairs of texts; see `train_task`."""
    return train_task(folder, TEXT_CLASSIFICATION, splits, options, callbacks,
                      dataset_name=dataset_name, teacher_progress=teacher_progress)


def train_task(folder: str | os.PathLike, task: Task,
               splits: DatasetSplits | TokenDatasetSplits | QuestionDatasetSplits,
               options: TrainingOptions,
               callbacks: Callable[[str, int, int], Sequence] = lambda *_: (), *,
               dataset_name: str | None = None,
               teacher_progress: Callable[[int, int], None] = lambda *_: None) -> TrainedRun:
    """Trains a model of a task, first in float and then quantization-aware.

    folder: takes the run. A run that was interrupted there with the same settings on the same
        data goes on where it was; a finished one is loaded.
    callbacks: called with a stage's name, its epochs and its steps per epoch; returns further
        Keras callbacks for it.
    teacher_progress: called with how many texts the teacher has seen, and of how many.
    dataset_name: what `load_dataset` took, for later verification on the same data; the name of
        `splits.train` by default.

    Raises UserError where the folder holds a run with other settings, another task or other data,
    where the pretrained model or the teacher cannot be had or has other labels, and where the
    task has no teachers.
    """
    folder = Path(folder)
    train, validation = splits.train, splits.validation
    dataset_name = dataset_name or train.name
    pairs = getattr(train, "text_pairs", None) is not None
    if options.teacher is not None and (task is not TEXT_CLASSIFICATION or pairs):
        raise UserError("a teacher is for the classification of single texts so far; train "
                        f"{'on pairs' if pairs else task.name} without one")
    # What these raise is found out before the folder is claimed.
    task.configure(SqueezeBertConfig(), splits)
    claim_folder(folder, {"dataset": dataset_name, "examples": len(train),
                          "labels": splits.label_names, "options": options.to_dict(),
                          "task": task.name, "pairs": pairs}, _BEFORE_TASKS)
    keras.utils.set_random_seed(options.seed)
    seconds = _Seconds(folder / "seconds.json")
    with seconds.of("vocabulary"):
        tokenizer = _tokenizer(folder, task.texts(train), options)
    config = task.configure(_config(tokenizer, task, options), splits)
    config.save_json(folder / "config.json")
    classes = task.classes(config.id2label.values(), getattr(config, "slot_labels", ()))
    input_names = task.input_names(train)
    teacher = teacher_logits = None
    if options.teacher is not None:
        with seconds.of("teacher"):
            teacher = load_teacher(options.teacher, splits.label_names)
            texts = variants(teacher, train.texts, options)
            train = TextDataset(train.name, texts,
                                labels=train.labels * (len(texts) // len(train)))
            teacher_logits = teacher.logits(texts, folder / "teacher", teacher_progress)

    def tokenized(dataset):
        rows = task.rows(tokenizer, dataset)
        targets = task.targets(dataset, rows, classes)
        # Keras takes a dict where the model's outputs are one.
        return (rows.select(input_names),
                targets if len(targets) > 1 else next(iter(targets.values())))

    with seconds.of("tokenization"):
        train_inputs, targets = tokenized(train)
        validation_data = evaluation_batches(*tokenized(validation))
    batches = TrainingBatches(train_inputs, targets, tokenizer, batch_size=options.batch_size,
                              word_dropout=options.word_dropout, seed=options.seed,
                              teacher_logits=teacher_logits)

    def fitted(model):
        if teacher is None:
            return model
        twin = {} if isinstance(model, PreTrainedModel) else {"twin_of": float_model}
        return Distiller(model, teacher.config, DistillationOptions(
            logits=1.0, temperature=options.temperature), **twin)

    def stage(name, epochs, learning_rate, build, load):
        saved = folder / f"{name}.keras"
        if saved.exists():
            return load(saved)
        model = build()
        with seconds.of(name):
            if epochs:
                fit_stage(fitted(model), task, classes, batches, validation_data, folder / name,
                          epochs=epochs, learning_rate=learning_rate, options=options,
                          keep_start=name == "qat",
                          callbacks=callbacks(name, epochs, batches.steps))
        with write_atomically(saved) as temporary:
            model.save(temporary)
        return model

    float_model = stage(
        "float", options.epochs, options.learning_rate,
        lambda: _new_model(config, task, input_names, options),
        lambda path: keras.models.load_model(path, compile=False))
    qat_model = stage(
        "qat", options.qat_epochs, options.qat_learning_rate,
        lambda: quantize_aware(float_model, calibration_batches(train_inputs, options.seed)),
        lambda path: load_quantized(path, compile=False))
    return TrainedRun(folder, config, options, dataset_name, tokenizer, float_model, qat_model,
                      {name: read_history(folder / name)
                       for name in ("float", "qat")}, seconds.values, task)


def load_run(folder: str | os.PathLike) -> TrainedRun:
    """Loads a finished run. Raises UserError where the folder holds none."""
    folder = Path(folder)
    missing = [name for name in ("run.json", "config.json", "float.keras", "qat.keras")
               if not (folder / name).exists()]
    if missing:
        raise UserError(f"{folder} holds no finished training run ({missing[0]} is missing); "
                        "train there first with `tfsqueeze train`")
    claim = json.loads((folder / "run.json").read_text("utf-8"))
    return TrainedRun(
        folder, read_config(folder / "config.json"),
        TrainingOptions(**claim["options"]), claim["dataset"],
        WordPieceTokenizer.from_pretrained(folder / "tokenizer"),
        keras.models.load_model(folder / "float.keras", compile=False),
        load_quantized(folder / "qat.keras", compile=False),
        {name: read_history(folder / name) for name in ("float", "qat")},
        _Seconds(folder / "seconds.json").values,
        find_task(claim.get("task", _BEFORE_TASKS["task"])))


def calibration_batches(inputs: Inputs, seed: int) -> list[dict[str, np.ndarray]]:
    """Returns batches of at most `CALIBRATION_TEXTS` randomly chosen rows, by the input's name.

    inputs: as those of `TrainingBatches`.
    """
    inputs = by_name(inputs)
    count = len(inputs["input_ids"])
    rows = np.random.default_rng(seed).permutation(count)[:CALIBRATION_TEXTS]
    return [{name: value[rows[start:start + _CALIBRATION_BATCH]] for name, value in inputs.items()}
            for start in range(0, len(rows), _CALIBRATION_BATCH)]


def claim_folder(folder: Path, settings: dict, defaults: dict | None = None) -> None:
    """Writes down the settings that a run in a folder has, or finds them there.

    defaults: what a run has whose settings do not say it.

    Raises UserError where the folder holds a run with others.
    """
    path = folder / "run.json"
    if not path.exists():
        with write_atomically(path) as temporary:
            temporary.write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
        return
    found = {**(defaults or {}), **json.loads(path.read_text("utf-8"))}
    settings = json.loads(json.dumps(settings))
    for name, value in settings.items():
        if found.get(name) != value:
            raise UserError(f"{folder} holds a run with other {name}; "
                            "choose another folder, or remove that one to train anew")


def _tokenizer(folder, texts, options):
    path = folder / "tokenizer"
    if path.exists():
        return WordPieceTokenizer.from_pretrained(path)
    source = options.pretrained or options.tokenizer
    if source is not None:
        tokenizer = WordPieceTokenizer.from_pretrained(pretrained_folder(source),
                                                       max_length=options.max_length)
    else:
        vocabulary = train_vocabulary(texts, vocab_size=options.vocab_size)
        tokenizer = WordPieceTokenizer(vocabulary, max_length=options.max_length)
    with write_atomically(path) as temporary:
        tokenizer.save_pretrained(temporary)
    return tokenizer


def _config(tokenizer, task, options):
    if options.pretrained is not None:
        config = read_config(pretrained_folder(options.pretrained) / CONFIG_FILE)
        classifier_class(config.model_type, task.head)
        return config.replace(**options.model)
    fields = {"max_position_embeddings": options.max_length, **options.model,
              "vocab_size": tokenizer.vocab_size, "pad_token_id": tokenizer.pad_token_id}
    if options.model_type == SqueezeBertConfig.model_type:
        return load_preset(options.preset, **fields)
    config_class = classifier_class(options.model_type, task.head).config_class
    return config_class().replace(**fields)


def _new_model(config, task, input_names, options):
    model_class = classifier_class(config.model_type, task.head)
    if options.pretrained is None:
        return model_class(config, input_names=input_names)
    names = {name: getattr(config, name) for name in ("id2label", "slot_labels")
             if hasattr(config, name)}
    with warnings.catch_warnings():
        # That the head is new goes without saying here.
        warnings.simplefilter("ignore", UserWarning)
        return model_class.from_pretrained(options.pretrained, input_names=input_names,
                                           **names, **options.model)


class _Seconds:
    """Wall time per stage, added up over interruptions."""

    def __init__(self, path):
        self._path = path
        self.values = json.loads(path.read_text("utf-8")) if path.exists() else {}

    @contextlib.contextmanager
    def of(self, name):
        start = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - start
            self.values[name] = round(self.values.get(name, 0.0) + took, 2)
            with write_atomically(self._path) as temporary:
                temporary.write_text(json.dumps(self.values, indent=2) + "\n", "utf-8")
