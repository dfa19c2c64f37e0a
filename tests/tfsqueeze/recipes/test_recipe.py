"""Settings that follow from facts of the data."""

from __future__ import annotations

import dataclasses
import json

import pytest

from tfsqueeze.configs.presets import PRESETS
from tfsqueeze.recipes.data_facts import DataFacts
from tfsqueeze.recipes.recipe import make_recipe
from tfsqueeze.recipes.setting_rules import SETTING_RULES
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

ENGLISH = DataFacts(
    task="text-classification",
    pairs=False,
    examples=10_000,
    classes=30,
    rarest_share=0.2,
    tokens=21,
    whole_words=0.95,
    languages="en (100 %)",
)
GERMAN = dataclasses.replace(ENGLISH, whole_words=0.5)


def options_of(facts, size="tiny", **given):
    return make_recipe(facts, given, size).options


def test_english_texts_start_from_pretrained_weights():
    options = options_of(ENGLISH)
    assert (options.pretrained, options.learning_rate) == ("squeezebert-tiny", 5e-4)
    assert (options.max_length, options.epochs) == (24, 8)


def test_epochs_and_rates_of_each_kind_of_data():
    few = options_of(dataclasses.replace(ENGLISH, classes=3))
    assert (few.learning_rate, few.epochs) == (2e-4, 4)
    pairs = options_of(dataclasses.replace(ENGLISH, classes=3, pairs=True))
    assert (pairs.learning_rate, pairs.epochs) == (3e-4, 3)
    tags = options_of(dataclasses.replace(ENGLISH, classes=3, task="token-classification"))
    assert (tags.learning_rate, tags.epochs) == (5e-4, 8)
    commands = options_of(dataclasses.replace(ENGLISH, task="intent-and-slots"))
    assert (commands.learning_rate, commands.epochs) == (5e-4, 16)


def test_other_languages_learn_from_scratch():
    options = options_of(GERMAN)
    assert (options.pretrained, options.preset) == (None, "squeezebert-tiny")
    assert options.epochs == 8 and options.learning_rate == 5e-4
    tagger = options_of(dataclasses.replace(GERMAN, task="token-classification"))
    assert tagger.preset == "squeezebert-tagger" and not tagger.lowercase
    assert tagger.spelling_vectors and tagger.subword_dropout == 0.2


@pytest.mark.parametrize(
    "fields",
    [
        {"max_position_embeddings": "512"},
        {"max_position_embeddings": 0},
        {"hidden_size": "128"},
        {"model_type": ["bert"]},
    ],
)
def test_an_odd_config_of_pretrained_weights_is_one_sentence(fields, tmp_path):
    config = {"model_type": "bert", "max_position_embeddings": 512, "hidden_size": 768}
    (tmp_path / "config.json").write_text(json.dumps({**config, **fields}))
    with pytest.raises(UserError, match=rf"config.json: .*{next(iter(fields))}"):
        options_of(ENGLISH, pretrained=str(tmp_path))


def test_a_config_without_a_number_of_positions_has_the_usual_one(tmp_path):
    config = {"model_type": "distilbert", "max_position_embeddings": None, "dim": 768}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert options_of(ENGLISH, pretrained=str(tmp_path)).max_length == 24


def test_the_smallest_size_learns_from_scratch():
    options = options_of(ENGLISH, "micro")
    assert (options.pretrained, options.preset) == (None, "squeezebert-micro")
    assert options.learning_rate == 2e-3


def test_answers_learn_from_small_batches_with_match_types():
    answers = dataclasses.replace(ENGLISH, task="question-answering", pairs=True)
    options = options_of(answers)
    assert options.match_types and options.batch_size == 8
    assert not options_of(answers, match_types=False).match_types
    # Other architectures have two token types; learning from scratch was not measured.
    assert not options_of(answers, pretrained="all-minilm-l6-v2").match_types
    assert not options_of(answers, "micro").match_types


def test_pretrained_weights_compare_pairs_by_their_means():
    pairs = dataclasses.replace(ENGLISH, pairs=True)
    assert options_of(pairs).model["pair_encoder"] == "bi_encoder"
    number = dataclasses.replace(pairs, task="regression")
    assert options_of(number).model["pair_encoder"] == "bi_encoder"
    assert options_of(number, "micro").model["pair_encoder"] == "bi_encoder"
    cross = {"pair_encoder": "cross_encoder"}
    assert options_of(pairs, model=cross).model == cross
    for options in (
        options_of(ENGLISH),
        options_of(pairs, "micro"),
        options_of(pairs, pretrained="all-minilm-l6-v2"),
        options_of(number, pretrained="all-minilm-l6-v2"),
        options_of(dataclasses.replace(pairs, task="question-answering")),
        options_of(dataclasses.replace(pairs, task="sentence-embeddings")),
    ):
        assert "pair_encoder" not in options.model


@pytest.mark.parametrize("task", [name.value for name in TaskName])
@pytest.mark.parametrize("facts", [ENGLISH, GERMAN])
@pytest.mark.parametrize("size", ["micro", "tiny", "small"])
def test_every_task_gets_settings_that_fit_together(task, facts, size):
    recipe = make_recipe(dataclasses.replace(facts, task=task), {}, size)
    assert recipe.options.preset in PRESETS
    for choice in recipe.choices:
        name, _, field = choice.option.partition(".")
        value = getattr(recipe.options, name)
        assert (value[field] if field else value) == choice.value
        assert choice.reason and choice.source


@pytest.mark.parametrize("named", [{"vocab_size": 500}, {"lowercase": False}])
def test_a_named_vocabulary_is_trained_for_pretrained_layers(named):
    recipe = make_recipe(ENGLISH, named)
    assert recipe.options.pretrained == "squeezebert-tiny" and recipe.options.new_vocabulary
    assert "new_vocabulary" in {choice.option for choice in recipe.choices}
    assert options_of(ENGLISH, pretrained="all-minilm-l6-v2", **named).new_vocabulary
    assert not options_of(ENGLISH, new_vocabulary=False, **named).new_vocabulary
    # Models from scratch have a vocabulary of the texts anyway.
    assert not options_of(GERMAN, **named).new_vocabulary
    assert not options_of(ENGLISH, "micro", **named).new_vocabulary
    assert not options_of(ENGLISH).new_vocabulary


def test_a_named_tokenizer_is_for_a_model_from_scratch():
    recipe = make_recipe(ENGLISH, {"tokenizer": "squeezebert-tiny"})
    options = recipe.options
    assert (options.pretrained, options.preset) == (None, "squeezebert-tiny")
    assert recipe.choices[0].reason.startswith("a tokenizer is named")
    tags = dataclasses.replace(ENGLISH, task="token-classification")
    assert options_of(tags, tokenizer="squeezebert-tiny").preset == "squeezebert-tagger"


def test_what_the_user_names_is_kept():
    given = {"epochs": 3, "learning_rate": 1e-3, "max_length": 40, "word_dropout": 0.0}
    recipe = make_recipe(ENGLISH, given)
    assert {name: getattr(recipe.options, name) for name in given} == given
    assert not {choice.option for choice in recipe.choices} & given.keys()
    tagged = dataclasses.replace(ENGLISH, task="intent-and-slots")
    dense = {"feed_forward_type": "dense", "squeeze_size": 64}
    assert options_of(tagged, model=dense).model == dense
    assert options_of(tagged, model={"squeeze_size": 64}).model == {
        "feed_forward_type": "both",
        "squeeze_size": 64,
    }
    own = options_of(ENGLISH, preset="squeezebert-edgetpu")
    assert (own.preset, own.pretrained) == ("squeezebert-edgetpu", None)
    assert options_of(ENGLISH, pretrained="all-minilm-l6-v2").learning_rate == 2e-4


@pytest.mark.parametrize(
    ("tokens", "pairs", "preset", "length"),
    [
        (4, False, None, 16),
        (24, False, None, 24),
        (25, False, None, 32),
        (500, False, None, 128),
        (500, True, None, 256),
        (500, False, "squeezebert-edgetpu", 128),
    ],
)
def test_lengths(tokens, pairs, preset, length):
    facts = dataclasses.replace(ENGLISH, tokens=tokens, pairs=pairs)
    given = {} if preset is None else {"preset": preset}
    assert options_of(facts, **given).max_length == length


@pytest.mark.parametrize(
    ("examples", "pretrained", "scratch"),
    [(100, 96, 96), (1_000, 10, 16), (5_000, 8, 16), (20_000, 4, 8), (10**6, 2, 8)],
)
def test_epochs(examples, pretrained, scratch):
    facts = dataclasses.replace(ENGLISH, examples=examples)
    assert options_of(facts).epochs == pretrained
    assert options_of(facts, "micro").epochs == scratch


def test_a_model_sees_enough_of_few_examples():
    """Few examples for validation say little, so that training is more patient with them."""
    few = dataclasses.replace(ENGLISH, classes=2, examples=100)
    for facts in (few, dataclasses.replace(few, pairs=True)):
        options = options_of(facts)
        assert (options.epochs, options.patience) == (96, 48)
    many = options_of(dataclasses.replace(few, examples=10_000))
    assert (many.epochs, many.patience) == (4, TrainingOptions().patience)
    assert options_of(few, epochs=3).epochs == 3


def test_rules_are_of_options_that_exist():
    fields = {field.name for field in dataclasses.fields(TrainingOptions)}
    assert {rule.option.partition(".")[0] for rule in SETTING_RULES} <= fields
