"""The settings of a training run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

from tfsqueeze.robustness.attacks import ATTACKS
from tfsqueeze.robustness.selection import check_names
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import JsonValue
from tfsqueeze.utils.seeds import check_seed

DistributionName = Literal["mirrored", "multi-worker"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
ClassWeight = Literal["balanced"] | dict[str, float] | None


def _class_weight(option: JsonValue) -> ClassWeight:
    if isinstance(option.value, dict):
        return {name: option.get(name).number() for name in option.object()}
    return None if option.value is None else option.string()  # pyright: ignore[reportReturnType]


# How JSON has each type of option.
_FROM_JSON: dict[str, Callable[[JsonValue], Any]] = {
    "str": JsonValue.string,
    "str | None": lambda option: None if option.value is None else option.string(),
    "bool": JsonValue.boolean,
    "int": JsonValue.integer,
    "int | None": lambda option: None if option.value is None else option.integer(),
    "Precision": JsonValue.string,
    "ClassWeight": _class_weight,
    "float": JsonValue.number,
    "dict[str, Any]": JsonValue.object,
    "Sequence[str]": lambda option: tuple(item.string() for item in option.items()),
}


@dataclasses.dataclass(frozen=True)
class TrainingOptions:
    """Settings of a training run, which trains first in float and then quantization-aware.

    Args:
        preset: name of the preset that gives the shape of the model.
        pretrained: folder, backbone name or Hugging Face hub id with weights and tokenizer to start
            from, of any architecture of tfsqueeze; or the folder of another run, whose
            float model is the start. It overrides `preset` and `vocab_size`.
        model_type: architecture of a model that is not pretrained. Architectures other than
            `squeezebert` have no presets: `model` gives all fields that differ from the defaults
            of their configuration.
        model: fields of the configuration that differ from those of the preset or of the
            pretrained model.
        tokenizer: folder, backbone name or Hugging Face hub id with the tokenizer of a model that
            is not pretrained. By default a vocabulary is trained from the texts.
        new_head: whether a pretrained model gets a new head even if it has one for the task, for
            other labels than that one knows.
        new_vocabulary: whether a pretrained model gets a vocabulary that is trained from the texts
            instead of its own; see `transfer_vocabulary`.
        vocab_size: maximum size of the vocabulary that is trained from the texts.
        lowercase: whether that vocabulary ignores case and accents.
        max_length: maximum number of tokens of a text, special tokens included.
        match_types: whether words that both texts have, question and context too, get token types
            of their own; see `tfsqueeze.tokenizers.match_types.MatchTypes`.
        epochs: maximum number of epochs of the float stage. With 0 epochs a pretrained model keeps
            its weights.
        qat_epochs: maximum number of epochs of the quantization-aware stage.
        learning_rate: peak learning rate of the float stage, which has a linear warm-up and a
            cosine decay.
        qat_learning_rate: peak learning rate of the quantization-aware stage.
        batch_size: number of texts, or pairs of texts, in a batch.
        batch_tokens: number of tokens in a batch, padding included, instead of `batch_size`: short
            texts then come in larger batches than long ones.
        gradient_accumulation_steps: number of batches after which the weights change, by the mean
            of their gradients.
        precision: precision of training: `float32`; `bfloat16` or `float16` for products in 16
            bits; or `auto` for bfloat16 if the processor has products of bfloat16 and a step is
            faster with them. Weights are float32 in any case.
        word_dropout: probability that a training token is replaced by [UNK].
        subword_dropout: probability that a training token is split into shorter ones, so that the
            model learns to read unseen words, which are split as well; see `SubwordDropout`.
        spelling_vectors: whether a model that is not pretrained learns, in the float stage, with
            vectors that tokens of similar spelling share; see `share_spelling`.
        label_smoothing: share of each target that is spread over all labels.
        class_weight: weight of each class in the loss of text classification, by its name, 1 for
            those without; or `balanced` for the number of texts over the number of classes times
            that of the class's texts, so that rare classes count as much as common ones.
        monitor: Keras metric whose value on validation chooses the epoch: for text classification
            `accuracy`, `macro_f1` or `balanced_accuracy`, the mean of recall over classes. By
            default the task's, or `balanced_accuracy` with a `class_weight`, whose classes
            accuracy would forget.
        weight_decay: weight decay of AdamW.
        patience: number of epochs without a better validation score after which a stage stops.
        seed: seed of weights, order and dropout.
        teacher: folder of a run, of any architecture, whose float model the model learns from
            instead of from the labels, in both stages. With None it learns from the labels. For
            embeddings of single texts it is the teacher of the vectors, by default
            all-minilm-l6-v2.
        temperature: divisor of the logits of the teacher and of the model.
        unlabelled: texts that the model learns from as well, with the teacher's outputs as
            targets: files of plain text with a text on each line, folders of such .txt files, or
            names of datasets, whose training texts are used (Turc et al. 2019, arXiv 1908.08962,
            section 3). Texts of the validation and test parts are left out.
        augmented_copies: number of variants of each training text that the model learns from as
            well; float stages only (TinyBERT, Jiao et al. 2020, arXiv 1909.10351, section 4.2). A
            variant has the teacher's outputs as targets, or without a teacher the text's label.
        replaced_words: share of a variant's words that are replaced by others which are close in
            the embeddings of the teacher, or without a teacher of the pretrained model.
        both_orders: whether the model learns from each pair of texts in both orders, for labels
            that do not depend on the order, such as "duplicate".
        noisy_copies: number of noisy copies of each training text that the model learns from as
            well; sentences of tagged words get noise within their words only. With a teacher, a
            copy has the logits that the teacher gives the text without noise.
        noise_level: share of letters, words or spaces that the noise of a copy changes.
        adversarial: attacks, names in `ATTACKS`, that a classifier of texts learns to withstand:
            after the float stage the model is attacked, and learns from the texts that were changed
            until it was wrong; see `tfsqueeze.training.adversarial`.
        adversarial_rounds: number of times that the model is attacked and learns.
        adversarial_texts: number of training texts that are attacked in a round.

    Raises:
        UserError: a value is out of range, or two options do not fit together.

    Example:
        >>> TrainingOptions(preset="squeezebert-tiny", epochs=3).qat_epochs
        2
    """

    preset: str = "squeezebert-micro"
    pretrained: str | None = None
    model_type: str = "squeezebert"
    model: dict[str, Any] = dataclasses.field(default_factory=dict)
    tokenizer: str | None = None
    new_head: bool = False
    new_vocabulary: bool = False
    vocab_size: int = 8000
    lowercase: bool = True
    max_length: int = 128
    match_types: bool = False
    epochs: int = 8
    qat_epochs: int = 2
    learning_rate: float = 2e-3
    qat_learning_rate: float = 5e-5
    batch_size: int = 32
    batch_tokens: int | None = None
    gradient_accumulation_steps: int = 1
    precision: Precision = "auto"
    word_dropout: float = 0.15
    subword_dropout: float = 0.0
    spelling_vectors: bool = False
    label_smoothing: float = 0.0
    class_weight: ClassWeight = None
    monitor: str | None = None
    weight_decay: float = 0.01
    patience: int = 4
    seed: int = 0
    teacher: str | None = None
    temperature: float = 2.0
    unlabelled: Sequence[str] = ()
    augmented_copies: int = 0
    replaced_words: float = 0.2
    both_orders: bool = False
    noisy_copies: int = 0
    noise_level: float = 0.1
    adversarial: Sequence[str] = ()
    adversarial_rounds: int = 2
    adversarial_texts: int = 2000

    def __post_init__(self) -> None:
        """Checks the values."""
        self._check_counts()
        check_seed(self.seed)
        check_rates(
            self.weight_decay,
            learning_rate=self.learning_rate,
            qat_learning_rate=self.qat_learning_rate,
            temperature=self.temperature,
        )
        for name in ("word_dropout", "subword_dropout", "label_smoothing", "replaced_words"):
            if not 0 <= getattr(self, name) < 1:
                raise UserError(f"{name} must be in [0, 1), not {getattr(self, name)}")
        check_precision(self.precision)
        self._check_class_weight()
        if self.class_weight is not None and self.monitor is None:
            object.__setattr__(self, "monitor", "balanced_accuracy")
        if not 0 < self.noise_level <= 1:
            raise UserError(f"noise_level must be above 0 and at most 1, not {self.noise_level}")
        self._check_start()
        if isinstance(self.unlabelled, str):
            raise UserError(f"unlabelled must be a list of texts' sources, not {self.unlabelled!r}")
        # JSON brings a list, which is equal to no tuple.
        object.__setattr__(self, "unlabelled", tuple(self.unlabelled))
        object.__setattr__(self, "adversarial", tuple(self.adversarial))
        check_names("attack", ATTACKS, self.adversarial)
        self._check_source_of_added_texts()

    def _check_counts(self) -> None:
        for name in (
            "vocab_size",
            "max_length",
            "epochs",
            "batch_size",
            "batch_tokens",
            "gradient_accumulation_steps",
            "patience",
            "adversarial_rounds",
            "adversarial_texts",
        ):
            least = 0 if name == "epochs" and self.pretrained else 1
            if getattr(self, name) is not None and getattr(self, name) < least:
                raise UserError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in (
            "epochs",
            "qat_epochs",
            "augmented_copies",
            "noisy_copies",
        ):
            if getattr(self, name) < 0:
                raise UserError(f"{name} must not be negative, as {getattr(self, name)} is")

    def _check_class_weight(self) -> None:
        if isinstance(self.class_weight, str) and self.class_weight != "balanced":
            raise UserError(
                f"class_weight {self.class_weight!r} is neither balanced nor a weight for each name"
            )
        if isinstance(self.class_weight, dict):
            for name, weight in self.class_weight.items():
                if not 0 < weight < math.inf:
                    raise UserError(f"the class_weight of {name!r} must be above 0, not {weight}")
        if self.class_weight is not None and self.teacher is not None:
            raise UserError(
                "class_weight is for training on labels, and a teacher gives logits; leave one out"
            )

    def _check_start(self) -> None:
        """Checks the options that are for a pretrained model alone, or for another alone."""
        if self.new_head and self.pretrained is None:
            raise UserError("new_head is for a pretrained model; others have a new one anyway")
        if self.new_vocabulary and self.pretrained is None:
            raise UserError(
                "new_vocabulary is for a pretrained model; others have one of the texts anyway"
            )
        if self.spelling_vectors and self.pretrained is not None:
            raise UserError(
                "spelling_vectors are for a model that is not pretrained; leave them "
                "out or pretrained"
            )

    def _check_source_of_added_texts(self) -> None:
        """Checks that there is a model that unlabelled texts, and variants, need."""
        if self.unlabelled and self.teacher is None:
            raise UserError("unlabelled texts need a teacher; name one or leave them out")
        if self.augmented_copies and self.teacher is None and self.pretrained is None:
            raise UserError(
                "augmented_copies need a teacher or a pretrained model, whose embeddings say which "
                "words are similar; name one or leave them at 0"
            )

    @classmethod
    def from_json(cls, options: JsonValue) -> TrainingOptions:
        """Returns the settings that a file holds, as `to_dict` returned them.

        Args:
            options: the object of settings; those that are missing have their defaults.

        Raises:
            UserError: an option is unknown, or its value has another type or is out of range. The
                message names the file and the option.
        """
        types = {field.name: field.type for field in dataclasses.fields(cls)}
        for name in options.object():
            if name not in types:
                raise options.error(f"there is no option {name[:40]!r}")
        values = {
            name: _FROM_JSON[str(types[name])](options.get(name)) for name in options.object()
        }
        try:
            return cls(**values)
        except UserError as error:
            raise options.error(str(error)) from None

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings as JSON-able values."""
        return dataclasses.asdict(self)


def check_rates(weight_decay: float, **rates: float) -> None:
    """Checks the numbers that an optimizer or a loss multiplies or divides by.

    Args:
        weight_decay: may be 0.
        **rates: the others, by the names of their options.

    Raises:
        UserError: a number is out of range, infinite or NaN.
    """
    for name, rate in rates.items():
        if not 0 < rate < math.inf:
            raise UserError(f"{name} must be above 0 and finite, not {rate}")
    if not 0 <= weight_decay < math.inf:
        raise UserError(f"weight_decay must be at least 0 and finite, not {weight_decay}")


def check_precision(precision: str) -> None:
    """Checks the name of a precision.

    Args:
        precision: the name.

    Raises:
        UserError: there is no such precision.
    """
    if precision not in get_args(Precision):
        raise UserError(f"precision {precision!r} is not {' or '.join(get_args(Precision))}")
