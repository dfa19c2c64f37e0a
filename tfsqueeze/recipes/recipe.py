"""All settings of a run that the user does not name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, has_sentence_vectors, pretrained_folder
from tfsqueeze.configs.encoder_config import read_fields
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.recipes.data_facts import DataFacts
from tfsqueeze.recipes.setting_rules import SETTING_RULES, Situation, choose_start
from tfsqueeze.recipes.sizes import DEFAULT_SIZE, Size
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.json_files import JsonValue

# The source of a choice that rests on nothing but the data.
DATA = "the data"
_MOST_TOKENS = 512


class Choice(NamedTuple):
    """A setting that follows from the data.

    Args:
        option: the name of the option in `TrainingOptions`; `model.` precedes a field of `model`.
        value: its value.
        reason: why it was chosen.
        source: the measurement that the choice rests on.

    Example:
        >>> str(Choice("epochs", 8, "there are 4,000 examples to learn from", ""))
        'epochs 8: there are 4,000 examples to learn from'
    """

    option: str
    value: Any
    reason: str
    source: str

    def __str__(self) -> str:
        """Returns a line for people."""
        return f"{self.option} {self.value}: {self.reason}"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The settings of a run, and which of them follow from the data.

    Attributes:
        options: the settings, chosen ones and the user's.
        choices: the chosen ones, in order.
    """

    options: TrainingOptions
    choices: tuple[Choice, ...]


def make_recipe(facts: DataFacts, given: Mapping[str, Any], size: Size = DEFAULT_SIZE) -> Recipe:
    """Returns the settings of a run.

    Args:
        facts: those of the data.
        given: the options of `TrainingOptions` that the user names; rules leave them alone.
        size: the size of the model, where the user names neither a preset nor pretrained weights.

    Raises:
        UserError: a given value is out of range, or two options do not fit together.
    """
    chosen: dict[str, Choice] = {}
    if not any(given.get(name) for name in ("pretrained", "preset", "model_type")):
        start = choose_start(facts, size, given.get("tokenizer"))
        chosen[start.option] = Choice(*start, source=DATA)
    settings = {**{name: choice.value for name, choice in chosen.items()}, **given}
    situation = Situation(
        facts=facts,
        preset=given.get("preset"),
        is_pretrained=bool(settings.get("pretrained")),
        shapes_vocabulary=not given.keys().isdisjoint(("vocab_size", "lowercase")),
        **_shape(settings),
    )
    fields = {f"model.{name}" for name in given.get("model") or ()}
    for rule in SETTING_RULES:
        if rule.option in {*given, *fields, *chosen}:
            continue
        value = rule.value(situation)
        if value is not None:
            chosen[rule.option] = Choice(rule.option, value, rule.reason(situation), rule.source)
    return Recipe(TrainingOptions(**_options(chosen.values(), given)), tuple(chosen.values()))


def _options(choices: Iterable[Choice], given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments of `TrainingOptions`."""
    options: dict[str, Any] = {}
    model: dict[str, Any] = {}
    for choice in choices:
        name, _, field = choice.option.partition(".")
        if field:
            model[field] = choice.value
        else:
            options[name] = choice.value
    return {**options, **given, "model": {**model, **(given.get("model") or {})}}


def _shape(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of `Situation` that say what the model is."""
    if not settings.get("pretrained"):
        # A model that learns from scratch has as many positions as it is given.
        preset = load_preset(settings.get("preset") or TrainingOptions.preset)
        return {
            "most_tokens": _MOST_TOKENS,
            "hidden_size": preset.hidden_size,
            "model_type": preset.model_type,
            "has_sentence_vectors": False,
        }
    path = pretrained_folder(settings["pretrained"]) / CONFIG_FILE
    # Not `read_config`, which loads TensorFlow.
    config = JsonValue(read_fields(path), path)
    return {
        "most_tokens": _size(config, "max_position_embeddings") or _MOST_TOKENS,
        # DistilBERT has a name of its own for the channels.
        "hidden_size": _size(config, "hidden_size") or _size(config, "dim") or 0,
        "model_type": config.get("model_type").string() if config.has("model_type") else "",
        "has_sentence_vectors": has_sentence_vectors(settings["pretrained"]),
    }


def _size(config: JsonValue, name: str) -> int | None:
    """Returns a size that a config.json may leave out or have as null."""
    if config.object().get(name) is None:
        return None
    size = config.get(name).integer()
    if size < 1:
        raise config.get(name).error(f"it is {size}, and must be at least 1")
    return size
