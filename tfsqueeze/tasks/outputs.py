"""The kinds of outputs that task models have, one class for each.

A class owns all that follows from its kind: the loss and the metrics of training, the padding of
targets, the decoding of logits, the shape on a device, and the text in a file's metadata.
Keras is loaded only where a loss or a metric is asked for, so that a device decodes with the same
code.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np

from tfsqueeze.decoding.bio import repair_bio
from tfsqueeze.decoding.tag_sequences import viterbi_decode
from tfsqueeze.tasks.encodings import IGNORE_INDEX, Encodings
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.wording import with_article

if TYPE_CHECKING:
    import tf_keras as keras

OUTSIDE_TAG = "O"
_COMPARED_AT_ONCE = 256
# An int8 logit may lie exactly on its threshold, and libraries round a sigmoid differently. Kotlin
# (MultiLabelClassificationPredictor.kt), the page (multi_label_classification.js) and
# coral/decoding.py have the same number.
_ROUNDING = 1e-12
# Stands for a probability that is 0 in float32.
_SMALLEST = np.finfo(np.float32).tiny

# Which list of names numbers the classes of an output; None where they have no names.
ClassNames = Literal["labels", "slots", "vocabulary"] | None


class Output(abc.ABC):
    """One output of a task's models.

    Args:
        description: one sentence on the output's values, for the metadata of a file.
        class_names: which list of names numbers the classes along the last axis.

    Attributes:
        title: what the output decides, for messages.
        has_token_targets: whether a target has one entry a token, so that batches pad it.
        has_token_logits: whether the logits have one entry a token, so that a model of a shorter
            length gives fewer.
        learns_from_logits: whether a student can learn it from a teacher's logits.
        allows_split_tokens: whether its targets survive the splitting of tokens by subword
            dropout.
        decides_classes: whether its loss is one of classes, which label smoothing and the
            temperature of a teacher change; not of numbers or vectors.
        rows_together: how many rows, which follow each other, its loss takes together, so that a
            batch holds all of them.
    """

    title: ClassVar[str]
    has_token_targets: ClassVar[bool] = False
    has_token_logits: ClassVar[bool] = False
    learns_from_logits: ClassVar[bool] = False
    allows_split_tokens: ClassVar[bool] = False
    decides_classes: ClassVar[bool] = True
    rows_together: ClassVar[int] = 1

    def __init__(self, description: str, class_names: ClassNames = None) -> None:
        self.description = description
        self.class_names: ClassNames = class_names

    @abc.abstractmethod
    def loss(self, classes: Sequence[str], label_smoothing: float) -> keras.losses.Loss:
        """Returns the Keras loss.

        Args:
            classes: the names of the output's classes; none where they have no names.
            label_smoothing: the share of each target that is spread over all classes, in [0, 1).
        """

    @abc.abstractmethod
    def metrics(self, classes: Sequence[str]) -> list[keras.metrics.Metric]:
        """Returns the Keras metrics; `classes` as for `loss`."""

    def target_padding(self, dtype: np.dtype) -> Any:
        """Returns the value that pads targets of a dtype after the end of a row."""
        return dtype.type(IGNORE_INDEX if self.has_token_targets else 0)

    @abc.abstractmethod
    def decode(self, logits: np.ndarray, encodings: Encodings, classes: Sequence[str]) -> list[Any]:
        """Returns the prediction for each example.

        Args:
            logits: float [rows, ...], as `device_shape` says.
            encodings: the rows that the logits are of.
            classes: the names of the output's classes.
        """

    def active_logits(self, logits: np.ndarray, encodings: Encodings) -> np.ndarray:
        """Returns the logits that decide something: float [decisions, classes]."""
        return logits

    def decisions(
        self, logits: np.ndarray, encodings: Encodings, classes: Sequence[str]
    ) -> np.ndarray:
        """Returns what the logits decide: integers, equal where two models decide alike.

        The arguments are those of `decode`.
        """
        return self.active_logits(logits, encodings).argmax(axis=-1)

    def targets_of_logits(self, logits: np.ndarray) -> np.ndarray:
        """Returns targets of texts that have a teacher's logits and no labels.

        Args:
            logits: float [texts, ...].

        Raises:
            NotImplementedError: the targets are not those of whole texts.
        """
        raise NotImplementedError

    def to_logits(self, probabilities: np.ndarray) -> np.ndarray:
        """Returns logits of probabilities, of files that give these instead.

        Args:
            probabilities: float [rows, classes], in 0..1.

        Raises:
            UserError: the output has no probabilities.
        """
        raise UserError(
            f"{with_article(self.title)} has no probabilities, which the model's output is named "
            "after; convert the trained model again"
        )

    @abc.abstractmethod
    def device_shape(self, max_length: int, channels: int) -> tuple[int, ...]:
        """Returns the shape of one row of logits in a .tflite file.

        Args:
            max_length: tokens of a row.
            channels: size of the last axis: classes, or channels of a vector.
        """


class TextLabel(Output):
    """One class for each text: logits float [texts, classes], targets int32 [texts]."""

    title = "label of a text"
    learns_from_logits = True
    allows_split_tokens = True

    def __init__(self, description: str = "One score per label.") -> None:
        super().__init__(description, "labels")

    def loss(self, classes, label_smoothing):
        from tfsqueeze.tasks.keras_losses import SmoothedCrossEntropy

        return SmoothedCrossEntropy(label_smoothing)

    def metrics(self, classes):
        import tf_keras as keras

        from tfsqueeze.tasks.keras_metrics import BalancedAccuracy, MacroF1

        return [
            keras.metrics.SparseCategoricalAccuracy("accuracy"),
            MacroF1(len(classes)),
            BalancedAccuracy(len(classes)),
        ]

    def decode(self, logits, encodings, classes):
        """Returns the most probable class of each text."""
        return [classes[index] for index in logits.argmax(axis=-1)]

    def targets_of_logits(self, logits):
        return logits.argmax(axis=-1)

    def to_logits(self, probabilities):
        """Returns the logits whose softmax is given, up to a constant for each text."""
        return np.log(np.maximum(probabilities, _SMALLEST))

    def device_shape(self, max_length, channels):
        return (channels,)


class ChosenLabels(NamedTuple):
    """The labels of a text.

    Args:
        labels: the names of those whose probability reaches their threshold.
        probabilities: the probability of every label, float [labels].
    """

    labels: list[str]
    probabilities: np.ndarray


class TextLabels(Output):
    """Any number of labels for each text: logits and targets float [texts, labels].

    A target is 1 for a label of the text and 0 for others. The sigmoid of a logit is the
    probability of a label.

    Args:
        thresholds: the probability from which a text has a label, for each label; 0.5 for all by
            default.
    """

    title = "labels of a text"
    learns_from_logits = True
    allows_split_tokens = True

    def __init__(self, thresholds: Sequence[float] | None = None) -> None:
        super().__init__("One score per label; its sigmoid is the label's probability.", "labels")
        self.thresholds = 0.5 if thresholds is None else np.array(thresholds)

    def loss(self, classes, label_smoothing):
        import tf_keras as keras

        return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=label_smoothing)

    def metrics(self, classes):
        from tfsqueeze.tasks.keras_metrics import MicroF1

        return [MicroF1()]

    def decode(self, logits, encodings, classes):
        """Returns the `ChosenLabels` of each text."""
        probabilities = sigmoid(logits)
        return [
            ChosenLabels([classes[int(index)] for index in np.flatnonzero(chosen)], row)
            for chosen, row in zip(self._choose(logits), probabilities, strict=True)
        ]

    def decisions(self, logits, encodings, classes):
        """Returns which labels reach their thresholds: int [texts, labels]."""
        return self._choose(logits).astype(int)

    def targets_of_logits(self, logits):
        return sigmoid(logits) >= 0.5

    def to_logits(self, probabilities):
        """Returns the logits whose sigmoid is given."""
        within = np.clip(probabilities, _SMALLEST, 1 - np.finfo(np.float32).epsneg)
        return np.log(within) - np.log1p(-within)

    def device_shape(self, max_length, channels):
        return (channels,)

    def _choose(self, logits: np.ndarray) -> np.ndarray:
        return sigmoid(logits) >= self.thresholds - _ROUNDING


class TextNumber(Output):
    """One number for each text: logits float [texts, 1], targets float32 [texts, 1].

    Both are standardised, so that the int8 steps of the logits are spread over the numbers that
    occur: a number is `mean + scale * logit`.

    Args:
        mean: the mean of the numbers.
        scale: their standard deviation.
    """

    title = "number of a text"
    learns_from_logits = True
    allows_split_tokens = True
    decides_classes = False

    def __init__(self, mean: float = 0.0, scale: float = 1.0) -> None:
        super().__init__("The number, less the mean and divided by the scale of training.")
        self.mean, self.scale = mean, scale

    def loss(self, classes, label_smoothing):
        import tf_keras as keras

        return keras.losses.MeanSquaredError()

    def metrics(self, classes):
        import tf_keras as keras

        return [keras.metrics.R2Score(name="r2")]

    def standardise(self, numbers: np.ndarray) -> np.ndarray:
        """Returns the targets of numbers: float32 [texts, 1], given float [texts]."""
        return ((numbers - self.mean) / self.scale).astype(np.float32)[:, None]

    def decode(self, logits, encodings, classes):
        """Returns the number of each text."""
        return (self.mean + self.scale * logits[:, 0].astype(np.float64)).tolist()

    def decisions(self, logits, encodings, classes):
        """Returns how many standard deviations each number is above the mean: int [texts]."""
        return np.rint(logits[:, 0]).astype(int)

    def targets_of_logits(self, logits):
        return logits

    def device_shape(self, max_length, channels):
        return (1,)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Returns the probabilities of logits, each on its own: float64 of the same shape."""
    # exp of a large number would overflow.
    return 0.5 * (1 + np.tanh(0.5 * logits.astype(np.float64)))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Returns the probabilities of logits: float64 of the same shape; the last axis sums to 1."""
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


class WordTag(Output):
    """One tag for each word: logits float [texts, length, tags], targets int32 [texts, length].

    A word's logits and target stand at its first token; the target of all other tokens is
    `IGNORE_INDEX`.
    """

    title = "tag of each word"
    has_token_targets = True
    has_token_logits = True
    learns_from_logits = True
    allows_split_tokens = True

    def __init__(
        self,
        description: str = "One score per token and label.",
        class_names: ClassNames = "labels",
    ) -> None:
        super().__init__(description, class_names)

    def loss(self, classes, label_smoothing):
        from tfsqueeze.tasks.keras_losses import TagSequenceLoss

        return TagSequenceLoss(classes, label_smoothing)

    def metrics(self, classes):
        from tfsqueeze.tasks.keras_metrics import SpanF1, TokenAccuracy

        return [TokenAccuracy("accuracy"), SpanF1(classes)]

    def decode(self, logits, encodings, classes):
        """Returns a tag for each word of each text, as `best_tags` and `name_tags` say."""
        return self.name_tags(self.best_tags(logits, encodings, classes), encodings, classes)

    def active_logits(self, logits, encodings):
        return logits[encodings.word_ids >= 0]

    def decisions(self, logits, encodings, classes):
        """Returns the ids of the tags of all words: int [words]."""
        return self.best_tags(logits, encodings, classes)[encodings.word_ids >= 0]

    def device_shape(self, max_length, channels):
        return max_length, channels

    @staticmethod
    def best_tags(logits: np.ndarray, encodings: Encodings, classes: Sequence[str]) -> np.ndarray:
        """Returns the ids of the tags of the most probable sequences: int [texts, length].

        In a sequence each I- tag continues a span. The ids have a meaning at the first token of
        each word alone.
        """
        return viterbi_decode(logits, encodings.word_ids >= 0, classes)

    @staticmethod
    def name_tags(
        best: np.ndarray, encodings: Encodings, classes: Sequence[str]
    ) -> list[list[str]]:
        """Returns the names of the tags that `best_tags` found, one for each word.

        A word that was cut off gets the tag O.
        """
        named = []
        for tag_ids, word_ids, count in zip(
            best, encodings.word_ids, encodings.word_counts, strict=True
        ):
            tags = [OUTSIDE_TAG] * count
            for word_id, tag_id in zip(word_ids, tag_ids, strict=True):
                if word_id >= 0:
                    tags[word_id] = classes[tag_id]
            named.append(repair_bio(tags))
        return named


class TokenPosition(Output):
    """The position of one token of a row.

    Logits are float [rows, length], targets int32 [rows, length]: 1 at the token, 0 at the other
    possible tokens, `IGNORE_INDEX` elsewhere.
    """

    title = "position of a token"
    has_token_targets = True
    has_token_logits = True
    learns_from_logits = True

    def loss(self, classes, label_smoothing):
        from tfsqueeze.tasks.keras_losses import PositionCrossEntropy

        return PositionCrossEntropy(label_smoothing)

    def metrics(self, classes):
        from tfsqueeze.tasks.keras_metrics import PositionAccuracy

        return [PositionAccuracy("accuracy")]

    def decode(self, logits, encodings, classes):
        """Returns the position with the highest logit in each row."""
        return list(logits.argmax(axis=-1))

    def active_logits(self, logits, encodings):
        """Returns the logits of the possible tokens: float [tokens]."""
        return logits[self.possible(encodings)]

    @staticmethod
    def possible(encodings: Encodings) -> np.ndarray:
        """Returns the tokens of the context and the first of each row: bool [rows, length].

        The first token stands for "no answer".
        """
        possible = encodings.offset_mapping[:, :, 0] >= 0
        possible[:, 0] = True
        return possible

    def device_shape(self, max_length, channels):
        return (max_length,)


class MaskedTokenResult(NamedTuple):
    """How well one masked token was found.

    Args:
        is_right: whether the most probable token is the right one.
        log_likelihood: the natural logarithm of the right token's probability.
    """

    is_right: bool
    log_likelihood: float


class MaskedToken(Output):
    """The token behind each mask.

    Logits are float [rows, masked tokens, vocabulary], targets int32 [rows, masked tokens] with
    `IGNORE_INDEX` after the last. A device is asked about one token at a time.
    """

    title = "masked token"
    has_token_targets = True

    def __init__(self, description: str = "One score per token of the vocabulary.") -> None:
        super().__init__(description, "vocabulary")

    def loss(self, classes, label_smoothing):
        from tfsqueeze.tasks.keras_losses import TokenCrossEntropy

        return TokenCrossEntropy(label_smoothing)

    def metrics(self, classes):
        from tfsqueeze.tasks.keras_metrics import TokenAccuracy

        return [TokenAccuracy("accuracy")]

    def decode(self, logits, encodings, classes):
        """Returns a `MaskedTokenResult` for each masked token."""
        logits = self.active_logits(logits, encodings)
        true = encodings.masked_ids[encodings.masked_ids != IGNORE_INDEX]
        highest = logits.max(axis=-1)
        normalizers = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=-1))
        likelihoods = logits[np.arange(len(true)), true] - normalizers
        return [
            MaskedTokenResult(*result)
            for result in zip(logits.argmax(axis=-1) == true, likelihoods, strict=True)
        ]

    def active_logits(self, logits, encodings):
        return logits[encodings.masked_ids != IGNORE_INDEX]

    def device_shape(self, max_length, channels):
        return 1, channels


class TextVector(Output):
    """A vector for each text: float [texts, channels]; its targets are a teacher's vectors."""

    title = "vector of a text"
    allows_split_tokens = True
    decides_classes = False

    def __init__(
        self, description: str = "A vector of length 1, near those of texts of like meaning."
    ) -> None:
        super().__init__(description)

    def loss(self, classes, label_smoothing):
        from tfsqueeze.tasks.keras_losses import CosineDistance

        return CosineDistance()

    def metrics(self, classes):
        import tf_keras as keras

        return [keras.metrics.CosineSimilarity("cosine")]

    def decode(self, logits, encodings, classes):
        """Returns the vector of each text, or the two of each pair: float [1 or 2, channels]."""
        vectors_per_example = 1 if encodings.example_ids is None else 2
        return list(logits.reshape(-1, vectors_per_example, logits.shape[-1]))

    def decisions(self, logits, encodings, classes):
        """Returns which other text is nearest to each: int [texts]."""
        vectors = logits.astype(np.float32)
        nearest = []
        for start in range(0, len(vectors), _COMPARED_AT_ONCE):
            cosines = vectors[start : start + _COMPARED_AT_ONCE] @ vectors.T
            cosines[np.arange(len(cosines)), np.arange(start, start + len(cosines))] = -np.inf
            nearest.append(cosines.argmax(axis=1))
        return np.concatenate(nearest)

    def device_shape(self, max_length, channels):
        return (channels,)


class ScoredPair(TextVector):
    """The vectors of the two texts of a pair, whose cosine follows the pair's score.

    The vectors are float [texts, channels], the two of a pair one after the other. The targets are
    float32 [texts], the cosine that both texts of a pair should have.

    Args:
        lowest: the score for which the cosine should be 0.
        highest: the score for which it should be 1.
    """

    title = "vectors of a scored pair"
    allows_split_tokens = False
    rows_together = 2

    def __init__(self, lowest: float = 0.0, highest: float = 1.0) -> None:
        super().__init__()
        self.lowest, self.highest = lowest, highest

    def cosines(self, scores: Sequence[float]) -> np.ndarray:
        """Returns the cosines that follow from scores: float32 [pairs]."""
        scaled = (np.array(scores) - self.lowest) / (self.highest - self.lowest)
        return scaled.astype(np.float32)

    def loss(self, classes, label_smoothing):
        from tfsqueeze.tasks.keras_pairs import CosineScoreLoss

        return CosineScoreLoss()

    def metrics(self, classes):
        from tfsqueeze.tasks.keras_pairs import PairPearson

        return [PairPearson()]


class PositivePair(TextVector):
    """The vectors of two texts that belong together, nearer to each other than to other texts.

    The vectors are as those of `ScoredPair`. The targets are int32 [texts], equal for texts that
    the model cannot tell apart.
    """

    title = "vectors of a pair"
    allows_split_tokens = False
    rows_together = 2

    def loss(self, classes, label_smoothing):
        from tfsqueeze.tasks.keras_pairs import MultipleNegativesRankingLoss

        return MultipleNegativesRankingLoss()

    def metrics(self, classes):
        from tfsqueeze.tasks.keras_pairs import PairAccuracy

        return [PairAccuracy("accuracy")]
