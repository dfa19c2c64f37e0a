"""Exports a trained run for a Coral board, and checks any .tflite file for the Edge TPU."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.runtime.interpreters import open_model
from converters.targets.edgetpu import edgetpu_compiler
from converters.targets.edgetpu.edgetpu_check import EdgeTpuCheck, check_edgetpu
from converters.targets.edgetpu.edgetpu_compiler import CompilerComparison
from converters.targets.edgetpu.edgetpu_report import write_placement
from converters.targets.edgetpu.look_ups import LookUp, move_to_front, split_look_ups
from converters.targets.edgetpu.rules import check_operator
from converters.targets.target import DeviceRow, ExportedFile, ExportOptions, ExportResult, Target
from converters.tflite.inspection import list_operators, require_int8
from converters.tflite.tflite_file import Model
from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.tasks import (
    INTENT_AND_SLOTS,
    MULTI_LABEL_CLASSIFICATION,
    REGRESSION,
    SENTENCE_EMBEDDINGS,
    TEXT_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
)
from tfsqueeze.utils.archives import file_sha256
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.versions import installed_versions

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

BODY_FILE, TABLES_FILE, MODEL_FILE = "body.tflite", "look_ups.npz", "model.json"
TOKENIZER_FILE, COMPILED_FILE = "tokenizer.json", "body_edgetpu.tflite"


class EdgeTpuTarget(Target):
    """Exports the folder that `coral/predict.py` runs: an int8 body and the host's part.

    body.tflite computes logits from the int8 rows that the host looks up in look_ups.npz, which
    has a table for each input of the body. model.json holds the task, classes, quantization and
    what predictions are decoded with, and the SHA-256 of the files that the host opens;
    tokenizer.json is for Hugging Face's `tokenizers`.
    placement.json, .svg and .png show where each operator is predicted to run. Where
    `edgetpu_compiler` is installed, it writes body_edgetpu.tflite, and its log is compared with
    the prediction.
    """

    name = "edgetpu"
    title = "Coral Edge TPU"
    # coral/decoding.py has a function for each, which the host calls with the logits.
    supported_tasks = frozenset(
        task.name
        for task in (
            TEXT_CLASSIFICATION,
            MULTI_LABEL_CLASSIFICATION,
            REGRESSION,
            TOKEN_CLASSIFICATION,
            INTENT_AND_SLOTS,
            SENTENCE_EMBEDDINGS,
        )
    )
    supports_pairs = True

    def require_supported(self, run: TrainedRun) -> None:
        """Raises an error for a run that the host cannot use; see `Target.require_supported`."""
        super().require_supported(run)
        if run.tokenizer.match_types is not None:
            raise UserError(
                f"{run.folder} marks the words that both texts have, which coral/predict.py does "
                "not; train without --match-types"
            )

    def _export(self, run: TrainedRun, folder: Path, options: ExportOptions) -> ExportResult:
        # The conversion imports TensorFlow, which `check` does without.
        from converters.conversion.keras_to_tflite import convert_int8

        require_supported_config(run.config)
        content, look_ups = split_for_edgetpu(convert_int8(run.qat_model, options.max_length))
        require_int8(content, allow_float_output=False)
        body, tables = folder / BODY_FILE, folder / TABLES_FILE
        body.write_bytes(content)
        np.savez(tables, **{look_up.name: look_up.table for look_up in look_ups})
        run.tokenizer.to_device().save(folder / TOKENIZER_FILE)
        check = self.check(content)
        comparison = None
        if edgetpu_compiler.is_installed():
            log = edgetpu_compiler.compile_for_edgetpu(body, folder)
            comparison = edgetpu_compiler.compare(check.operators, log)
        description = {
            **_describe(run, content, look_ups, options.max_length),
            "sha256": _digests(folder),
        }
        (folder / MODEL_FILE).write_text(
            json.dumps(description, indent=2, ensure_ascii=False) + "\n", "utf-8"
        )
        summary = {**check.summary(), "compiler": _compiler_line(comparison)}
        details = {
            **check.to_dict(),
            "summary": summary,
            "compiler": comparison and comparison.to_dict(),
        }
        write_placement(details, folder, f"{run.options.preset} on the Edge TPU, predicted")
        return ExportResult(
            target=self.name,
            summary=summary,
            files=tuple(ExportedFile.from_path(path, folder) for path in sorted(folder.iterdir())),
            devices=(device_row(check, body.stat().st_size + tables.stat().st_size),),
            details=details,
        )

    def check(self, model: Model) -> EdgeTpuCheck:
        """Predicts where the operators of any .tflite file run; see `check_edgetpu`."""
        return check_edgetpu(model)


def device_row(check: EdgeTpuCheck, model_bytes: int) -> DeviceRow:
    """Returns a prediction as a row of the target table.

    Args:
        check: the prediction.
        model_bytes: size of the model, with the host's tables.
    """
    return DeviceRow(
        device="Edge TPU, predicted",
        operators=len(check.operators),
        operators_on_device=check.operators_on_device,
        macs=check.macs,
        macs_on_device=check.macs_on_device,
        model_bytes=model_bytes,
        memory=f"{check.weight_bytes / 2**20:.2f} of 8 MiB on chip",
        microseconds=check.estimate.microseconds if check.macs_on_device else None,
    )


def split_for_edgetpu(content: bytes) -> tuple[bytes, list[LookUp]]:
    """Splits a fully-int8 file so that the TPU can run as much of the body as possible.

    The TPU runs nothing after the first operator that it does not support, so all supported
    operators that do not depend on such an operator come before it.

    Args:
        content: a .tflite file that `split_look_ups` accepts.

    Returns:
        The body, and a look-up for each of its inputs.

    Raises:
        UserError: as `split_look_ups`.
    """
    body, look_ups = split_look_ups(content)
    supported = [check_operator(operator).is_supported for operator in list_operators(body)]
    return move_to_front(body, supported.__getitem__), look_ups


def require_supported_config(config: EncoderConfig) -> None:
    """Raises an error for a model that would leave the TPU in its first layer.

    Args:
        config: the model's configuration.

    Raises:
        UserError: the model has GELU, or layers after a layer with attention.
    """
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
            "train with attention in the last of layer_types at most, or with the preset "
            "squeezebert-edgetpu"
        )


def _describe(
    run: TrainedRun, content: bytes, look_ups: list[LookUp], max_length: int
) -> dict[str, Any]:
    """Returns the content of model.json."""
    outputs = open_model(content).output_details
    return {
        "name": run.options.preset,
        "dataset": run.dataset_name,
        "task": run.task.name,
        "max_length": max_length,
        "reads_pairs": run.reads_pairs,
        "classes": run.classes,
        "decoding": run.decoding,
        "tokens": {
            "pad": run.tokenizer.pad_token_id,
            "cls": run.tokenizer.cls_token_id,
            "sep": run.tokenizer.sep_token_id,
            "unk": run.tokenizer.unk_token_id,
        },
        "inputs": [
            {"name": look_up.name, "source": look_up.source, "shape": list(look_up.shape)}
            for look_up in look_ups
        ],
        "outputs": {
            output.name: {"scale": output.scale, "zero_point": output.zero_point}
            for output in outputs
        },
        "config": run.config.to_dict(),
        "versions": installed_versions(),
    }


def _digests(folder: Path) -> dict[str, str]:
    """Returns the SHA-256 of the files that the host opens, by name."""
    names = (BODY_FILE, COMPILED_FILE, TABLES_FILE, TOKENIZER_FILE)
    return {name: file_sha256(folder / name) for name in names if (folder / name).exists()}


def _compiler_line(comparison: CompilerComparison | None) -> str:
    if comparison is None:
        return (
            f"{edgetpu_compiler.PROGRAM} is not installed here: the placement is a prediction "
            "from Coral's published table"
        )
    outcome = "agrees with" if comparison.agrees else "differs from"
    return f"version {comparison.version} {outcome} the prediction"
