"""The stages of a run: float training, adversarial training, quantization-aware training."""

from __future__ import annotations

import abc
import dataclasses
import functools
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.distillation.distillation_options import DistillationOptions
from tfsqueeze.distillation.distiller import Distiller
from tfsqueeze.models.fusion import fuse_loops, pays_off
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.models.spelling_vectors import fold_spelling
from tfsqueeze.quantization import load_quantized, quantize_aware
from tfsqueeze.quantization.equalization import equalize
from tfsqueeze.quantization.post_training import (
    calibrate_layer_by_layer,
    find_equalization_of_rows,
)
from tfsqueeze.tasks import Task
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.batches import TrainingBatches, calibration_rows
from tfsqueeze.training.callbacks import BACKUP_FOLDER
from tfsqueeze.training.distribution import Distribution
from tfsqueeze.training.encoding import EncodedExamples, keras_targets
from tfsqueeze.training.examples import Origin
from tfsqueeze.training.fit import compile_for_task, fit_resumable
from tfsqueeze.training.model_setup import new_model
from tfsqueeze.training.precision import choose_precision, in_precision, precision_policy
from tfsqueeze.training.run_folder import Seconds
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.keras_files import load_model

# The least squares of a product have far fewer unknowns in each column.
_CALIBRATION_TOKENS = 12_000
# The factors of models from scratch are smaller: dividing by them gains less than it costs.
_LEAST_FACTOR = 3


@dataclasses.dataclass(frozen=True)
class StageInputs:
    """What all stages of a run take.

    Attributes:
        folder: the folder of the run.
        task: the task.
        options: the settings of the run.
        config: the model's configuration.
        keeps_head: whether the head of the pretrained model is for the classes of the data.
        classes: the names of each output's classes.
        tokenizer: the model's tokenizer.
        examples: what the model is trained on.
        validation: batches that choose the epoch.
        teacher_config: the configuration of the teacher; None where the model learns from labels.
        class_weight: the weight of each class in the loss, by its id; None for 1.
        callbacks: called with a stage's name, its epochs and its steps per epoch; returns further
            Keras callbacks.
        seconds: takes the time of each stage.
        distribution: where the model trains.
    """

    folder: Path
    task: Task
    options: TrainingOptions
    config: EncoderConfig
    keeps_head: bool
    classes: dict[str, list[str]]
    tokenizer: WordPieceTokenizer
    examples: EncodedExamples
    validation: tf.data.Dataset
    teacher_config: EncoderConfig | None
    class_weight: dict[int, float] | None
    callbacks: Callable[[str, int, int], Sequence[keras.callbacks.Callback]]
    seconds: Seconds
    distribution: Distribution


class Stage(abc.ABC):
    """The base of the stages, each of which leaves one trained model in the run's folder.

    Args:
        inputs: what all stages take.

    Attributes:
        name: the stage's name in the folder, in the history, and in progress bars.
        keep_start: whether the weights at the start count as the best until an epoch beats them.
    """

    name: str
    keep_start: ClassVar[bool] = False

    def __init__(self, inputs: StageInputs) -> None:
        self.inputs = inputs

    def run(self, when_trained: Callable[[keras.Model], None] = lambda _: None) -> keras.Model:
        """Trains the model and saves it, or loads it where the stage is done.

        Args:
            when_trained: called with the model; with a new one before it is saved.
        """
        saved = self.inputs.folder / f"{self.name}.keras"
        batches = self._batches()
        if saved.exists():
            model = self.load(saved)
            when_trained(model)
            return model
        precision = self._precision(batches)
        # Here, so that a resumed run draws as one that did all stages before.
        keras.utils.set_random_seed(self.inputs.options.seed)
        with precision_policy(precision):
            with self.inputs.seconds.of(self.name):
                model = self.build()
                if self.epochs:
                    self._fit(model, batches)
        model = self.finish(model)
        when_trained(model)
        if self.inputs.distribution.is_chief:
            with write_atomically(saved) as temporary:
                model.save(temporary)
            shutil.rmtree(self.inputs.folder / self.name / BACKUP_FOLDER, ignore_errors=True)
        return model

    @property
    @abc.abstractmethod
    def epochs(self) -> int:
        """The most epochs."""

    @property
    @abc.abstractmethod
    def learning_rate(self) -> float:
        """The highest learning rate."""

    @abc.abstractmethod
    def examples(self) -> EncodedExamples:
        """Returns what the stage trains on."""

    @abc.abstractmethod
    def build(self) -> keras.Model:
        """Returns the model that the stage starts from, in the precision of the global policy."""

    def build_to_time(self) -> keras.Model:
        """Returns a model whose steps take as long as those of `build`, whatever its weights."""
        return self.build()

    @abc.abstractmethod
    def copy(self, model: keras.Model) -> keras.Model:
        """Returns a copy of a model that `build` returned, with the same weights."""

    @abc.abstractmethod
    def load(self, path: Path) -> keras.Model:
        """Returns the model that the stage saved."""

    @abc.abstractmethod
    def distiller(self, model: keras.Model) -> Distiller:
        """Returns the `Distiller` that fits the model to the teacher."""

    @abc.abstractmethod
    def finish(self, model: keras.Model) -> keras.Model:
        """Returns the model to save, in float32, given the fitted one."""

    def _precision(self, batches: TrainingBatches) -> str:
        def prepare() -> Callable[[], Any]:
            model = self._trainer(self.build_to_time(), batches)
            inputs = self.inputs
            steps = self.epochs * batches.steps
            compile_for_task(
                model, inputs.task, inputs.classes, self.learning_rate, steps, inputs.options
            )
            batch = next(iter(batches.dataset()))
            return lambda: model.train_on_batch(*batch)

        return choose_precision(
            self.inputs.options.precision,
            prepare,
            self.inputs.folder / self.name / "precision.json",
            # Each worker would choose for itself.
            tries=self._is_long(batches) and not self.inputs.distribution.has_workers,
        )

    def _is_long(self, batches: TrainingBatches) -> bool:
        return pays_off(self.inputs.config.hidden_size, self.epochs * batches.tokens)

    def _batches(self) -> TrainingBatches:
        options, examples = self.inputs.options, self.examples()
        return TrainingBatches(
            examples.inputs,
            keras_targets(self.inputs.task, examples.targets),
            self.inputs.tokenizer,
            self.inputs.task.outputs,
            batch_size=options.batch_size,
            batch_tokens=options.batch_tokens,
            word_dropout=options.word_dropout
            if self.inputs.task.training.allows_word_dropout
            else 0.0,
            subword_dropout=options.subword_dropout,
            seed=options.seed,
            teacher_logits=examples.teacher_logits,
        )

    def _trainer(self, model: keras.Model, batches: TrainingBatches) -> keras.Model:
        fuse_loops(model, self._is_long(batches))
        return model if self.inputs.teacher_config is None else self.distiller(model)

    def _fit(self, model: keras.Model, batches: TrainingBatches) -> None:
        inputs, distribution = self.inputs, self.inputs.distribution
        with distribution.scope(), distribution.lost_workers(inputs.folder):
            # What prepares a model, such as calibration, runs on one device.
            fitted = model if distribution.replicas == 1 else self.copy(model)
            fit_resumable(
                self._trainer(fitted, batches),
                inputs.task,
                inputs.classes,
                batches,
                inputs.validation,
                inputs.folder / self.name,
                epochs=self.epochs,
                learning_rate=self.learning_rate,
                options=inputs.options,
                keep_start=self.keep_start,
                class_weight=inputs.class_weight,
                callbacks=inputs.callbacks(self.name, self.epochs, batches.steps)
                if distribution.is_chief
                else (),
                distribution=distribution,
            )
            if fitted is not model:
                model.set_weights(fitted.get_weights())

    def _distillation_options(self) -> DistillationOptions:
        return DistillationOptions(logits=1.0, temperature=self.inputs.options.temperature)


class FloatStage(Stage):
    """Trains the float model on all examples.

    Args:
        inputs: what all stages take.
        name: the stage's name; other than "float" where an `AdversarialStage` follows.
    """

    def __init__(self, inputs: StageInputs, name: str = "float") -> None:
        super().__init__(inputs)
        self.name = name

    @property
    def epochs(self):
        return self.inputs.options.epochs

    @property
    def learning_rate(self):
        return self.inputs.options.learning_rate

    def examples(self):
        return self.inputs.examples

    def build(self):
        inputs = self.inputs
        return new_model(
            inputs.config,
            inputs.task,
            tuple(inputs.examples.inputs),
            inputs.tokenizer,
            inputs.options,
            keeps_head=inputs.keeps_head,
        )

    def copy(self, model):
        return in_precision(model, model.compute_dtype)

    def load(self, path):
        return load_model(path, compile=False)

    def distiller(self, model):
        return Distiller(model, self.inputs.teacher_config, self._distillation_options())

    def finish(self, model):
        if self.inputs.options.spelling_vectors:
            model = fold_spelling(model)
        return _in_float32(model)


class AdversarialStage(FloatStage):
    """Trains a float model further, on adversarial texts too.

    It takes half of the epochs of the float stage, at half of its learning rate.

    Args:
        inputs: what all stages take, with the adversarial texts.
        float_model: what the stage before returned.
        name: the stage's name; "float" for the last one.
    """

    def __init__(self, inputs: StageInputs, float_model: keras.Model, name: str) -> None:
        super().__init__(inputs, name)
        self.float_model = float_model

    @property
    def epochs(self):
        return (super().epochs + 1) // 2

    @property
    def learning_rate(self):
        return super().learning_rate / 2

    def build(self):
        return in_precision(self.float_model, keras.mixed_precision.global_policy().compute_dtype)

    def finish(self, model):
        return _in_float32(model)


class QuantizationAwareStage(Stage):
    """Trains the calibrated quantization-aware model on the originals and their changed copies.

    Its weights hardly move: variants and unlabelled texts would cost several passes and change
    nothing.

    Args:
        inputs: what all stages take.
        float_model: what the float stage returned.
    """

    name = "qat"
    keep_start = True

    def __init__(self, inputs: StageInputs, float_model: PreTrainedModel) -> None:
        super().__init__(inputs)
        self.float_model = float_model

    @property
    def epochs(self):
        return self.inputs.options.qat_epochs

    @property
    def learning_rate(self):
        return self.inputs.options.qat_learning_rate

    def examples(self):
        examples = self.inputs.examples
        return examples.take(
            np.flatnonzero(
                np.isin(examples.origins, (Origin.ORIGINAL, Origin.NOISY_COPY, Origin.ADVERSARIAL))
            )
        )

    def build(self):
        model = self.build_to_time()
        with precision_policy("float32"):
            calibrated = model if _is_float32(model) else self._quantize_aware("float32")
            calibrate_layer_by_layer(
                calibrated,
                self._calibration_rows,
                self.inputs.tokenizer.pad_token_id,
                fits_kernels=self._equalization is not None,
            )
        if calibrated is not model:
            model.set_weights(calibrated.get_weights())
        return model

    def build_to_time(self):
        return self._quantize_aware(keras.mixed_precision.global_policy().compute_dtype)

    def _quantize_aware(self, precision):
        start = self.float_model
        if precision != "float32":
            start = in_precision(start, precision)
        if self._equalization is not None:
            start = equalize(start, self._equalization)
        return quantize_aware(start)

    @functools.cached_property
    def _equalization(self):
        with precision_policy("float32"):
            return find_equalization_of_rows(
                self.float_model,
                self._calibration_rows,
                self.inputs.tokenizer.pad_token_id,
                _LEAST_FACTOR,
            )

    @functools.cached_property
    def _calibration_rows(self):
        """Returns some inputs of the training part; of long texts fewer, for the sake of time."""
        inputs = self.inputs
        rows = calibration_rows(inputs.examples.inputs, inputs.options.seed)
        lengths = (rows["input_ids"] != inputs.tokenizer.pad_token_id).sum(axis=1)
        enough = max(1, int((np.cumsum(lengths) <= _CALIBRATION_TOKENS).sum()))
        return {name: values[:enough] for name, values in rows.items()}

    def finish(self, model):
        if _is_float32(model):
            return model
        finished = self._quantize_aware("float32")
        finished.set_weights(model.get_weights())
        return finished

    def copy(self, model):
        copy = type(model).from_config(model.get_config())
        copy.set_weights(model.get_weights())
        return copy

    def load(self, path):
        return load_quantized(path, compile=False)

    def distiller(self, model):
        return Distiller(
            model,
            self.inputs.teacher_config,
            self._distillation_options(),
            float_model=self.float_model,
        )


def _in_float32(model: PreTrainedModel) -> PreTrainedModel:
    return model if _is_float32(model) else in_precision(model, "float32")


def _is_float32(model: keras.Model) -> bool:
    return model.compute_dtype == "float32"
