"""Training in 16 bits: how the precision is chosen, and that the saved models are float32."""

from __future__ import annotations

import dataclasses
import json
import time

import numpy as np
import pytest
import tf_keras as keras

from converters.conversion.keras_to_tflite import convert_int8
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.training import precision as precision_module
from tfsqueeze.training.precision import choose_precision, has_bfloat16_products
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError


def steps(seconds_by_policy, log):
    """Returns what prepares a step that takes a time by the global policy."""

    def prepare():
        policy = keras.mixed_precision.global_policy().name
        log.append(policy)
        return lambda: time.sleep(seconds_by_policy[policy])

    return prepare


def test_the_faster_precision_is_chosen_and_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(precision_module, "has_bfloat16_products", lambda: True)
    log = []
    for slow, fast in (("float32", "mixed_bfloat16"), ("mixed_bfloat16", "float32")):
        path = tmp_path / fast / "precision.json"
        prepare = steps({slow: 0.02, fast: 0.001}, log)
        expected = fast.removeprefix("mixed_")
        assert choose_precision("auto", prepare, path) == expected
        # A resumed training does not try again.
        assert choose_precision("auto", None, path) == expected
        assert json.loads(path.read_text())["seconds_of_a_step"].keys() == {"float32", "bfloat16"}
    assert log == ["float32", "mixed_bfloat16"] * 2
    assert keras.mixed_precision.global_policy().name == "float32"


def test_nothing_is_tried_where_it_cannot_pay_off(tmp_path, monkeypatch):
    monkeypatch.setattr(precision_module, "has_bfloat16_products", lambda: False)
    assert choose_precision("auto", None, tmp_path / "a.json") == "float32"
    monkeypatch.setattr(precision_module, "has_bfloat16_products", lambda: True)
    assert choose_precision("auto", None, tmp_path / "b.json", tries=False) == "float32"
    assert choose_precision("float16", None, tmp_path / "c.json") == "float16"
    path = tmp_path / "a.json"
    path.write_text('{"precision": "int4"}')
    with pytest.raises(UserError, match=r'a\.json: precision: it is "int4", not float32'):
        choose_precision("auto", None, path)
    with pytest.raises(UserError, match="precision 'half' is not auto or float32"):
        TrainingOptions(precision="half")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx2 avx512_bf16 avx512vl", True),
        ("fpu amx_bf16", True),
        ("fpu avx2 avx512f", False),
    ],
)
def test_instructions_are_read(flags, expected, tmp_path, monkeypatch):
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t: amx_bf16\n")
    monkeypatch.setattr(precision_module, "_CPU_INFO", path)
    assert has_bfloat16_products() == expected


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_run_in_16_bits_learns_and_leaves_float32_models(
    precision, topics_folder, tiny_options, tmp_path
):
    options = dataclasses.replace(
        tiny_options,
        precision=precision,
        batch_size=16,
        gradient_accumulation_steps=2,
        qat_epochs=1,
    )
    run = train_task(tmp_path, TEXT_CLASSIFICATION, load_dataset(topics_folder), options)
    for name, history in run.history.items():
        assert max(row["val_accuracy"] for row in history) > 0.8, name
    for model in (run.float_model, run.qat_model):
        assert {layer.compute_dtype for layer in model.layers} <= {"float32", "int32"}
        assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert convert_int8(run.qat_model, max_length=16)
