"""The settings of a run, as its folder holds them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tfsqueeze.json_values import json_values, write_changed
from tfsqueeze.training.run_folder import Seconds, claim_folder, read_run_settings
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

OPTIONS = TrainingOptions(
    pretrained="squeezebert-tiny", teacher="runs/big", unlabelled=["a.txt", "b"], epochs=0
)
SETTINGS = {
    "format_version": 1,
    "dataset": "news",
    "examples": 10,
    "labels": ["no", "yes"],
    "options": OPTIONS.to_dict(),
    "task": "text-classification",
    "pairs": False,
}


def test_what_was_written_is_read(tmp_path):
    claim_folder(tmp_path, {**SETTINGS})
    found = read_run_settings(tmp_path)
    assert (found.task, found.dataset, found.pairs) == ("text-classification", "news", False)
    assert found.options == OPTIONS


def test_options_that_are_missing_have_their_defaults(tmp_path):
    write_changed(tmp_path / "run.json", SETTINGS, "options", {"seed": 3})
    assert read_run_settings(tmp_path).options == TrainingOptions(seed=3)


def read_or_refuse(folder: str) -> None:
    try:
        read_run_settings(Path(folder))
    except UserError as error:
        assert str(error).startswith(str(Path(folder, "run.json"))) and str(error).isprintable()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SETTINGS)), json_values)
def test_any_value_in_any_field(name, value):
    with tempfile.TemporaryDirectory() as folder:
        write_changed(Path(folder, "run.json"), SETTINGS, name, value)
        read_or_refuse(folder)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(OPTIONS.to_dict())), json_values)
def test_any_value_in_any_option(name, value):
    with tempfile.TemporaryDirectory() as folder:
        options = {**OPTIONS.to_dict(), name: value}
        write_changed(Path(folder, "run.json"), SETTINGS, "options", options)
        read_or_refuse(folder)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("format_version", "1", r'run\.json has format_version "1", and this tfsqueeze reads 1'),
        ("task", None, r"run\.json: task: it is null, not a string"),
        ("pairs", 0, r"run\.json: pairs: it is 0, not true or false"),
        ("options", [], r"run\.json: options: it is \[\], not an object"),
        ("options", {"epochs": "3"}, r'run\.json: options\.epochs: it is "3", not an integer'),
        ("options", {"epochs": 1.5}, r"run\.json: options\.epochs: it is 1.5, not an integer"),
        ("options", {"epochs": True}, r"run\.json: options\.epochs: it is true, not an integer"),
        ("options", {"learning_rate": "x"}, r'options\.learning_rate: it is "x", not a number'),
        ("options", {"unlabelled": ["a", 3]}, r"options\.unlabelled\[1\]: it is 3, not a string"),
        ("options", {"model": 3}, r"options\.model: it is 3, not an object"),
        ("options", {"lowercase": "no"}, r'options\.lowercase: it is "no", not true or false'),
        ("options", {"layers": 3}, r"run\.json: options: there is no option 'layers'"),
        ("options", {"batch_size": 0}, r"run\.json: options: batch_size must be at least 1, not 0"),
    ],
)
def test_wrong_types_name_the_file_and_the_field(tmp_path, name, value, message):
    write_changed(tmp_path / "run.json", SETTINGS, name, value)
    with pytest.raises(UserError, match=message):
        read_run_settings(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[" * 100_000, r"run\.json: not valid JSON \(nested too deeply\)"),
        ("[1]", r"run\.json: the file: it is \[1\], not an object"),
        (
            '{"format_version": 1}',
            r"run\.json: the file: there is no 'task'; keys: 'format_v",
        ),
        ("", r"run\.json is empty"),
    ],
)
def test_a_file_that_is_no_object_of_settings(tmp_path, content, message):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(UserError, match=message):
        read_run_settings(tmp_path)


def test_times_of_other_types_are_refused(tmp_path):
    path = tmp_path / "seconds.json"
    path.write_text(json.dumps({"float": 1.5, "qat": 2}))
    assert Seconds(path).values == {"float": 1.5, "qat": 2}
    path.write_text('{"float": "long"}')
    with pytest.raises(UserError, match=r'seconds\.json: float: it is "long", not a number'):
        Seconds(path)
