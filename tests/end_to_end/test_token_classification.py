"""Named entities through the whole pipeline, and a run of them that is interrupted."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from converters.conversion.runs import QAT_FILE, convert_run
from converters.experiments.run_verification import verify_run
from converters.inference.predictor import Predictor
from converters.inference.text_classification_predictor import TextClassificationPredictor
from converters.inference.token_classification_predictor import TokenClassificationPredictor
from converters.runtime.interpreters import available_runtimes, open_model
from converters.tflite.inspection import require_int8
from converters.tflite.metadata import read_metadata
from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.data.readers.conll import load_conll_folder
from tfsqueeze.tasks import TEXT_CLASSIFICATION, TOKEN_CLASSIFICATION
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.utils.errors import UserError


@pytest.fixture(scope="module")
def splits(conll_folder):
    return load_conll_folder(conll_folder)


@pytest.fixture(scope="module")
def run(splits, options, tmp_path_factory):
    options = dataclasses.replace(options, subword_dropout=0.1, spelling_vectors=True)
    return train_task(
        tmp_path_factory.mktemp("entities") / "run", TOKEN_CLASSIFICATION, splits, options
    )


@pytest.fixture(scope="module")
def content(run):
    return convert_run(run)


def test_the_run_learns_and_knows_its_task(run, splits):
    assert run.label_names == ["B-LOC", "B-PER", "I-LOC", "I-PER", "O"]
    for stage in ("float", "qat"):
        assert max(row["val_f1"] for row in run.history[stage]) > 0.9
        assert "val_accuracy" in run.history[stage][-1]
    loaded = load_run(run.folder)
    assert loaded.task is TOKEN_CLASSIFICATION and loaded.history == run.history
    ids = TOKEN_CLASSIFICATION.encode(loaded.tokenizer, splits.test).select(["input_ids"])
    np.testing.assert_array_equal(
        loaded.qat_model.predict(ids, verbose=0), run.qat_model.predict(ids, verbose=0)
    )


def test_the_runtimes_agree_with_keras(run, splits, content, assert_agrees):
    assert_agrees(verify_run(run, {QAT_FILE: content}, splits.test), "f1", 0.85)


def test_the_file_has_a_label_for_each_token(run, content):
    require_int8(content, allow_float_output=False)
    model = open_model(content)
    (output,) = model.output_details
    assert (output.name, output.shape, output.dtype) == ("logits", (1, 16, 5), np.int8)
    metadata = read_metadata(content)
    assert metadata.task == "token-classification" and metadata.labels == run.label_names


@pytest.mark.parametrize("runtime", available_runtimes())
def test_entities_are_where_they_stand_in_the_text(content, runtime):
    recognizer = TokenClassificationPredictor.open(content, runtime)
    text = "  Ada Lovelace was\tin Berlin"
    (found, nothing) = recognizer.predict([text, ""])
    assert [(entity.type, entity.text) for entity in found.entities] == [
        ("PER", "Ada Lovelace"),
        ("LOC", "Berlin"),
    ]
    for entity in found.entities:
        assert text[entity.start : entity.end] == entity.text and 0.3 < entity.score <= 1
    assert nothing.entities == []


def test_words_past_the_end_are_in_no_span(content, splits):
    recognizer = Predictor.open(content)
    long = TokenDataset("long", [["was"] * 40 + ["Berlin"]], tags=[["O"] * 40 + ["B-LOC"]])
    metrics = recognizer.evaluate(long)
    assert metrics["words"] == 41 and metrics["recall"] == 0
    (found,) = recognizer.predict(["was " * 40 + "Berlin"])
    assert found.entities == []


def test_several_lengths_say_the_same_as_one(run, content, splits):
    merged = Predictor.open(convert_run(run, [6, 16]))
    assert merged.evaluate(splits.test)["f1"] == pytest.approx(
        Predictor.open(content).evaluate(splits.test)["f1"], abs=0.05
    )
    (found,) = merged.predict(["in Paris"])
    assert [entity.text for entity in found.entities] == ["Paris"]


@pytest.mark.slow
def test_an_interrupted_run_goes_on_where_it_was(splits, options, tmp_path):
    import tf_keras as keras

    options = dataclasses.replace(
        options, epochs=2, qat_epochs=0, subword_dropout=0.1, spelling_vectors=True
    )

    class Stop(Exception):
        pass

    def stop(epoch, logs):
        if epoch == 1:
            raise Stop

    with pytest.raises(Stop):
        train_task(
            tmp_path / "run",
            TOKEN_CLASSIFICATION,
            splits,
            options,
            lambda *_: [keras.callbacks.LambdaCallback(on_epoch_begin=stop)],
        )
    epochs = []
    train_task(
        tmp_path / "run",
        TOKEN_CLASSIFICATION,
        splits,
        options,
        lambda *_: [
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append(epoch))
        ],
    )
    assert epochs == [1]
    history = load_run(tmp_path / "run").history
    assert [row["epoch"] for row in history["float"]] == [1, 2]


def test_unfit_tasks_and_data_are_refused(run, splits, content, options, tmp_path):
    with pytest.raises(UserError, match="is trained on a TextDataset, not on a TokenDataset"):
        train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options)
    words = TokenDataset("words", [["a", "b"]] * 20, tags=[["NOUN", "VERB"]] * 20)
    with pytest.raises(UserError, match="the tag 'NOUN'.*only spans can be learned"):
        train_task(
            tmp_path / "run", TOKEN_CLASSIFICATION, TokenDatasetSplits(words, words), options
        )
    assert not (tmp_path / "run").exists()
    with pytest.raises(UserError, match="is for token-classification, not for text-class"):
        TextClassificationPredictor.open(content)
    other = TokenDataset("other", [["a"]], tags=[["B-SHIP"]])
    with pytest.raises(UserError, match="the tags B-SHIP"):
        Predictor.open(content).evaluate(other)


def test_commands(command, run, content, conll_folder, tmp_path):
    file = tmp_path / "entities.tflite"
    file.write_bytes(content)
    verified = command(
        "verify",
        run.folder,
        "--model",
        file,
        "--data",
        conll_folder,
        "--examples",
        10,
        "--report",
        tmp_path / "report",
        "--json",
    )
    assert all(row["agreement_with_qat"] > 0.9 for row in verified["accuracy"][1:])
    assert "| F1 |" in " ".join((tmp_path / "report" / "report.md").read_text().split())
    assert command("evaluate", file, conll_folder, "--json") == command(
        "evaluate", file, conll_folder / "test.conll", "--json"
    )
    assert "PER" in command("evaluate", file, conll_folder)
    (predicted,) = command("predict", file, "Alan Turing was in Rome", "--json")
    assert [entity["text"] for entity in predicted["entities"]] == ["Alan Turing", "Rome"]
    assert "Rome (LOC" in command("predict", file, "in Rome")
    assert command("info", file, "--json")["file"]["task"] == "token-classification"
    assert (
        "'--task': 'parsing' is not one of 'text-classification'"
        in command("train", conll_folder, "--task", "parsing", "-o", tmp_path / "x", fails=True)[0]
    )
    assert (
        "has no train.tsv"
        in command(
            "train", conll_folder, "--task", "text-classification", "-o", tmp_path / "x", fails=True
        )[0]
    )


def test_robustness(command, run, content, conll_folder, tmp_path):
    pytest.importorskip("sklearn_crfsuite")
    report = tmp_path / "report"
    found = command(
        *("robustness", run.folder, conll_folder, "--texts", 12, "--level", 0.1, "--level", 0.6),
        *(
            "--noise",
            "drop",
            "--noise",
            "random_case",
            "--max-changed",
            0.6,
            "--json",
            "-o",
            report,
        ),
    )
    models = ["int8 .tflite", "float Keras", "conditional random field"]
    assert found["models"] == models and list(found["scores"]) == ["f1"]
    assert all(value > 0.85 for value in found["clean"].values())
    drop, random_case = (row["levels"] for row in found["noises"])
    for model in models[:2]:
        assert drop[1]["f1"][model] < drop[0]["f1"][model]
        # The tokenizer writes all words in small letters.
        assert random_case[1]["f1"][model] == found["clean"][model]
    for row in found["attacks"]:
        right, under_attack = row["accuracy"], row["accuracy_under_attack"]
        if row["success_rate"] is not None:
            assert under_attack == pytest.approx(right * (1 - row["success_rate"]))
        for result in row["results"]:
            assert len(result["adversarial"].split()) == len(result["text"].split())
    edits, neighbours = found["attacks"][0], found["attacks"][len(models)]
    assert edits["success_rate"] > 0.3 and edits["scores"]["f1"] < found["clean"]["int8 .tflite"]
    # Neighbours replace no word of an entity.
    for result in neighbours["results"]:
        for entity in filter(None, result["label"].split(", ")):
            if entity != "no span":
                assert entity.rsplit(" (", 1)[0] in result["adversarial"]
    page = (report / "robustness.html").read_text()
    assert "F1 at a level of 60 %" in page and page.count("data:image/png") == 2
    assert "each word has a tag" not in page and "its spans are exactly the true ones" in page


def test_what_robustness_of_tags_does_not_take(command, content, conll_folder, tmp_path):
    file = tmp_path / "entities.tflite"
    file.write_bytes(content)

    def refused(*arguments):
        return command("robustness", file, conll_folder, *arguments, fails=True)[0]

    assert "the noise lost_spaces changes the number of words" in refused("--noise", "lost_spaces")
    assert "no pairs of texts of which the first one" in refused("--changed-texts", "first")
    # Without names, the noises that fit are taken.
    found = command(
        *("robustness", file, conll_folder / "test.conll", "--texts", 3, "--level", 0.2),
        *("--attack", "none", "--json"),
    )
    names = [row["noise"] for row in found["noises"]]
    assert "keyboard" in names and "word_drop" not in names and found["models"] == ["int8 .tflite"]
    assert found["notes"] == [
        "Noises that join, divide or delete words are left out, since each word has a tag.",
        "Without the conditional random field, since the sentences of training are not at hand.",
    ]
