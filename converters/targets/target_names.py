"""The names of the targets."""

from __future__ import annotations

from typing import Literal

TargetName = Literal["edgetpu", "ethos-u", "micro", "android", "web", "huggingface"]
# Those with an accelerator, for which `Target.check` says what runs on it.
AcceleratorName = Literal["edgetpu", "ethos-u"]
