"""Answers to questions through the whole pipeline: two outputs, windows, no answer."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from converters.conversion.runs import QAT_FILE, convert_run
from converters.experiments.run_verification import verify_run
from converters.inference.predictor import Predictor
from converters.inference.question_answering_predictor import QuestionAnsweringPredictor
from converters.runtime.interpreters import available_runtimes, open_model
from converters.tflite.inspection import require_int8
from converters.tflite.metadata import pack_metadata, read_metadata
from tfsqueeze.data.readers.squad import load_squad
from tfsqueeze.models.squeezebert import SqueezeBertForQuestionAnswering
from tfsqueeze.tasks import QUESTION_ANSWERING
from tfsqueeze.training.keras_outputs import keras_outputs
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.utils.errors import UserError

CONTEXT = "near the old today with Grace Hopper by the old near in Lima near the old today was."


@pytest.fixture(scope="module")
def splits(squad_folder):
    return load_squad(squad_folder)


@pytest.fixture(scope="module")
def run(splits, options, tmp_path_factory):
    options = dataclasses.replace(options, epochs=8, patience=8, max_length=20)
    return train_task(tmp_path_factory.mktemp("squad") / "run", QUESTION_ANSWERING, splits, options)


@pytest.fixture(scope="module")
def content(run):
    return convert_run(run)


def test_the_run_learns_both_ends(run, splits):
    assert isinstance(run.float_model, SqueezeBertForQuestionAnswering)
    assert run.label_names == ["answer", "no answer"]
    for stage in ("float", "qat"):
        best = max(run.history[stage], key=lambda row: row["val_score"])
        assert best["val_start_accuracy"] > 0.9 and best["val_end_accuracy"] > 0.9
    loaded = load_run(run.folder)
    assert loaded.task.name == QUESTION_ANSWERING.name and loaded.config == run.config
    assert loaded.decoding == run.decoding == read_metadata(convert_run(run)).decoding
    assert loaded.decoding.keys() == {"no_answer_threshold", "temperature"}
    inputs = QUESTION_ANSWERING.encode(loaded.tokenizer, splits.test).select(
        ["input_ids", "token_type_ids"]
    )
    expected = keras_outputs(run.qat_model, QUESTION_ANSWERING, inputs)
    assert list(expected) == ["start_logits", "end_logits"]
    for name, values in keras_outputs(loaded.qat_model, QUESTION_ANSWERING, inputs).items():
        np.testing.assert_array_equal(values, expected[name])


@pytest.mark.parametrize("runtime", available_runtimes())
def test_each_end_has_its_name_and_its_scale(run, content, runtime):
    require_int8(content, allow_float_output=False)
    details = {detail.name: detail for detail in open_model(content, runtime).output_details}
    assert {name: detail.shape for name, detail in details.items()} == {
        "start_logits": (1, 20),
        "end_logits": (1, 20),
    }
    assert all(detail.scale > 0 for detail in details.values())
    assert details["start_logits"].scale != details["end_logits"].scale
    assert read_metadata(content).task == "question-answering"


def test_the_runtimes_agree_with_keras(run, splits, content, assert_agrees):
    results = verify_run(run, {QAT_FILE: content}, splits.test)
    assert_agrees(results, "exact_match", 0.85)
    # The reference kernels got all windows of all questions.
    assert {row["examples"] for row in results["accuracy"]} == {40}
    assert "confusion_matrix" not in results


@pytest.mark.slow
def test_answers_are_taught(run, splits, options, tmp_path):
    options = dataclasses.replace(
        options,
        teacher=str(run.folder),
        tokenizer=str(run.folder / "tokenizer"),
        epochs=8,
        patience=8,
        max_length=20,
        qat_epochs=1,
    )
    # Only the teacher knows the answers.
    train = splits.train
    none = dataclasses.replace(train, answers=[[] for _ in range(len(train))])
    taught = train_task(
        tmp_path / "student", QUESTION_ANSWERING, dataclasses.replace(splits, train=none), options
    )
    for stage in ("float", "qat"):
        best = max(taught.history[stage], key=lambda row: row["val_score"])
        assert best["val_start_accuracy"] > 0.9 and best["val_end_accuracy"] > 0.9


def test_answers_are_pieces_of_the_context(content):
    answerer = Predictor.open(content)
    assert isinstance(answerer, QuestionAnsweringPredictor) and answerer.has_no_answer_class
    found = answerer.predict(["who?", "where?"], [CONTEXT])
    assert answerer("who?", CONTEXT) == found[0]
    assert [answer.answer for answer in found] == ["Grace Hopper", "Lima"]
    for answer in found:
        assert CONTEXT[answer.start : answer.end] == answer.answer == answer.candidates[0].text
        shares = [candidate.probability for candidate in answer.candidates]
        assert shares == sorted(shares, reverse=True) and 0.9 < sum(shares) <= 1
        assert answer.probability == shares[0] and answer.no_answer_score < 0


def test_no_answer_is_given_where_there_is_none(content):
    answerer = Predictor.open(content)
    (found,) = answerer.predict(["where?"], ["the old was Alan Turing"])
    assert (found.answer, found.start) == ("", None) and found.no_answer_score > 0
    (forced,) = answerer.predict(["where?"], ["the old was Alan Turing"], no_answer_threshold=1000)
    assert forced.answer and forced.answer == found.candidates[0].text
    (empty,) = answerer.predict(["where?"], [""], no_answer_threshold=1000)
    assert (empty.answer, empty.candidates, empty.no_answer_score) == ("", [], None)


@pytest.mark.parametrize("doc_stride", [1, 4, None])
def test_any_stride_finds_answers_far_down(content, doc_stride):
    context = "was seen near the " * 30 + "Kurt Godel" + " was seen near the" * 30
    (found,) = Predictor.open(content).predict(["who?"], [context], doc_stride=doc_stride)
    assert found.answer == "Kurt Godel"


def test_a_file_of_several_lengths(run):
    answerer = QuestionAnsweringPredictor.open(convert_run(run, [8, 20]))
    found = answerer.predict(["where?", "who?"], ["in Oslo", CONTEXT])
    assert [answer.answer for answer in found] == ["Oslo", "Grace Hopper"]


def test_data_without_unanswered_questions_always_get_an_answer(run, splits, content):
    kept = {
        name: part.take([index for index, answers in enumerate(part.answers) if answers])
        for name, part in vars(splits).items()
    }
    config = QUESTION_ANSWERING.training.configure(run.config, type(splits)(**kept))
    assert list(config.id2label.values()) == ["answer"]
    metadata = {**vars(read_metadata(content)), "labels": ["answer"]}
    answerer = Predictor.open(pack_metadata(content, **metadata))
    assert not answerer.has_no_answer_class
    (found,) = answerer.predict(["where?"], ["the old was Alan Turing"])
    assert found.answer and found.no_answer_score > 0
    # The candidates are all that there is.
    assert sum(answer.probability for answer in found.candidates) == pytest.approx(1)


def test_unfit_data_and_files_are_refused(run, content, splits, options, conll_folder, tmp_path):
    from tfsqueeze.data.readers.conll import load_conll_folder

    with pytest.raises(UserError, match="is trained on a QuestionDataset, not on a TokenData"):
        train_task(tmp_path / "run", QUESTION_ANSWERING, load_conll_folder(conll_folder), options)
    assert not (tmp_path / "run").exists()
    shorter = dataclasses.replace(options, teacher=str(run.folder), max_length=12)
    with pytest.raises(UserError, match="other tokens or windows than the student"):
        train_task(tmp_path / "student", QUESTION_ANSWERING, splits, shorter)
    answerer = Predictor.open(content)
    with pytest.raises(UserError, match="has no questions"):
        answerer.evaluate(load_conll_folder(conll_folder).test)
    with pytest.raises(UserError, match="2 questions but 3 contexts"):
        answerer.predict(["a", "b"], ["c", "d", "e"])
    with pytest.raises(UserError, match="takes a list of questions"):
        answerer.predict("who?", [CONTEXT])
    with pytest.raises(UserError, match="n_best 0 and"):
        answerer.predict(["who?"], [CONTEXT], n_best=0)
    metadata = vars(read_metadata(content))
    with pytest.raises(UserError, match="outputs of a intent-and-slots are intent_logits, slot"):
        pack_metadata(content, **{**metadata, "task": "intent-and-slots"})


def test_places_of_tokens_are_not_to_be_split(splits, options, tmp_path):
    with pytest.raises(UserError, match="subword_dropout splits tokens, and question-answering"):
        train_task(
            tmp_path / "run",
            QUESTION_ANSWERING,
            splits,
            dataclasses.replace(options, subword_dropout=0.1),
        )
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_commands(command, small, run, content, squad_folder, tmp_path):
    file, folder = tmp_path / "answers.tflite", tmp_path / "run"
    trained = command(
        "train",
        squad_folder / "train.json",
        "--task",
        "question-answering",
        "-o",
        folder,
        *small,
        "--json",
    )
    assert set(trained["validation_score"]) == {"float", "qat"}
    command("convert", folder, "-o", file)
    # A fifth of the file's articles were held out of it.
    verified = command("verify", folder, "--model", file, "--json")
    assert {row["examples"] for row in verified["accuracy"]} == {64}
    held_out = command("evaluate", file, squad_folder / "train.json", "--json")
    assert held_out["questions"] == 64
    file.write_bytes(content)
    metrics = command("evaluate", file, squad_folder, "--json")
    assert metrics["exact_match"] > 0.85 and metrics["no_answer"]["questions"] == 5
    printed = command("evaluate", file, squad_folder / "dev.json")
    assert "exact match" in printed and "no answer" in printed
    (tmp_path / "context.txt").write_text(CONTEXT)
    (found,) = command("predict", file, "who?", "--context", CONTEXT, "--json")
    assert found["answer"] == "Grace Hopper" and len(found["candidates"]) == 5
    assert [found] == command(
        "predict", file, "who?", "--context-file", tmp_path / "context.txt", "--json"
    )
    for line in (f"who?\t{CONTEXT}\n", json.dumps({"question": "who?", "context": CONTEXT})):
        assert command("predict", file, "--json", stdin=line) == [found]
    assert command("predict", file, "--context", CONTEXT, "--json", stdin="who?\n") == [found]
    shown = command("predict", file, "who?", "--context", CONTEXT, "--top-k", 1)
    assert "Grace Hopper" in shown and f"{found['start']}-{found['end']}" in shown
    assert "(no answer)" in command("predict", file, "where?", "--context", "was Alan Turing")
    assert "give one as --context" in command("predict", file, "who?", fails=True)[0]
    assert (
        "standard input:2: not a JSON object"
        in command("predict", file, stdin='who?\tAda\n{"question": 1}\n', fails=True)[0]
    )
    (refused,) = command(
        "export", run.folder, "--target", "edgetpu", "-o", tmp_path / "edgetpu", fails=True
    )
    assert "is a model for question-answering; the target edgetpu takes" in refused


def test_robustness(command, content, squad_folder, tmp_path):
    file = tmp_path / "answers.tflite"
    file.write_bytes(content)
    arguments = ("--texts", 24, "--noise", "drop", "--level", 0.6, "--attack", "deepwordbug")
    found = command("robustness", file, squad_folder / "test.json", *arguments, "--json")
    int8, baseline = found["models"]
    assert (int8, baseline) == ("int8 .tflite", "the sentence most alike") and found["notes"] == []
    noisy = found["noises"][0]["levels"][0]
    for score in ("f1", "exact_match"):
        assert noisy[score][int8] < found["scores"][score][int8]
    # The contexts stay: no answer is lost that a question without noise would find.
    assert found["clean"][int8] > 0.8 > found["clean"][baseline]
    row = found["attacks"][0]
    assert row["success_rate"] > 0 and row["scores"]["exact_match"] == row["accuracy_under_attack"]
    assert all(result["text"] in ("who?", "where?") for result in row["results"])
    assert {"no answer"} < {result["label"] for result in row["results"]}
    printed = command("robustness", file, squad_folder, *arguments)
    assert "whatever its case, articles" in " ".join(printed.split())
