"""Devices that a trained run can be exported to.

A target is one module with `export(run, folder, max_length) -> facts`: it fills `folder`, which is
there and empty, and returns what it found, JSON-able:

    summary: lines to print, by name
    files: [{name, bytes}]
    devices: rows of the target table, [{device, operators, operators_on_device, macs,
        macs_on_device, model_bytes, memory, microseconds}]; `memory` is a line of what takes how
        much, `microseconds` an estimate or None; for a device without an accelerator
        `macs_on_device` and `operators_on_device` are those that its own kernels compute

What the others need may be missing, so a module is imported when it is asked for. A module with
`check(model) -> facts` also says of any .tflite file where its operators will run, as `operators`
(see `converters.reports.placement_picture`) and `summary`.
A module with `SHARES_FOLDER` true adds its files to those that are in the output folder.
`verify(run, parts) -> facts` also runs the texts of `parts`, datasets by name, in the device's own
interpreter (see `converters.targets.micro.micro_verification`).
"""

from __future__ import annotations

import importlib
from types import ModuleType

from tfsqueeze.utils.errors import UserError

TARGETS = {
    "edgetpu": "converters.targets.edgetpu.edgetpu_target",
    "ethos-u": "converters.targets.ethos_u.ethos_u_target",
    "micro": "converters.targets.micro.micro_target",
    "android": "converters.targets.android.android_target",
}


def require_single_texts(run, target: str) -> None:
    """Raises UserError for a run whose inputs and outputs a target's program does not know."""
    if run.task.name != "text-classification" or run.reads_pairs:
        kind = "pairs of texts" if run.task.name == "text-classification" else run.task.name
        raise UserError(
            f"{run.folder} is a model for {kind}; the target {target} takes "
            "classifiers of single texts so far"
        )


def load_target(name: str) -> ModuleType:
    """The module of a target. Raises UserError for a name that is none."""
    if name not in TARGETS:
        raise UserError(f"there is no target {name!r}; there are {', '.join(TARGETS)}")
    return importlib.import_module(TARGETS[name])
