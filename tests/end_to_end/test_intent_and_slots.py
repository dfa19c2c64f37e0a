"""Intents with slots through the whole pipeline: one encoder, two outputs, one file."""

from __future__ import annotations

import numpy as np
import pytest

from converters.conversion.keras_to_tflite import convert_float
from converters.conversion.runs import QAT_FILE, convert_run
from converters.experiments.run_verification import verify_run
from converters.inference.intent_and_slots_predictor import IntentAndSlotsPredictor
from converters.inference.predictor import Predictor
from converters.runtime.interpreters import available_runtimes, open_model
from converters.tflite.inspection import require_int8
from converters.tflite.metadata import pack_metadata, read_metadata
from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.data.readers.snips import load_snips
from tfsqueeze.models.squeezebert import SqueezeBertForIntentAndSlots
from tfsqueeze.tasks import INTENT_AND_SLOTS
from tfsqueeze.training.keras_outputs import keras_outputs
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.utils.errors import UserError

SLOTS = ["B-city", "B-genre", "I-city", "I-genre", "O"]


@pytest.fixture(scope="module")
def splits(snips_folder):
    return load_snips(snips_folder)


@pytest.fixture(scope="module")
def run(splits, options, tmp_path_factory):
    return train_task(tmp_path_factory.mktemp("snips") / "run", INTENT_AND_SLOTS, splits, options)


@pytest.fixture(scope="module")
def content(run):
    return convert_run(run)


@pytest.fixture(scope="module")
def rows(run, splits):
    return INTENT_AND_SLOTS.encode(run.tokenizer, splits.validation)


def test_the_run_learns_both(run):
    assert isinstance(run.float_model, SqueezeBertForIntentAndSlots)
    assert run.label_names == ["GetWeather", "PlayMusic"] and run.slot_names == SLOTS
    for stage in ("float", "qat"):
        best = max(run.history[stage], key=lambda row: row["val_score"])
        assert best["val_intent_accuracy"] > 0.9 and best["val_slot_f1"] > 0.9
        assert best["val_score"] == pytest.approx(
            (best["val_intent_accuracy"] + best["val_slot_f1"]) / 2, abs=1e-6
        )


def test_a_finished_run_is_loaded(run, splits, options, rows):
    def refuse(*_):
        raise AssertionError("trained again")

    again = train_task(run.folder, INTENT_AND_SLOTS, splits, options, refuse)
    loaded = load_run(run.folder)
    inputs = rows.select(["input_ids"])
    for name in ("float_model", "qat_model"):
        expected = keras_outputs(getattr(run, name), INTENT_AND_SLOTS, inputs)
        assert list(expected) == ["intent_logits", "slot_logits"]
        for other in (again, loaded):
            found = keras_outputs(getattr(other, name), INTENT_AND_SLOTS, inputs)
            for output, values in expected.items():
                np.testing.assert_array_equal(found[output], values)
    assert loaded.task is INTENT_AND_SLOTS and loaded.config == run.config


@pytest.mark.parametrize("runtime", available_runtimes())
def test_each_output_has_its_name_and_its_scale(run, content, rows, runtime):
    require_int8(content, allow_float_output=False)
    model = open_model(content, runtime)
    outputs = {detail.name: detail for detail in model.output_details}
    assert {name: detail.shape for name, detail in outputs.items()} == {
        "intent_logits": (1, 2),
        "slot_logits": (1, 16, 5),
    }
    scales = {detail.scale for detail in outputs.values()}
    assert len(scales) == 2 and 0 not in scales
    inputs = rows.take(8).select(["input_ids"])
    expected = keras_outputs(run.qat_model, INTENT_AND_SLOTS, inputs)
    for name, values in model.predict(inputs).items():
        steps = np.abs(values - expected[name]) / outputs[name].scale
        assert steps.mean() < 2, name
    with pytest.raises(UserError, match="several outputs"):
        model.run({"input_ids": inputs["input_ids"][:1]})


def test_the_runtimes_agree_with_keras(run, splits, content, assert_agrees):
    results = verify_run(run, {QAT_FILE: content}, splits.validation)
    assert_agrees(results, "frame_accuracy", 0.85)
    assert results["confusion_matrix"]["labels"] == run.label_names
    assert np.sum(results["confusion_matrix"]["rows"]) == len(splits.validation)


def test_the_float_file_agrees_with_float_keras(run, rows):
    inputs = rows.take(4).select(["input_ids"])
    found = open_model(convert_float(run.float_model, 16)).predict(inputs)
    for name, values in keras_outputs(run.float_model, INTENT_AND_SLOTS, inputs).items():
        np.testing.assert_allclose(found[name], values, atol=1e-4)


@pytest.mark.parametrize("runtime", available_runtimes())
def test_lengths_share_a_file_and_keep_their_outputs(run, runtime):
    predictor = IntentAndSlotsPredictor.open(convert_run(run, [6, 16]), runtime)
    assert predictor.metadata.slots == SLOTS
    texts = ["put on jazz", "i want hip hop please now please now please"]
    short, long = predictor.predict(texts)
    assert [slot.text for slot in short.slots] == ["jazz"]
    assert [slot.text for slot in long.slots][:1] == ["hip hop"]
    assert short.intent == long.intent == "PlayMusic"


def test_commands_are_understood(content):
    text = "will it rain near Oslo now"
    (found,) = Predictor.open(content).predict([text])
    assert found.intent == "GetWeather" and found.probability == found.probabilities["GetWeather"]
    assert [(slot.type, text[slot.start : slot.end]) for slot in found.slots] == [("city", "Oslo")]


def test_checkpoints_go_out_and_in(run, rows, tmp_path):
    run.float_model.save_pretrained(tmp_path / "model")
    loaded = SqueezeBertForIntentAndSlots.from_pretrained(
        tmp_path / "model", input_names=("input_ids",)
    )
    assert loaded.config == run.config
    inputs = rows.take(4).select(["input_ids"])
    for name, values in keras_outputs(loaded, INTENT_AND_SLOTS, inputs).items():
        np.testing.assert_allclose(
            values, keras_outputs(run.float_model, INTENT_AND_SLOTS, inputs)[name], atol=1e-6
        )


def test_unfit_data_and_files_are_refused(run, splits, content, options, tmp_path):
    part = TokenDataset("tags", splits.train.sentences[:20], tags=splits.train.tags[:20])
    with pytest.raises(UserError, match="tags has no intents"):
        train_task(tmp_path / "run", INTENT_AND_SLOTS, TokenDatasetSplits(part, part), options)
    metadata = vars(read_metadata(content))
    with pytest.raises(UserError, match="there are 2 labels and 4 slots"):
        pack_metadata(content, **{**metadata, "slots": SLOTS[:4]})
    with pytest.raises(UserError, match="outputs of a text-classification are logits"):
        pack_metadata(content, **{**metadata, "task": "text-classification"})
    with pytest.raises(UserError, match="needs the names of its slots"):
        SqueezeBertForIntentAndSlots(run.config.replace(slot_labels=()))


@pytest.mark.slow
def test_commands(command, small, content, snips_folder, tmp_path):
    file, folder = tmp_path / "snips.tflite", tmp_path / "run"
    trained = command(
        "train", snips_folder, "--task", "intent-and-slots", "-o", folder, *small, "--json"
    )
    assert set(trained["validation_score"]) == {"float", "qat"}
    converted = command("convert", folder, "-o", file, "--json")
    assert converted["bytes"] == file.stat().st_size
    verified = command("verify", folder, "--model", file, "--examples", 10, "--json")
    assert all(row["agreement_with_qat"] > 0.9 for row in verified["accuracy"][1:])
    file.write_bytes(content)
    metrics = command("evaluate", file, snips_folder, "--json")
    assert metrics["frame_accuracy"] > 0.85
    assert metrics["intents"]["examples"] == metrics["slots"]["sentences"] == 24
    assert "frame accuracy" in command("evaluate", file, snips_folder / "GetWeather.json")
    (predicted,) = command("predict", file, "play me some soul", "--json")
    assert predicted["intent"] == "PlayMusic"
    assert [(slot["type"], slot["text"]) for slot in predicted["slots"]] == [("genre", "soul")]
    assert "soul (genre" in command("predict", file, "play me some soul")
    assert list(command("info", file, "--json")["slots"].values()) == SLOTS
    measured = command("benchmark", file, "--rounds", 1, "--json")
    assert len(measured["latency"]) == len(available_runtimes())


def test_robustness(command, content, snips_folder, tmp_path):
    pytest.importorskip("sklearn_crfsuite")
    file, report = tmp_path / "snips.tflite", tmp_path / "report"
    file.write_bytes(content)
    arguments = ("--texts", 16, "--noise", "drop", "--level", 0.5, "--attack", "deepwordbug")
    found = command("robustness", file, snips_folder, *arguments, "--json", "-o", report)
    assert (
        found["models"] == ["int8 .tflite", "TF-IDF + CRF"] and found["kind"]["noun"] == "command"
    )
    (noise,), (int8, baseline) = found["noises"], found["attacks"]
    for score in ("frame_accuracy", "intent_accuracy", "slot_f1"):
        for model in found["models"]:
            assert found["scores"][score][model] > 0.85
            assert noise["levels"][0][score][model] < found["scores"][score][model]
    # A frame is right where its intent and all of its slots are.
    right = {row["model"]: row["accuracy"] for row in (int8, baseline)}
    assert found["clean"] == right == found["scores"]["frame_accuracy"]
    for row in (int8, baseline):
        assert row["scores"]["frame_accuracy"] == row["accuracy_under_attack"]
    assert int8["accuracy_under_attack"] < int8["accuracy"]
    broken = next(result for result in int8["results"] if result["success"])
    assert broken["label"] != broken["predicted"] and broken["label"].startswith(("Play", "Get"))
    page = (report / "robustness.md").read_text()
    assert "Slot F1 by level of noise" in page and "Intent accuracy under attack" in page
