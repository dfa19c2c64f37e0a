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
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.checkpoints.sources import CONFIG_FILE, pretrained_folder
from tfsqueeze.config import SqueezeBertConfig
from tfsqueeze.data.question_dataset import QuestionDatasetSplits
from tfsqueeze.data.sentence_dataset import SentenceDatasetSplits
from tfsqueeze.data.text_dataset import DatasetSplits
from tfsqueeze.data.token_dataset import TokenDatasetSplits
from tfsqueeze.distillation.distiller import Distiller
from tfsqueeze.distillation.options import DistillationOptions
from tfsqueeze.encoder_config import EncoderConfig
from tfsqueeze.errors import UserError
from tfsqueeze.files import write_atomically
from tfsqueeze.models import PreTrainedModel, load_preset
from tfsqueeze.models.spelling import fold_spelling, share_spelling
from tfsqueeze.models.vocabulary_transfer import transfer_vocabulary
from tfsqueeze.quantization import load_quantized, quantize_aware
from tfsqueeze.tasks import TEXT_CLASSIFICATION, Task, find_task
from tfsqueeze.text.tokenizer import WordPieceTokenizer
from tfsqueeze.text.vocabulary import train_vocabulary
from tfsqueeze.training.architectures import classifier_class, read_config
from tfsqueeze.training.batches import Inputs, TrainingBatches, by_name, evaluation_batches
from tfsqueeze.training.examples import with_noise, with_unlabelled, with_variants
from tfsqueeze.training.options import TrainingOptions
from tfsqueeze.training.stage import fit_stage, read_history
from tfsqueeze.training.teacher import load_teacher

CALIBRATION_TEXTS = 512
_CALIBRATION_BATCH = 64
# What run.json left unsaid when there was one task, one kind of vocabulary, and no noise or
# unlabelled text to train on.
UNSAID_OPTIONS = {"noisy_copies": 0, "noise_level": 0.1, "unlabelled": [],
                  "new_vocabulary": False, "lowercase": True, "subword_dropout": 0.0,
                  "spelling_vectors": False}
_UNSAID = {"task": TEXT_CLASSIFICATION.name, "pairs": False, "options": UNSAID_OPTIONS}


@dataclasses.dataclass
class TrainedRun:
    """What a finished run folder holds.

    config: the model's configuration, its labels included.
    float_model, qat_model: logits of {"input_ids": int32 [batch, length]}, and of
        `token_type_ids` where the texts are pairs: float [batch, num_labels] of a text
        classifier, [batch, length, num_labels] of a token classifier, both in a dict of a model
        of intents and slots; others as their classes in `tfsqueeze.models.tasks` say.
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
        """The labels in the order of the logits; none of a task without."""
        return list(self.config.id2label.values()) if self.task.has_labels else []


def train_classifier(folder: str | os.PathLike, splits: DatasetSplits, options: TrainingOptions,
                     callbacks: Callable[[str, int, int], Sequence] = lambda *_: (), *,
                     dataset_name: str | None = None,
                     teacher_progress: Callable[[int, int], None] = lambda *_: None
                     ) -> TrainedRun:
    """Trains a classifier of texts or of pairs of texts; see `train_task`."""
    return train_task(folder, TEXT_CLASSIFICATION, splits, options, callbacks,
                      dataset_name=dataset_name, teacher_progress=teacher_progress)


def train_task(folder: str | os.PathLike, task: Task,
               splits: (DatasetSplits | TokenDatasetSplits | QuestionDatasetSplits
                        | SentenceDatasetSplits), options: TrainingOptions,
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
    task has no teachers, no noisy copies or no subword dropout.
    """
    folder = Path(folder)
    train, validation = splits.train, splits.validation
    dataset_name = dataset_name or train.name
    pairs = getattr(train, "text_pairs", None) is not None
    if task.has_teacher and (options.augmented_copies or options.unlabelled):
        raise UserError("variants and unlabelled texts are for data with labels; train "
                        f"{task.name} without them")
    if options.teacher is not None and not (
            task.has_teacher or set(task.outputs.values()) <= {"text", "word"}):
        raise UserError("a teacher is for labels of texts and words so far; train "
                        f"{task.name} without one")
    if options.subword_dropout and not set(task.outputs.values()) <= {"text", "word", "vector"}:
        raise UserError(f"the answers of {task.name} are tokens, which must not be split; train it "
                        "without subword_dropout")
    # What these raise is found out before the folder is claimed.
    task.configure(SqueezeBertConfig(), splits)
    claim_folder(folder, {"dataset": dataset_name, "examples": len(train),
                          "labels": splits.label_names, "options": options.to_dict(),
                          "task": task.name, "pairs": pairs}, _UNSAID)
    keras.utils.set_random_seed(options.seed)
    seconds = _Seconds(folder / "seconds.json")
    with seconds.of("teacher"):
        train, validation = (task.completed(part, options.teacher, folder / "teacher",
                                            teacher_progress) for part in (train, validation))
    splits = dataclasses.replace(splits, train=train, validation=validation)
    with seconds.of("vocabulary"):
        tokenizer = _tokenizer(folder, task.texts(train), options)
    config = task.configure(_config(tokenizer, task, options), splits)
    config.save_json(folder / "config.json")
    classes = task.classes(config.id2label.values(), getattr(config, "slot_labels", ()))
    input_names = task.input_names(train)
    teacher, read, originals = None, train, len(train)
    if options.teacher is not None and not task.has_teacher:
        with seconds.of("teacher"):
            teacher = load_teacher(options.teacher, task, classes, pairs)
            labelled_or_not = with_unlabelled(splits, options.unlabelled, folder / "unlabelled")
            read = with_variants(teacher, labelled_or_not, options)
    with seconds.of("noise"):
        train, sources = with_noise(read, options, originals)

    def tokenized(dataset):
        rows = task.training_rows(tokenizer, dataset)
        targets = task.targets(dataset, rows, classes)
        # Keras takes a dict where the model's outputs are one.
        return rows, (targets if task.names_outputs else next(iter(targets.values())))

    with seconds.of("tokenization"):
        rows, targets = tokenized(train)
        train_inputs = rows.select(input_names)
        validation_rows, validation_targets = tokenized(validation)
        validation_data = evaluation_batches(validation_rows.select(input_names),
                                             validation_targets)
    teacher_logits = None
    if teacher is not None:
        with seconds.of("teacher"):
            # A noisy copy is to be understood as its text is, which the teacher reads unharmed.
            teacher_logits = teacher.logits(read, rows, sources, folder / "teacher",
                                            teacher_progress)
        unlabelled = sources % len(labelled_or_not) >= originals
        if unlabelled.any():
            # Metrics hold what is learned against something.
            targets[unlabelled] = teacher_logits["logits"][unlabelled].argmax(axis=1)

    def batches(chosen):
        inputs, wanted, logits = tf.nest.map_structure(
            lambda array: None if array is None else array[chosen],
            (train_inputs, targets, teacher_logits))
        return TrainingBatches(inputs, wanted, tokenizer, batch_size=options.batch_size,
                               word_dropout=options.word_dropout,
                               subword_dropout=options.subword_dropout, seed=options.seed,
                               teacher_logits=logits)

    def fitted(model):
        if teacher is None:
            return model
        twin = {} if isinstance(model, PreTrainedModel) else {"twin_of": float_model}
        return Distiller(model, teacher.config, DistillationOptions(
            logits=1.0, temperature=options.temperature), **twin)

    def stage(name, batches, epochs, learning_rate, build, load):
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
        if name == "float" and options.spelling_vectors:
            model = fold_spelling(model)
        with write_atomically(saved) as temporary:
            model.save(temporary)
        return model

    float_model = stage(
        "float", batches(np.arange(len(rows))), options.epochs, options.learning_rate,
        lambda: _new_model(config, task, input_names, tokenizer, options),
        lambda path: keras.models.load_model(path, compile=False))
    # The weights hardly move any more: variants would cost several passes and change nothing.
    qat_model = stage(
        "qat", batches(np.flatnonzero(sources < originals) if len(train) > originals
                       else np.arange(len(rows))), options.qat_epochs, options.qat_learning_rate,
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
        find_task(claim.get("task", _UNSAID["task"])))


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

    defaults: what a run has whose settings do not say it, in dicts within them as well.

    Raises UserError where the folder holds a run with others.
    """
    path = folder / "run.json"
    if not path.exists():
        with write_atomically(path) as temporary:
            temporary.write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
        return
    found = _completed(json.loads(path.read_text("utf-8")), defaults or {})
    settings = json.loads(json.dumps(settings))
    for name, value in settings.items():
        if found.get(name) != value:
            raise UserError(f"{folder} holds a run with other {name}; "
                            "choose another folder, or remove that one to train anew")


def _completed(said, defaults):
    """A dict with the defaults that it lacks, and those that the dicts within it lack."""
    return {**defaults, **{
        name: _completed(value, defaults[name])
        if isinstance(value, dict) and name in defaults else value
        for name, value in said.items()}}


def _tokenizer(folder, texts, options):
    path = folder / "tokenizer"
    if path.exists():
        return WordPieceTokenizer.from_pretrained(path)
    source = options.pretrained or options.tokenizer
    if source is not None and not options.new_vocabulary:
        tokenizer = WordPieceTokenizer.from_pretrained(pretrained_folder(source),
                                                       max_length=options.max_length)
    else:
        vocabulary = train_vocabulary(texts, options.vocab_size, options.lowercase)
        tokenizer = WordPieceTokenizer(vocabulary, lowercase=options.lowercase,
                                       max_length=options.max_length)
    with write_atomically(path) as temporary:
        tokenizer.save_pretrained(temporary)
    return tokenizer


def _config(tokenizer, task, options):
    if options.pretrained is not None:
        config = read_config(pretrained_folder(options.pretrained) / CONFIG_FILE)
        classifier_class(config.model_type, task.head)
        vocabulary = {"vocab_size": tokenizer.vocab_size, "pad_token_id": tokenizer.pad_token_id}
        return config.replace(**options.model, **vocabulary if options.new_vocabulary else {})
    fields = {"max_position_embeddings": options.max_length, **options.model,
              "vocab_size": tokenizer.vocab_size, "pad_token_id": tokenizer.pad_token_id}
    if options.model_type == SqueezeBertConfig.model_type:
        return load_preset(options.preset, **fields)
    config_class = classifier_class(options.model_type, task.head).config_class
    return config_class().replace(**fields)


def _new_model(config, task, input_names, tokenizer, options):
    model_class = classifier_class(config.model_type, task.head)
    if options.pretrained is None:
        model = model_class(config, input_names=input_names)
        if options.spelling_vectors:
            share_spelling(model, tokenizer.vocabulary)
        return model
    names = {name: getattr(config, name) for name in ("id2label", "slot_labels")
             if hasattr(config, name)}
    with warnings.catch_warnings():
        # That the head is new goes without saying here.
        warnings.simplefilter("ignore", UserWarning)
        model = model_class.from_pretrained(options.pretrained, input_names=input_names,
                                            **names, **options.model)
    if not options.new_vocabulary:
        return model
    return transfer_vocabulary(model, WordPieceTokenizer.from_pretrained(
        pretrained_folder(options.pretrained)), tokenizer)


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
