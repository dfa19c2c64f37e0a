"""The sizes of models, by name and by the device that they are for."""

from __future__ import annotations

from typing import Literal

Size = Literal["micro", "tiny", "small", "base"]
Device = Literal["micro", "edgetpu", "android"]
DEFAULT_SIZE: Size = "tiny"
# Of those devices that take any network of their size.
SIZE_OF_DEVICE: dict[Device, Size] = {"micro": "micro", "android": "tiny"}
# Of those that take some networks only.
PRESET_OF_DEVICE: dict[Device, str] = {"edgetpu": "squeezebert-edgetpu"}
