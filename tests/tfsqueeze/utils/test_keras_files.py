"""Whatever stands in place of a run's Keras file, none of it is run."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from tfsqueeze.layers import TokenScores
from tfsqueeze.quantization import load_quantized
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.training.teacher import load_teacher
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.keras_files import load_model


@pytest.fixture
def touched(tmp_path, monkeypatch):
    """The file that hostile code touches."""
    path = tmp_path / "touched"
    monkeypatch.setenv("TFSQUEEZE_TEST_TOUCH", str(path))
    yield path
    assert not path.exists()


def touch(x):
    import os
    from pathlib import Path

    Path(os.environ["TFSQUEEZE_TEST_TOUCH"]).touch()
    return x


@pytest.fixture
def hostile(tmp_path):
    """A model whose Lambda layer touches a file."""
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Lambda(touch)(inputs))
    Path(os.environ["TFSQUEEZE_TEST_TOUCH"]).unlink(missing_ok=True)
    return model


@pytest.fixture
def run_folder(trained_run, tmp_path):
    shutil.copytree(trained_run.folder, tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("name", ["float.keras", "qat.keras"])
@pytest.mark.parametrize("format", ["h5", "tf", "keras"])
def test_code_in_a_run_is_not_run(name, format, touched, hostile, run_folder, tmp_path):
    other = tmp_path / f"model.{format}"
    hostile.save(other, save_format=format)
    touched.unlink(missing_ok=True)
    path = run_folder / name
    path.unlink()
    other.rename(path)
    with pytest.raises(UserError, match=f"{name} (is not a Keras file|names keras.layers.Lambda)"):
        load_run(run_folder)
    if name == "float.keras":
        with pytest.raises(UserError, match="float.keras"):
            load_teacher(
                run_folder, TEXT_CLASSIFICATION, {"logits": ["animals", "food", "weather"]}
            )


def rewrite(path, change=lambda config: config, compression=zipfile.ZIP_STORED):
    """Writes a Keras file again, with a change of the bytes of its config."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries["config.json"] = change(entries["config.json"])
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    "object_config",
    [
        {"module": "os", "class_name": "system", "config": "true", "registered_name": None},
        {
            "module": "this",
            "class_name": "Layer",
            "config": {},
            "registered_name": "tfsqueeze>This",
        },
        {"module": "builtins", "class_name": "function", "config": "exec", "registered_name": None},
        {"module": "keras.layers", "class_name": "TFOpLambda", "config": {}},
        {"module": "tfsqueeze.__main__", "class_name": "x", "config": {}},
        {"class_name": "__lambda__", "config": {"value": ""}},
    ],
)
@pytest.mark.parametrize("where", ["compile_config", "config"])
def test_other_classes_are_refused(object_config, where, run_folder, capsys):
    path = run_folder / "qat.keras"

    def hide(content):
        config = json.loads(content)
        config[where]["hidden"] = [object_config]
        return json.dumps(config).encode()

    rewrite(path, hide)
    with pytest.raises(UserError, match="which models of tfsqueeze do not consist of"):
        load_run(run_folder)
    assert "Zen of Python" not in capsys.readouterr().out


@pytest.fixture
def payload(touched, tmp_path, monkeypatch):
    """The name of a module that touches a file when it is imported."""
    (tmp_path / "payload.py").write_text(f"open({str(touched)!r}, 'w')\n\ndef Adam(**_): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "payload"
    assert "payload" not in sys.modules


@pytest.fixture(scope="module")
def small_model(tmp_path_factory):
    """The file of a compiled model with a layer within a layer and a registered function."""
    inputs = keras.Input((3, 1), name="inputs")
    outputs = TokenScores(name="scores")(inputs)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(1e-3, 1, 0.9)))
    path = tmp_path_factory.mktemp("small") / "model.keras"
    model.save(path)
    return path


def with_config(source, path, change):
    """Copies a Keras file, with a change of its config."""
    shutil.copy(source, path)

    def rewritten(content):
        config = json.loads(content)
        return json.dumps(change(config) or config).encode()

    rewrite(path, rewritten)
    return path


# Each passes for something known in one of the ways in which Keras looks objects up.
DISGUISED = {
    "null_registered_name": {"class_name": "Custom>Adam", "registered_name": None, "config": {}},
    "function_by_registered_name": {
        "class_name": "function",
        "config": "Adam",
        "registered_name": "Custom>Adam",
    },
    "function_of_builtins": {
        "module": "builtins",
        "class_name": "function",
        "config": "exec",
        "registered_name": "function",
    },
    "attribute_of_losses": {
        "module": "builtins",
        "class_name": "function",
        "config": "__builtins__",
        "registered_name": "function",
    },
    "function_of_losses": {
        "module": "keras.losses",
        "class_name": "deserialize",
        "config": {},
        "registered_name": None,
    },
    "wrapper_of_a_function": {
        "module": "keras.metrics",
        "class_name": "MeanMetricWrapper",
        "config": {"fn": "keras_export"},
        "registered_name": None,
    },
    "other_class_of_losses": {
        "module": "keras.losses",
        "class_name": "Adam",
        "config": {},
        "registered_name": None,
    },
    "lambda_as_registered": {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"function": ["", None, None]},
        "registered_name": "Custom>Adam",
    },
    "typespec": {
        "class_name": "__typespec__",
        "spec_name": "Adam",
        "config": {},
        "registered_name": None,
    },
}


def hidden_in(place, config, hidden):
    """Puts a hidden object in a place of a model's config; returns the new config."""
    layer = config["config"]["layers"][-1]
    if place == "model":
        return hidden
    if place == "layer":
        layer.update(hidden)
    elif place == "layer_within_a_layer":
        layer.update(
            {
                "module": "tensorflow_model_optimization.python.core.quantization.keras."
                "quantize_wrapper",
                "class_name": "QuantizeWrapperV2",
                "registered_name": "QuantizeWrapperV2",
                "config": {"name": "wrapped", "layer": hidden, "quantize_config": None},
            }
        )
    elif place == "activation":
        layer["config"]["activation"] = hidden
    elif place == "build_config":
        layer["build_config"] = {"input_shape": hidden}
    elif place == "learning_rate":
        config["compile_config"]["optimizer"]["config"]["learning_rate"] = hidden
    else:
        config["compile_config"][place] = {"scores": [hidden]}
    return config


@pytest.mark.parametrize("disguise", DISGUISED)
@pytest.mark.parametrize(
    "place",
    [
        "model",
        "layer",
        "layer_within_a_layer",
        "activation",
        "build_config",
        "learning_rate",
        "loss",
        "metrics",
    ],
)
def test_a_disguised_object_is_refused(place, disguise, payload, small_model, tmp_path):
    hidden = {"module": payload, **DISGUISED[disguise]}
    path = with_config(
        small_model, tmp_path / "model.keras", lambda config: hidden_in(place, config, hidden)
    )
    with pytest.raises(UserError, match="which models of tfsqueeze do not consist of"):
        load_model(path)


@pytest.mark.parametrize("registered_name", ["Custom>Adam", "mine>Lambda"])
def test_a_registered_name_without_a_module_cannot_stand_for_another_class(
    registered_name, small_model, tmp_path
):
    """Keras then reads the older form of a config, which has the class name alone."""

    @keras.saving.register_keras_serializable("mine")
    class Lambda(keras.layers.Layer):
        pass

    def change(config):
        layer = config["config"]["layers"][-1]
        layer.update({"class_name": "Lambda", "registered_name": registered_name})
        del layer["module"]

    path = with_config(small_model, tmp_path / "model.keras", change)
    with pytest.raises(UserError, match="names Lambda, which models of tfsqueeze do not"):
        load_model(path)


@pytest.mark.parametrize("field", ["class_name", "module", "registered_name"])
@pytest.mark.parametrize("value", [[], ["a"], {}, {"a": 1}, 1, True])
def test_an_odd_type_of_a_field_is_one_sentence(field, value, small_model, tmp_path):
    def change(config):
        config["config"]["layers"][-1][field] = value

    path = with_config(small_model, tmp_path / "model.keras", change)
    with pytest.raises(UserError, match=rf"config.json cannot be read \({field} is a \w+") as error:
        load_model(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", [[1], 1, "a", {"name": []}])
def test_an_odd_config_is_one_sentence(value, small_model, tmp_path):
    def change(config):
        config["config"]["layers"][-1]["config"] = value

    path = with_config(small_model, tmp_path / "model.keras", change)
    with pytest.raises(UserError, match=r"model.keras (is damaged|names)") as error:
        load_model(path)
    assert "\n" not in str(error.value)


def test_a_file_that_holds_no_model_is_refused(small_model, tmp_path):
    def change(_):
        return {
            "module": "keras.losses",
            "class_name": "Hinge",
            "config": {},
            "registered_name": None,
        }

    path = with_config(small_model, tmp_path / "model.keras", change)
    with pytest.raises(UserError, match="model.keras holds no model but a Hinge"):
        load_model(path)


def test_a_zip_file_behind_hdf5_is_refused(touched, hostile, small_model, tmp_path):
    """By a name without .keras, Keras would read the HDF5 file and run its Lambda layer."""
    path = tmp_path / "model.h5"
    hostile.save(path)
    touched.unlink(missing_ok=True)
    path.write_bytes(path.read_bytes() + small_model.read_bytes())
    assert zipfile.is_zipfile(path)
    with pytest.raises(UserError, match=r"model.h5 is not a Keras file: its name must end in"):
        load_model(path)


def test_an_encrypted_entry_is_one_sentence(small_model, tmp_path):
    path = tmp_path / "model.keras"
    content = bytearray(small_model.read_bytes())
    position = content.index(b"PK\x01\x02")
    while position >= 0:
        content[position + 8] |= 1
        position = content.find(b"PK\x01\x02", position + 1)
    path.write_bytes(content)
    with pytest.raises(UserError, match="model.keras is not a Keras file"):
        load_model(path)


def test_functions_of_keras_and_registered_ones_are_loaded(small_model, tmp_path):
    @keras.saving.register_keras_serializable("mine")
    def own_loss(labels, scores):
        return scores - labels

    model = load_model(small_model, compile=False)
    model.compile("adam", own_loss, metrics=[keras.metrics.mean_squared_error, "mae"])
    model.save(tmp_path / "model.keras")
    assert load_model(tmp_path / "model.keras").loss is own_loss


def test_damaged_files_are_one_sentence(run_folder, tmp_path):
    path = run_folder / "float.keras"
    whole = path.read_bytes()
    draw = np.random.default_rng(0)
    for index in range(18):
        damaged = bytearray(whole)
        if index % 3 == 0:
            damaged = damaged[: draw.integers(len(whole))]
        else:
            for position in draw.integers(0, len(whole), 1 + index % 7):
                damaged[position] = draw.integers(256)
        path.write_bytes(damaged)
        try:
            load_model(path, compile=False)
        except UserError as error:
            assert str(path) in str(error) and "\n" not in str(error)


def test_a_compressed_file_is_refused(run_folder):
    path = run_folder / "float.keras"
    rewrite(path, compression=zipfile.ZIP_LZMA)
    with pytest.raises(UserError, match="float.keras is not a file that Keras wrote"):
        load_model(path)


def test_a_deep_config_is_refused(run_folder):
    path = run_folder / "float.keras"
    rewrite(path, lambda _: b"[" * 100_000 + b"]" * 100_000)
    with pytest.raises(UserError, match="config.json cannot be read"):
        load_model(path)


def test_a_model_of_ones_own_loss_is_loaded_with_it(trained_run, tmp_path):
    @keras.saving.register_keras_serializable("mine")
    class OwnLoss(keras.losses.SparseCategoricalCrossentropy):
        pass

    model = load_quantized(trained_run.folder / "qat.keras", compile=False)
    model.compile("adam", OwnLoss(from_logits=True), metrics=["accuracy"])
    model.save(tmp_path / "model.keras")
    loaded = load_quantized(tmp_path / "model.keras")
    assert isinstance(loaded.loss, OwnLoss)
