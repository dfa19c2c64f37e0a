"""Masked words through the whole pipeline: logits of one asked-about token."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest

from converters.conversion.runs import QAT_FILE, convert_run
from converters.experiments.run_verification import verify_run
from converters.inference.predictor import Predictor
from converters.runtime.interpreters import available_runtimes, open_model
from converters.tflite.inspection import list_operators, require_int8
from converters.tflite.metadata import read_metadata
from converters.tflite.tflite_file import unpack_model
from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset
from tfsqueeze.data.readers.text_lines import load_plain_texts
from tfsqueeze.models.squeezebert import SqueezeBertForMaskedLM
from tfsqueeze.tasks import IGNORE_INDEX, MASKED_LM
from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.utils.errors import UserError

pytestmark = pytest.mark.slow

FOLLOWERS = {"cat": "purrs", "dog": "barks", "cow": "moos", "hen": "clucks"}


@pytest.fixture(scope="module")
def texts_file(tmp_path_factory):
    """Who it is tells what it does, and the other way round."""
    draw = random.Random(0)
    lines = [
        " ".join(f"{name} {FOLLOWERS[name]}" for name in draw.choices(list(FOLLOWERS), k=5))
        for _ in range(500)
    ]
    path = tmp_path_factory.mktemp("lines") / "texts.txt"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def run(texts_file, options, tmp_path_factory):
    # A convolution sees neighbours from the start.
    options = dataclasses.replace(
        options,
        epochs=16,
        patience=16,
        learning_rate=5e-3,
        model={**options.model, "layer_types": ["convolution"]},
    )
    return train_task(
        tmp_path_factory.mktemp("lm") / "run",
        MASKED_LM,
        load_plain_texts(texts_file),
        options,
        dataset_name=str(texts_file),
    )


@pytest.fixture(scope="module")
def content(run):
    return convert_run(run)


def test_words_are_hidden_whole_and_always_the_same():
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "##b", "c"]
    tokenizer = DeviceTokenizer(vocabulary, max_length=24)
    dataset = SentenceDataset("texts", ["abb c " * 5, "c", "", "a b c a b c"])
    together = MASKED_LM.training.encode(tokenizer, dataset)
    ids, plain = together.inputs["input_ids"], tokenizer(dataset.texts)["input_ids"]
    for row, positions, hidden in zip(
        range(4), together.inputs["masked_positions"], together.masked_ids, strict=True
    ):
        positions, hidden = positions[hidden != IGNORE_INDEX], hidden[hidden != IGNORE_INDEX]
        assert (plain[row, positions] == hidden).all() and (ids[row, positions] == 4).all()
        assert len(positions) == (ids[row] == 4).sum() and (len(positions) > 0) == (row != 2)
        for place in positions:  # all pieces of a word
            if plain[row, place + 1] == 7:
                assert place + 1 in positions
            if plain[row, place] == 7:
                assert place - 1 in positions
    rows = MASKED_LM.encode(tokenizer, dataset)
    assert len(rows) == (together.masked_ids != IGNORE_INDEX).sum()
    np.testing.assert_array_equal(rows.inputs["input_ids"], ids[rows.example_ids])
    np.testing.assert_array_equal(
        rows.masked_ids[:, 0], plain[rows.example_ids, rows.inputs["masked_positions"][:, 0]]
    )
    alone = MASKED_LM.encode(tokenizer, dataset.take([3]))
    of_text = ids[rows.example_ids][rows.example_ids == 3]
    np.testing.assert_array_equal(alone.inputs["input_ids"], of_text)


def test_metrics_are_those_of_the_logits():
    rows = dataclasses.replace(
        MASKED_LM.encode(
            DeviceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"], max_length=8),
            SentenceDataset("x", ["a", "a"]),
        )
    )
    logits = np.log(np.array([[[0.1, 0.1, 0.1, 0.1, 0.1, 0.5]], [[0.3, 0.3, 0.1, 0.1, 0.1, 0.1]]]))
    found = MASKED_LM.metrics(None, MASKED_LM.decode({"logits": logits}, rows, {}), {})
    assert (found["tokens"], found["masked_accuracy"]) == (2, 0.5)
    assert found["perplexity"] == pytest.approx((0.5 * 0.1) ** -0.5)


def test_the_run_learns(run):
    assert isinstance(run.float_model, SqueezeBertForMaskedLM)
    assert list(run.float_model.input_names) == ["input_ids", "masked_positions"]
    for stage in ("float", "qat"):
        assert max(row["val_accuracy"] for row in run.history[stage]) > 0.3
    loaded = load_run(run.folder)
    assert loaded.task is MASKED_LM and loaded.label_names == []


def test_the_runtimes_agree_with_keras(run, content, texts_file, assert_agrees):
    test = load_plain_texts(texts_file).validation
    results = verify_run(run, {QAT_FILE: content}, test)
    for row in results["accuracy"]:
        assert row["masked_accuracy"] > 0.3 and row["perplexity"] < 40
        assert row["agreement_with_qat"] >= 0.85
        assert row["logit_error_mean"] is None or row["logit_error_mean"] < 2


def test_the_file_is_asked_about_one_token(run, content):
    require_int8(content, allow_float_output=False)
    model = open_model(content)
    assert {detail.name: detail.shape for detail in model.input_details} == {
        "input_ids": (1, 16),
        "masked_positions": (1, 1),
    }
    assert model.output_details[0].shape == (1, 1, run.config.vocab_size)
    assert read_metadata(content).labels == []


def test_the_file_holds_the_table_once(run, content):
    """The look-up and the decoder, which is tied to it, read one buffer."""
    config, model = run.config, unpack_model(content)
    bytes_of_table = config.vocab_size * config.embedding_size
    tables = [buffer for buffer in model.buffers if _size(buffer) == bytes_of_table]
    assert len(tables) == 1
    operators = list_operators(content)
    gathered = [row.inputs[0] for row in operators if row.name == "GATHER"]
    look_up = next(table for table in gathered if table.elements == bytes_of_table)
    decoder = [row.inputs[1] for row in operators if row.name == "CONV_2D"][-1]
    np.testing.assert_array_equal(look_up.values, decoder.values.reshape(look_up.shape))
    assert look_up.scales == decoder.scales


def _size(buffer):
    return 0 if buffer.data is None else len(buffer.data)


def test_masks_are_filled(content):
    filler = Predictor.open(content)
    both, second = filler.predict(["dog [MASK] hen clucks", "[MASK] moos [MASK] barks"], top_k=3)
    assert both.masks[0][0].token == "barks" and both.filled == "dog barks hen clucks"
    assert [len(mask) for mask in second.masks] == [3, 3]
    best = [mask[0].token for mask in second.masks]
    assert second.filled == f"{best[0]} moos {best[1]} barks"
    known = {*FOLLOWERS, *FOLLOWERS.values()}
    assert {candidate.token for candidate in second.masks[0]} <= known
    shares = [candidate.probability for candidate in both.masks[0]]
    assert shares == sorted(shares, reverse=True) and sum(shares) <= 1
    for text, message in (
        ("a dog", "has no \\[MASK\\]"),
        ("a " * 20 + "[MASK]", "stands past the"),
        ("[mask]", "has no"),
    ):
        with pytest.raises(UserError, match=message):
            filler.predict([text])


def test_commands(command, run, content, texts_file, tmp_path):
    file = tmp_path / "lm.tflite"
    file.write_bytes(content)
    metrics = command("evaluate", file, texts_file, "--json")
    assert metrics["masked_accuracy"] > 0.3 and metrics["tokens"] >= 20
    assert "perplexity" in command("evaluate", file, texts_file)
    verified = command(
        "verify",
        run.folder,
        "--model",
        file,
        "--examples",
        8,
        "--report",
        tmp_path / "report",
        "--json",
    )
    assert all(row["examples"] == 8 for row in verified["accuracy"])
    assert "Perplexity" in (tmp_path / "report" / "report.md").read_text()
    (found,) = command("predict", file, "hen [MASK] cow moos", "--top-k", 2, "--json")
    assert found["masks"][0][0]["token"] == "clucks" and len(found["masks"][0]) == 2
    assert "clucks (" in command("predict", file, "hen [MASK] cow moos")
    assert "has no [MASK]" in command("predict", file, "a hen", fails=True)[0]
    assert len(command("benchmark", file, "--rounds", 1, "--json")["latency"]) == len(
        available_runtimes()
    )
    assert (
        "the robustness of masked-lm is not measured, since noise would change the very words"
        in command("robustness", file, texts_file, fails=True)[0]
    )
    assert (
        "is a model for masked-lm; the target edgetpu takes"
        in command("export", run.folder, "--target", "edgetpu", "-o", tmp_path / "tpu", fails=True)[
            0
        ]
    )
