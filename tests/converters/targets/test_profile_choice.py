"""`convert --profile auto` takes the form that costs least on the device."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from converters.runtime.interpreters import open_model
from converters.targets import profile_choice
from converters.targets.profile_choice import choose_profile
from tfsqueeze.cli.main import app
from tfsqueeze.data.datasets.text_dataset import TextDataset

SHORT, LONG = "the cat", "the cat " * 40


@pytest.fixture
def costs(monkeypatch):
    """Returns a function that sets what an inference costs by profile and length."""

    def set_costs(table):
        monkeypatch.setitem(
            profile_choice._MEASURES,
            "server",
            (lambda files, _: {k: table(*k) for k in files}, "ms"),
        )
        monkeypatch.setattr(profile_choice, "convert_run", lambda *_, **__: b"")

    return set_costs


def texts(*lines):
    return TextDataset("some", list(lines), ["animals"] * len(lines))


def test_the_cheaper_profile_is_taken(trained_run, costs):
    costs(lambda profile, length: {"int8": 2.0, "mobile": 3.0}[profile])
    choice = choose_profile(trained_run, "server")
    assert (choice.profile, choice.max_lengths) == ("int8", (16,))
    assert choice.reason == "a text takes 2 ms with int8 and 3 with mobile"
    assert [form.cost for form in choice.forms] == [2.0, 3.0]


def test_texts_weigh_the_lengths(trained_run, costs, monkeypatch):
    monkeypatch.setattr(profile_choice, "signature_lengths", lambda length: [length, length // 2])
    costs(lambda profile, length: length * {"int8": 1.0, "mobile": 1.5}[profile])
    short = choose_profile(trained_run, "server", texts=texts(SHORT, SHORT, LONG, SHORT))
    assert short.max_lengths == (16, 8) and short.forms[0].cost == (3 * 8 + 16) / 4
    # All texts are long: a second length saves nothing.
    assert choose_profile(trained_run, "server", texts=texts(LONG)).max_lengths == (16,)
    # It saves 4 % here, which is too little.
    costs(lambda profile, length: 1.0 if length == 16 else 0.96)
    assert choose_profile(trained_run, "server", texts=texts(SHORT)).max_lengths == (16,)
    # Lengths that the user names stay.
    named = choose_profile(trained_run, "server", [12, 16], texts(SHORT))
    assert named.max_lengths == (16, 12) and {form.max_lengths for form in named.forms} == {
        (16, 12)
    }


@pytest.mark.parametrize("device", ["edgetpu", "micro"])
def test_accelerators_and_microcontrollers_take_int8(trained_run, device):
    choice = choose_profile(trained_run, device, [16, 8])
    assert (choice.profile, choice.max_lengths, choice.forms) == ("int8", (16,), ())


def run(*arguments):
    return CliRunner().invoke(app, ["convert", *map(str, arguments)])


@pytest.mark.slow
def test_the_command_converts_to_what_it_chose(trained_run, tmp_path):
    path = tmp_path / "model.tflite"
    options = ("--profile", "auto", "--for", "server")
    result = run(trained_run.folder, "-o", path, *options, "--json")
    assert result.exit_code == 0, result.output
    choice = json.loads(result.stdout)["choice"]
    assert {form["profile"] for form in choice["forms"]} == {"int8", "mobile"}
    best, *others = choice["forms"]
    assert choice["profile"] == best["profile"]
    assert all(best["cost"] <= form["cost"] for form in others)
    assert open_model(path).input_details[0].shape == (1, 16)


def test_auto_and_the_device_go_together(trained_run, tmp_path):
    for options in (("--profile", "auto"), ("--for", "phone")):
        result = run(trained_run.folder, "-o", tmp_path / "model.tflite", *options)
        assert result.exit_code == 1
        assert "--profile auto and --for go together" in " ".join(result.stderr.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.arm64
@pytest.mark.skipif(shutil.which("qemu-aarch64") is None, reason="qemu-aarch64 is not installed")
def test_a_phone_is_an_emulated_one(trained_run):
    choice = choose_profile(trained_run, "phone")
    assert choice.unit == "million instructions"
    # A layer of 32 channels for 16 tokens.
    assert all(0.05 < form.cost < 5 for form in choice.forms)
