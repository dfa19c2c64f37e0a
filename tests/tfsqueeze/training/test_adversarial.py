"""Training on texts that were changed until the model was wrong about them."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.robustness.greedy_search import Verdict
from tfsqueeze.tasks import TEXT_CLASSIFICATION, TOKEN_CLASSIFICATION
from tfsqueeze.training.adversarial import add_adversarial
from tfsqueeze.training.examples import Examples, Origin
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

OPTIONS = TrainingOptions(adversarial=("deepwordbug",), adversarial_texts=3)
FILMS = TextDataset(
    "films", ["a good film", "a bad film", "a good plot"], labels=["yes", "no", "yes"]
)


def judge(dataset):
    """Says yes to a text with the word "good"."""
    predicted = ["yes" if "good" in text.split() else "no" for text in dataset.texts]
    return [
        Verdict(one == label, 0.9 if one == label else 0.2, one)
        for one, label in zip(predicted, dataset.labels, strict=True)
    ]


def test_texts_are_added_that_the_model_is_wrong_about(tmp_path):
    path = tmp_path / "found.json"
    examples = Examples.originals(FILMS)
    extended = add_adversarial(examples, judge, None, OPTIONS, 1, path)
    added = np.flatnonzero(extended.have(Origin.ADVERSARIAL))
    assert added.tolist() == [3, 4] and extended.sources[added].tolist() == [0, 2]
    assert [extended.dataset.labels[index] for index in added] == ["yes", "yes"]
    for index in added:
        changed, source = (
            extended.dataset.texts[x].split() for x in (index, extended.sources[index])
        )
        assert changed[1] != "good" and (changed[0], changed[2]) == (source[0], source[2])
    # A teacher reads the originals.
    read, numbers = extended.teacher_dataset()
    assert read.texts == FILMS.texts and numbers.tolist() == [0, 1, 2, 0, 2]

    def never(dataset):
        raise AssertionError("the file has the texts")

    again = add_adversarial(examples, never, None, OPTIONS, 1, path)
    assert again.dataset.texts == extended.dataset.texts


def test_a_file_of_other_data_is_refused(tmp_path):
    path = tmp_path / "found.json"
    path.write_text(json.dumps({"deepwordbug": {"indices": [7], "texts": ["a"]}}))
    with pytest.raises(UserError, match="found.json.*it does not fit the data; remove it"):
        add_adversarial(Examples.originals(FILMS), judge, None, OPTIONS, 1, path)


def test_options():
    with pytest.raises(UserError, match="there is no attack 'magic'; choose some of deepwordbug"):
        TrainingOptions(adversarial=("magic",))
    with pytest.raises(UserError, match="adversarial_rounds must be at least 1, not 0"):
        TrainingOptions(adversarial_rounds=0)


def test_tasks_without_classes_are_refused(tmp_path):
    sentences = TokenDataset("places", [["to", "Paris"]], tags=[["O", "B-city"]])
    splits = TokenDatasetSplits(sentences, sentences)
    with pytest.raises(UserError, match="adversarial training is for texts of one class each"):
        train_task(tmp_path / "run", TOKEN_CLASSIFICATION, splits, OPTIONS)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_run_learns_from_attacks_and_is_resumed(topics_folder, one_layer_options, tmp_path):
    options = dataclasses.replace(
        one_layer_options,
        epochs=4,
        qat_epochs=1,
        adversarial=("deepwordbug", "textfooler"),
        adversarial_texts=20,
    )
    splits, folder = load_dataset(topics_folder), tmp_path / "run"
    attacked = []
    run = train_task(
        folder,
        TEXT_CLASSIFICATION,
        splits,
        options,
        attack_progress=lambda *counts: attacked.append(counts),
    )
    assert attacked[-1] == (20, 20)
    assert {path.name for path in folder.glob("float*.keras")} == {
        "float-0.keras",
        "float-1.keras",
        "float.keras",
    }
    found = [json.loads((folder / f"adversarial-{x}.json").read_text()) for x in (1, 2)]
    assert any(content["deepwordbug"]["texts"] for content in found)
    weights = run.float_model.get_weights()
    # As if it had been interrupted in the last round.
    for name in ("float.keras", "qat.keras"):
        (folder / name).unlink()
    again = train_task(folder, TEXT_CLASSIFICATION, splits, options)
    for one, other in zip(weights, again.float_model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert load_run(folder).options == options
