"""The rules by which settings of training follow from facts of the data.

Each rule says what it rests on: settings that are measured in benchmarks/results, or a measurement
of its own. Rules are tried in their order; the first that fits sets an option.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from tfsqueeze.recipes.data_facts import ENGLISH_WORDS, DataFacts
from tfsqueeze.recipes.sizes import Size
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.training.training_options import TrainingOptions

_WORD_TASKS = (TaskName.TOKEN_CLASSIFICATION, TaskName.INTENT_AND_SLOTS)
_TEXT_TASKS = (
    TaskName.TEXT_CLASSIFICATION,
    TaskName.MULTI_LABEL_CLASSIFICATION,
    TaskName.REGRESSION,
)
# A model of at most so many channels is narrow.
_NARROW = 256
# So many examples the float stage sees, within bounds of epochs.
_EXAMPLES_SEEN = 80_000
_EPOCHS = 2, 8
# With fewer examples a model has hardly learned, however small the data are.
_LEAST_EXAMPLES_SEEN = 9_600
# Slots gain from a longer training, entities lose.
_COMMANDS_SEEN = 160_000
_EPOCHS_OF_COMMANDS = 2, 16
# Few classes of texts, and pairs whose mean vectors are compared, are soon learned. A longer
# training costs more of what the weights know than it adds.
_EPOCHS_OF_FEW_CLASSES = 2, 4
_EPOCHS_OF_MEANS = 2, 3
_FEW_CLASSES = 10
# A model that learns from scratch takes longer.
_EPOCHS_FROM_SCRATCH = 8, 16
# Pretrained weights that the package does not have.
_HUB_WEIGHTS = {"base": "squeezebert/squeezebert-uncased"}
_SUITE = "benchmarks/results/suite.md"
_TASKS = "benchmarks/results/tasks.md"
_TRIALS = "short trials, which no script here repeats; docs/results.md"
_FEW = "benchmarks/results/few-examples.md"
_NOT_MEASURED = "not measured"


@dataclasses.dataclass(frozen=True)
class Situation:
    """What rules look at.

    Attributes:
        facts: those of the data.
        preset: the preset that the user named; None for none.
        is_pretrained: whether training starts from pretrained weights.
        shapes_vocabulary: whether the user names the size or the case of the vocabulary.
        most_tokens: the most tokens that the model can read.
        hidden_size: the number of its channels.
        model_type: its architecture, as in config.json.
        has_sentence_vectors: whether the weights are a SqueezeBERT of this package, whose mean
            vectors of texts were distilled.
    """

    facts: DataFacts
    preset: str | None
    is_pretrained: bool
    shapes_vocabulary: bool
    most_tokens: int
    hidden_size: int
    model_type: str
    has_sentence_vectors: bool

    @property
    def is_english(self) -> bool:
        """Whether the vocabulary of the backbones fits the texts."""
        return self.facts.whole_words >= ENGLISH_WORDS

    @property
    def has_word_task(self) -> bool:
        """Whether the task is one of tagged words."""
        return self.facts.task in _WORD_TASKS

    @property
    def finds_answers(self) -> bool:
        """Whether the task is one of questions about contexts."""
        return self.facts.task == TaskName.QUESTION_ANSWERING

    @property
    def compares_texts(self) -> bool:
        """Whether the task is to classify or rate pairs of texts."""
        return self.facts.pairs and self.facts.task in _TEXT_TASKS

    @property
    def rates_pairs(self) -> bool:
        """Whether the task is a number for each pair of texts."""
        return self.facts.pairs and self.facts.task == TaskName.REGRESSION

    @property
    def compares_means(self) -> bool:
        """Whether texts are compared by mean vectors that were distilled."""
        return self.compares_texts and self.has_sentence_vectors

    @property
    def has_few_classes(self) -> bool:
        """Whether pretrained weights learn to tell a few classes of single texts apart."""
        return (
            self.is_pretrained
            and self.facts.task == TaskName.TEXT_CLASSIFICATION
            and not self.facts.pairs
            and self.facts.classes <= _FEW_CLASSES
        )

    @property
    def is_squeezebert(self) -> bool:
        """Whether the architecture is SqueezeBERT."""
        return self.model_type == "squeezebert"

    @property
    def is_tagger_from_scratch(self) -> bool:
        """Whether tags are learnt without pretrained weights."""
        return self.has_word_task and not self.is_pretrained

    @property
    def is_new_tagger(self) -> bool:
        """Whether tags are learnt from scratch and the user names no preset."""
        return self.is_tagger_from_scratch and self.preset is None

    @property
    def is_classifier_from_scratch(self) -> bool:
        """Whether classes of texts are learnt without pretrained weights."""
        return self.facts.task == TaskName.TEXT_CLASSIFICATION and not self.is_pretrained


@dataclasses.dataclass(frozen=True)
class SettingRule:
    """A rule for one option.

    Attributes:
        option: the name of the option in `TrainingOptions`; `model.` precedes a field of `model`.
        when: the data and models that the rule is for, in a few words.
        value: returns the value, or None where the rule does not fit.
        reason: returns why, for a sentence.
        source: the measurement that the rule rests on.
    """

    option: str
    when: str
    value: Callable[[Situation], Any]
    reason: Callable[[Situation], str]
    source: str


class Start(NamedTuple):
    """What training starts from.

    Args:
        option: `pretrained` or `preset`.
        value: the name of the weights or of the preset.
        reason: why.
    """

    option: Literal["pretrained", "preset"]
    value: str
    reason: str


def choose_start(facts: DataFacts, size: Size, tokenizer: str | None = None) -> Start:
    """Returns what training starts from.

    Args:
        facts: those of the data.
        size: the size of the model.
        tokenizer: the tokenizer that the user names; None for none.
    """
    name = f"squeezebert-{size}"
    weights = _HUB_WEIGHTS.get(size, name)
    if size == "micro":
        return Start("preset", name, "the smallest size learns from scratch")
    share = f"{facts.whole_words:.0%} of the words are"
    is_english = facts.whole_words >= ENGLISH_WORDS
    if is_english and tokenizer is None:
        return Start("pretrained", weights, f"{share} in its vocabulary, which is English")
    if facts.task in _WORD_TASKS and size == "tiny":
        name = "squeezebert-tagger"
    if is_english:
        return Start("preset", name, "a tokenizer is named, and pretrained weights have their own")
    reason = f"only {share} in the English vocabulary of the pretrained weights"
    return Start("preset", name, f"{reason}; the texts are in {facts.languages}")


@dataclasses.dataclass(frozen=True)
class Fixed:
    """One value for all data and models of a kind.

    Attributes:
        value: the value.
        fits: whether data and model are of the kind.
    """

    value: Any
    fits: Callable[[Situation], bool] = lambda _: True

    def __call__(self, situation: Situation) -> Any:
        """Returns the value, or None where it does not fit."""
        return self.value if self.fits(situation) else None


def _length(situation: Situation) -> int:
    # A vocabulary that is trained from texts splits their words less than the English one does.
    tokens = situation.facts.tokens
    most = min(situation.most_tokens, 256 if situation.facts.pairs else 128)
    return min(most, max(16, -(-tokens // 8) * 8))


def _length_reason(situation: Situation) -> str:
    tokens = situation.facts.tokens
    if tokens > _length(situation) and situation.finds_answers:
        return "longer contexts are read in windows that overlap"
    if tokens > _length(situation):
        return f"1 % of the texts have {tokens} tokens or more; longer ones are cut off"
    return f"99 % of the texts have at most {tokens} tokens"


def _epochs(situation: Situation) -> int:
    seen = _EXAMPLES_SEEN
    if not situation.is_pretrained:
        least, most = _EPOCHS_FROM_SCRATCH
    elif situation.facts.task == TaskName.INTENT_AND_SLOTS:
        least, most = _EPOCHS_OF_COMMANDS
        seen = _COMMANDS_SEEN
    elif situation.compares_means:
        least, most = _EPOCHS_OF_MEANS
    elif situation.has_few_classes:
        least, most = _EPOCHS_OF_FEW_CLASSES
    else:
        least, most = _EPOCHS
    usual = min(most, max(least, round(seen / situation.facts.examples)))
    return max(usual, _least_epochs(situation))


def _least_epochs(situation: Situation) -> int:
    return -(-_LEAST_EXAMPLES_SEEN // situation.facts.examples)


def _patience(situation: Situation) -> int | None:
    """Few validation examples say little: training goes on for half of its epochs without gain."""
    epochs = _epochs(situation)
    half = epochs // 2
    has_few_examples = epochs == _least_epochs(situation)
    return half if has_few_examples and half > TrainingOptions.patience else None


SETTING_RULES = (
    SettingRule(
        "new_vocabulary",
        "pretrained weights, a named size or case of the vocabulary",
        Fixed(True, lambda x: x.is_pretrained and x.shapes_vocabulary),
        lambda _: "its size or case is named, so the pretrained layers get one of the texts",
        _NOT_MEASURED,
    ),
    SettingRule("max_length", "all", _length, _length_reason, "the 99th percentile of 2,000 texts"),
    SettingRule(
        "epochs",
        "all",
        _epochs,
        lambda x: f"there are {x.facts.examples:,} examples to learn from",
        f"{_SUITE}; {_FEW}",
    ),
    SettingRule(
        "patience",
        "few examples",
        _patience,
        lambda _: "the examples for validation are few, too",
        _FEW,
    ),
    SettingRule(
        "qat_epochs",
        "answers",
        Fixed(0, lambda x: x.finds_answers),
        lambda _: "calibrated int8 files find nearly the same answers as float",
        _SUITE,
    ),
    SettingRule(
        "qat_epochs",
        "all other",
        Fixed(1),
        lambda _: "int8 files are close to float by then",
        _SUITE,
    ),
    SettingRule(
        "learning_rate",
        "tags, from scratch",
        Fixed(1.5e-3, lambda x: x.is_tagger_from_scratch),
        lambda _: "tags are learnt from scratch",
        _TASKS,
    ),
    SettingRule(
        "learning_rate",
        "pretrained weights of another architecture than SqueezeBERT",
        Fixed(2e-4, lambda x: x.is_pretrained and not x.is_squeezebert),
        lambda x: f"the weights are those of a {x.model_type}",
        "fine-tuned MiniLM in benchmarks/results/compare",
    ),
    SettingRule(
        "learning_rate",
        "pretrained weights, at most 10 classes of single texts",
        Fixed(2e-4, lambda x: x.has_few_classes),
        lambda x: f"the weights are pretrained, and there are only {x.facts.classes} classes",
        _SUITE,
    ),
    SettingRule(
        "learning_rate",
        "pretrained weights, other single texts, and tags",
        Fixed(5e-4, lambda x: x.is_pretrained and (x.has_word_task or not x.facts.pairs)),
        lambda _: "the weights are pretrained",
        f"benchmarks/results/compare; {_SUITE}",
    ),
    SettingRule(
        "learning_rate",
        "pretrained weights, pairs and answers",
        Fixed(3e-4, lambda x: x.is_pretrained),
        lambda _: "the weights are pretrained, and the texts are pairs",
        _SUITE,
    ),
    SettingRule(
        "learning_rate",
        "from scratch, more than 256 channels",
        Fixed(5e-4, lambda x: x.hidden_size > _NARROW),
        lambda _: "the model learns from scratch",
        "benchmarks/results/compare",
    ),
    SettingRule(
        "learning_rate",
        "from scratch, at most 256 channels",
        Fixed(2e-3),
        lambda _: "a narrow model learns from scratch",
        "tfsqueeze demo",
    ),
    SettingRule(
        "batch_size",
        "tags",
        Fixed(64, lambda x: x.has_word_task),
        lambda _: "words are tagged",
        _SUITE,
    ),
    SettingRule(
        "batch_size",
        "answers",
        Fixed(8, lambda x: x.finds_answers),
        lambda _: "answers are learnt from many small steps",
        _TRIALS,
    ),
    SettingRule(
        "batch_size", "all other", Fixed(32), lambda _: "that many texts fit any machine", _SUITE
    ),
    SettingRule(
        "match_types",
        "answers, pretrained SqueezeBERT",
        Fixed(True, lambda x: x.finds_answers and x.is_pretrained and x.is_squeezebert),
        lambda _: "answers are near words of the question",
        _TRIALS,
    ),
    SettingRule(
        "model.pair_encoder",
        "labels and numbers of pairs, weights with distilled sentence vectors",
        Fixed("bi_encoder", lambda x: x.compares_means),
        lambda _: "texts of like meaning have near mean vectors in these weights",
        _SUITE,
    ),
    SettingRule(
        "model.pair_encoder",
        "numbers of pairs, SqueezeBERT from scratch",
        Fixed("bi_encoder", lambda x: x.rates_pairs and not x.is_pretrained and x.is_squeezebert),
        lambda _: "a model from scratch learns similarity best from mean vectors",
        "squeezebert-micro on STS-B in docs/results.md",
    ),
    SettingRule(
        "word_dropout",
        "masked words",
        Fixed(0.0, lambda x: x.facts.task == TaskName.MASKED_LM),
        lambda _: "words are masked anyway",
        _NOT_MEASURED,
    ),
    SettingRule(
        "word_dropout",
        "tags",
        Fixed(0.1, lambda x: x.has_word_task),
        lambda _: "words are tagged",
        _SUITE,
    ),
    SettingRule(
        "word_dropout",
        "pretrained weights",
        Fixed(0.05, lambda x: x.is_pretrained),
        lambda _: "the weights are pretrained",
        _SUITE,
    ),
    SettingRule(
        "word_dropout",
        "from scratch",
        Fixed(0.15),
        lambda _: "the model learns from scratch",
        "tfsqueeze demo",
    ),
    SettingRule(
        "model.feed_forward_type",
        "tags, pretrained weights",
        Fixed("both", lambda x: x.has_word_task and x.is_pretrained),
        lambda _: "what a word is depends on its neighbours, which convolutions see",
        _SUITE,
    ),
    SettingRule(
        "model.hidden_dropout_prob",
        "tags, from scratch",
        Fixed(0.2, lambda x: x.is_tagger_from_scratch),
        lambda _: "tags are learnt from scratch",
        _TASKS,
    ),
    SettingRule(
        "model.hidden_dropout_prob",
        "classes of texts, from scratch",
        Fixed(0.2, lambda x: x.is_classifier_from_scratch),
        lambda _: "the model learns from scratch",
        "tfsqueeze demo",
    ),
    SettingRule(
        "label_smoothing",
        "classes of texts, from scratch",
        Fixed(0.05, lambda x: x.is_classifier_from_scratch),
        lambda _: "the model learns from scratch",
        "tfsqueeze demo",
    ),
    SettingRule(
        "lowercase",
        "tags, from scratch, without a named preset",
        Fixed(False, lambda x: x.is_new_tagger),
        lambda _: "capitals help to find names",
        _TASKS,
    ),
    SettingRule(
        "vocab_size",
        "tags, from scratch, without a named preset",
        Fixed(30_000, lambda x: x.is_new_tagger),
        lambda _: "names have rare words",
        _TASKS,
    ),
    SettingRule(
        "subword_dropout",
        "entities, from scratch, without a named preset",
        Fixed(0.2, lambda x: x.is_new_tagger and x.facts.task == TaskName.TOKEN_CLASSIFICATION),
        lambda _: "names have words that are not in the training texts",
        _TASKS,
    ),
    SettingRule(
        "spelling_vectors",
        "entities, from scratch, without a named preset",
        Fixed(True, lambda x: x.is_new_tagger and x.facts.task == TaskName.TOKEN_CLASSIFICATION),
        lambda _: "words of similar spelling are often of one kind",
        _TASKS,
    ),
)
