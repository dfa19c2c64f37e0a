"""The search for better settings."""

from __future__ import annotations

import dataclasses
import warnings

import pytest

from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.recipes import setting_search
from tfsqueeze.recipes.setting_search import search_settings
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

TEXTS = TextDataset("mail", ["a", "b"], labels=["x", "y"])
SPLITS = TextDatasetSplits(TEXTS, TEXTS)


class FakeRun:
    """A run whose score is the nearer to 1, the nearer the learning rate is to 4e-3."""

    def __init__(self, options):
        score = 1 - abs(options.learning_rate - 4e-3)
        self.history = {"float": [{"val_accuracy": score / 2}, {"val_accuracy": score}]}


@pytest.fixture
def trained(monkeypatch):
    """The folder and options of each trial, none of which is really trained."""
    calls = []

    def train(folder, task, splits, options, callbacks):
        calls.append((folder.name, options))
        return FakeRun(options)

    monkeypatch.setattr(setting_search, "train_task", train)
    return calls


def search(folder, trials, **arguments):
    options = TrainingOptions()
    return search_settings(folder, TEXT_CLASSIFICATION, SPLITS, options, trials, **arguments)


def test_the_best_settings_win(trained, tmp_path):
    results = []
    best = search(tmp_path, 12, report=results.append)
    assert [name for name, _ in trained] == [f"trial-{number}" for number in range(12)]
    first = trained[0][1]
    assert first == dataclasses.replace(TrainingOptions(), qat_epochs=0)
    assert all(7e-4 < options.learning_rate < 6.1e-3 for _, options in trained)
    assert len({options.learning_rate for _, options in trained}) == 12
    winner = max(results, key=lambda result: result.score)
    assert best == winner
    assert abs(best.settings["learning_rate"] - 4e-3) < abs(first.learning_rate - 4e-3)


def test_what_the_user_names_is_not_varied(trained, tmp_path):
    best = search(tmp_path, 4, fixed=["batch_size", "epochs", "seed"])
    assert best.settings.keys() == {"learning_rate", "word_dropout"}
    assert {options.batch_size for _, options in trained} == {TrainingOptions().batch_size}
    named = ["learning_rate", "epochs", "batch_size", "word_dropout"]
    with pytest.raises(UserError, match="all of them are given; leave one open"):
        search(tmp_path / "none", 4, fixed=named)


def test_trials_of_other_settings_are_not_taken(trained, tmp_path):
    search(tmp_path, 2)
    for options in ({"batch_size": 8}, {"max_length": 96}):
        with pytest.raises(UserError, match="holds a run with other options"):
            search_settings(tmp_path, TEXT_CLASSIFICATION, SPLITS, TrainingOptions(**options), 3)
    with pytest.raises(UserError, match="holds a run with other varied"):
        search(tmp_path, 3, fixed=["epochs"])
    relabelled = dataclasses.replace(TEXTS, labels=["y", "x"])
    splits = TextDatasetSplits(relabelled, TEXTS)
    with pytest.raises(UserError, match="holds a run with other data"):
        search_settings(tmp_path, TEXT_CLASSIFICATION, splits, TrainingOptions(), 3)


def test_a_larger_word_dropout_than_usual_is_within_the_search(trained, tmp_path):
    options = TrainingOptions(word_dropout=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search_settings(tmp_path, TEXT_CLASSIFICATION, SPLITS, options, 3)
    assert trained[0][1].word_dropout == 0.5


def test_a_search_goes_on_where_it_was_interrupted(trained, tmp_path, monkeypatch):
    search(tmp_path, 2)
    fake = setting_search.train_task

    def interrupted(*arguments):
        fake(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(setting_search, "train_task", interrupted)
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path, 4)
    monkeypatch.setattr(setting_search, "train_task", fake)
    search(tmp_path, 4)
    names = [name for name, _ in trained]
    assert names == ["trial-0", "trial-1", "trial-2", "trial-2", "trial-3"]
    # The same settings, so that the run in the folder goes on.
    assert trained[2] == trained[3]
    search(tmp_path, 4)
    assert len(trained) == 5


@pytest.mark.parametrize("seed", [0, 1])
def test_an_interrupted_search_tries_what_a_whole_one_tries(trained, tmp_path, monkeypatch, seed):
    def settings_of(folder, trials):
        options = TrainingOptions(seed=seed)
        return search_settings(tmp_path / folder, TEXT_CLASSIFICATION, SPLITS, options, trials)

    best = settings_of("whole", 13)
    whole = trained.copy()
    trained.clear()
    fake, stops = setting_search.train_task, [1, 6]

    def interrupted(*arguments):
        if len(trained) in stops:
            stops.remove(len(trained))
            raise KeyboardInterrupt
        return fake(*arguments)

    monkeypatch.setattr(setting_search, "train_task", interrupted)
    for _ in (1, 6):
        with pytest.raises(KeyboardInterrupt):
            settings_of("parts", 13)
    # The best trial has the number of its folder, whatever was interrupted before it.
    assert settings_of("parts", 13) == best
    assert trained == whole
    assert len({options.learning_rate for _, options in trained}) == 13


@pytest.mark.slow
def test_real_runs(topics_folder, one_layer_options, tmp_path):
    splits = load_dataset(topics_folder)
    options = dataclasses.replace(one_layer_options, epochs=1, qat_epochs=0)
    results = []
    best = search_settings(
        tmp_path / "search", TEXT_CLASSIFICATION, splits, options, 2, report=results.append
    )
    assert [result.number for result in results] == [0, 1]
    chosen = dataclasses.replace(options, **best.settings)
    run = train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, chosen)
    assert run.options == chosen and len(run.history["float"]) <= chosen.epochs
