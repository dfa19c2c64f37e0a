"""The kinds of int8 .tflite files that a model can be converted to."""

from __future__ import annotations

from typing import Literal

# `int8`: every op is int8, as Edge TPUs and microcontrollers need. `mobile`: every product is
# int8; layer normalization and softmax are float32, for which phones have faster kernels.
Profile = Literal["int8", "mobile"]
# What a file may be made for: a phone's CPU, the CPU of this machine, or an accelerator or a
# microcontroller, which take `int8` alone.
Device = Literal["phone", "server", "edgetpu", "micro"]
# The type of a file's outputs; float32 takes a DEQUANTIZE at the end.
OutputDtype = Literal["int8", "float32"]
# How the inputs and outputs of a file are named and typed, if other libraries are to open it;
# `task-library` is that of the Task Library and MediaPipe Tasks (`converters.tflite.task_library`).
FileSignature = Literal["task-library"]
