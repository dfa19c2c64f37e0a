"""Whatever stands in place of a run's Keras file, none of it is run."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

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
