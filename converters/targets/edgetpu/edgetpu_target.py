"""A trained run as a folder for a Coral board, and a check of any .tflite file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.runtime.interpreters import open_model
from converters.targets.edgetpu import compiler
from converters.targets.edgetpu.check import check_edgetpu
from converters.targets.edgetpu.edgetpu_report import summary, write_placement
from converters.targets.edgetpu.rules import check_operator
from converters.targets.edgetpu.split import LookUp, reorder, split_look_ups
from converters.targets.registry import require_single_texts
from converters.tflite.inspection import list_operators, require_int8
from converters.tflite.tflite_file import Model
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.versions import installed_versions

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

BODY_FILE, TABLES_FILE, MODEL_FILE = "body.tflite", "look_ups.npz", "model.json"
TOKENIZER_FILE = "tokenizer.json"


def export(run: TrainedRun, folder: Path, max_length: int | None = None) -> dict[str, Any]:
    """Writes what `coral/classify.py` runs: the int8 body for the TPU and the host's part.

    body.tflite takes the int8 rows that the host looks up in look_ups.npz (a table for each of
    its inputs), and gives the logits. model.json has labels and quantization, tokenizer.json is
    read by Hugging Face's `tokenizers`. placement.json, .svg and .png show where each operator is
    predicted to run. Where `edgetpu_compiler` is installed it makes body_edgetpu.tflite, and its
    log is held against the prediction.

    max_length: the static length in tokens; that of training by default.

    Returns the facts of `check_edgetpu`, those that every target has (`converters.targets.registry`), and
    `compiler`, the comparison with its log, or None.

    Raises UserError for a model that would leave the TPU early: one with GELU, or with layers after
    attention.
    """
    # Brings TensorFlow, which a check does without.
    from converters.conversion.keras_to_tflite import convert_int8

    require_single_texts(run, "edgetpu")
    require_supported(run.config)
    length = max_length or run.options.max_length
    content, look_ups = split_for_edgetpu(convert_int8(run.qat_model, length))
    require_int8(content, allow_float_output=False)
    body = folder / BODY_FILE
    body.write_bytes(content)
    np.savez(folder / TABLES_FILE, **{look_up.name: look_up.table for look_up in look_ups})
    (folder / MODEL_FILE).write_text(
        json.dumps(_describe(run, content, look_ups, length), indent=2, ensure_ascii=False) + "\n",
        "utf-8",
    )
    tokenizer = DeviceTokenizer.from_settings(run.tokenizer.settings(), run.tokenizer.vocabulary)
    tokenizer.save(folder / TOKENIZER_FILE)
    facts = check(content)
    facts["compiler"] = None
    if compiler.is_installed():
        facts["compiler"] = compiler.compare(facts, compiler.compile_for_edgetpu(body, folder))
    facts["summary"]["compiler"] = _compiler_line(facts["compiler"])
    write_placement(facts, folder, f"{run.options.preset} on the Edge TPU, predicted")
    facts["files"] = [
        {"name": path.name, "bytes": path.stat().st_size} for path in sorted(folder.iterdir())
    ]
    facts["devices"] = [
        device_row(facts, sum((folder / name).stat().st_size for name in (BODY_FILE, TABLES_FILE)))
    ]
    return facts


def device_row(facts: dict[str, Any], model_bytes: int) -> dict[str, Any]:
    """The facts of a check as a row of the target table."""
    return {
        "device": "Edge TPU, predicted",
        "operators": len(facts["operators"]),
        "operators_on_device": facts["operators_on_tpu"],
        "macs": facts["macs"],
        "macs_on_device": facts["macs_on_tpu"],
        "model_bytes": model_bytes,
        "memory": f"{facts['weight_bytes'] / 2**20:.2f} of 8 MiB on chip",
        "microseconds": facts["estimate"]["microseconds"] if facts["macs_on_tpu"] else None,
    }


def check(model: Model) -> dict[str, Any]:
    """`check_edgetpu` and its facts in words, `summary`."""
    facts = check_edgetpu(model)
    return {**facts, "summary": summary(facts)}


def split_for_edgetpu(content: bytes) -> tuple[bytes, list[LookUp]]:
    """Splits a fully-int8 file by `split_look_ups`, and has all in the body that the TPU takes
    before the first operator that it does not."""
    body, look_ups = split_look_ups(content)
    supported = [check_operator(operator).is_supported for operator in list_operators(body)]
    return reorder(body, supported.__getitem__), look_ups


def require_supported(config: SqueezeBertConfig) -> None:
    """Raises UserError for a config whose body would leave the TPU in its first layer."""
    if config.hidden_act == "gelu":
        raise UserError(
            "hidden_act is 'gelu', which the Edge TPU does not have; train with "
            "hidden_act 'relu', the faster, or 'sigmoid_gelu', or the preset "
            "squeezebert-edgetpu"
        )
    if "attention" in config.layer_types[:-1]:
        layer = config.layer_types.index("attention")
        raise UserError(
            f"layer {layer} attends, which the Edge TPU cannot, and layers follow it; "
            "train with attention in the last of layer_types at most, as the presets "
            "squeezebert-edgetpu-hybrid and squeezebert-edgetpu do"
        )


def _describe(run, content, look_ups, length):
    model = open_model(content)
    output = model.output_details[0]
    return {
        "name": run.options.preset,
        "dataset": run.dataset_name,
        "max_length": length,
        "labels": run.label_names,
        "tokens": {
            "pad": run.tokenizer.pad_token_id,
            "cls": run.tokenizer.cls_token_id,
            "sep": run.tokenizer.sep_token_id,
        },
        "inputs": [{"name": look_up.name, "shape": list(look_up.shape)} for look_up in look_ups],
        "output": {"scale": output.scale, "zero_point": output.zero_point},
        "config": run.config.to_dict(),
        "versions": installed_versions(),
    }


def _compiler_line(comparison):
    if comparison is None:
        return (
            f"{compiler.PROGRAM} is not installed here: the placement is a prediction from "
            "Coral's published table"
        )
    verdict = "agrees with" if comparison["agrees"] else "differs from"
    return f"version {comparison['version']} {verdict} the prediction"
