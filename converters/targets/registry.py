"""The class of each target.

A target is one class in one package. What a target needs may not be installed, so its module is
imported only when the target is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from converters.targets.target_names import TargetName
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from converters.targets.target import Target

TARGETS: dict[TargetName, str] = {
    "edgetpu": "converters.targets.edgetpu.edgetpu_target:EdgeTpuTarget",
    "ethos-u": "converters.targets.ethos_u.ethos_u_target:EthosUTarget",
    "micro": "converters.targets.micro.micro_target:MicroTarget",
    "android": "converters.targets.android.android_target:AndroidTarget",
    "web": "converters.targets.web.web_target:WebTarget",
    "huggingface": "converters.targets.huggingface.huggingface_target:HuggingFaceTarget",
}


def load_target(name: TargetName, runtime: str | None = None) -> Target:
    """Returns a target.

    Args:
        name: one of `TARGETS`.
        runtime: what runs the model on the device, where the target has a choice.

    Raises:
        UserError: there is no target of that name, or it has no such runtime.

    Example:
        >>> load_target("edgetpu").title
        'Coral Edge TPU'
    """
    if name not in TARGETS:
        raise UserError(f"there is no target {name!r}; there are {', '.join(TARGETS)}")
    module, _, class_name = TARGETS[name].partition(":")
    return getattr(importlib.import_module(module), class_name)(runtime)
