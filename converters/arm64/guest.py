"""Runs a .tflite file inside the emulator; needs only numpy and a runtime.

    python3.11 guest.py PACKAGES MODULE FOLDER

PACKAGES is the folder of the wheels, and MODULE the module of the runtime's interpreter. FOLDER
holds `model.tflite` and `inputs.npz` (`input_0`, `input_1`, ..., arrays [n, ...]). The script adds
`outputs.npz` (`output_0`, ..., arrays [n, ...], not dequantized). Before and after the inference
of each batch, it makes the system call that `count_instruction_classes.c` waits for.
"""

import ctypes
import importlib
import sys
from pathlib import Path

GETPPID = 173  # the number of the system call in Linux on AArch64
MARK = 0x7F5EEEE


def main(packages: str, module: str, folder: str) -> None:
    """Runs the model in a folder on the inputs beside it.

    Args:
        packages: the folder of the wheels.
        module: the module of the runtime's interpreter.
        folder: the folder with `model.tflite` and `inputs.npz`.
    """
    sys.path.insert(0, packages)
    import numpy as np

    interpreter = importlib.import_module(module).Interpreter(
        model_path=str(Path(folder, "model.tflite")), num_threads=1
    )
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()
    outputs = [detail["index"] for detail in interpreter.get_output_details()]
    system_call = ctypes.CDLL(None).syscall
    with np.load(Path(folder, "inputs.npz")) as inputs:
        rows = [inputs[f"input_{index}"] for index in range(len(details))]
    batch = details[0]["shape"][0]
    results = [[] for _ in outputs]
    for start in range(0, len(rows[0]), batch):
        for detail, values in zip(details, rows, strict=True):
            interpreter.set_tensor(detail["index"], values[start : start + batch])
        system_call(GETPPID, MARK)
        interpreter.invoke()
        system_call(GETPPID, MARK)
        for index, result in zip(outputs, results, strict=True):
            result.append(interpreter.get_tensor(index))
    np.savez(
        Path(folder, "outputs.npz"),
        **{f"output_{index}": np.concatenate(result) for index, result in enumerate(results)},
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
