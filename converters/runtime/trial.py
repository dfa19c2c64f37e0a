"""Opens and runs a .tflite file in a process of its own, which alone ends where a runtime crashes.

`python -m converters.runtime.trial NAME RUNTIME KERNELS` reads the file from standard input.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from converters.runtime.interpreters import Kernels, Runtime

# Far more than a text model takes; the memory is beside its file, which runtimes may copy.
_SECONDS = 120
_MEMORY_BYTES = 400 * 2**20
_COPIES = 4
# The exit status of a worker that prints a sentence; an exception has 1.
_REFUSED = 3
# The files that went well here: the SHA-256, the runtime and the kernels.
_passed: set[tuple[bytes, str, str]] = set()


def try_in_worker(content: bytes, name: str, runtime: Runtime, kernels: Kernels) -> None:
    """Runs a file once in a worker process, on zeros; not again in this process if that went well.

    Args:
        content: the file's bytes.
        name: what an error message calls the file.
        runtime: see `open_model`.
        kernels: see `open_model`.

    Raises:
        UserError: the worker ends by a signal, takes too long or too much memory, or the runtime
            refuses the file.
    """
    key = hashlib.sha256(content).digest(), runtime, kernels
    if key in _passed:
        return
    paths = os.pathsep.join(path for path in sys.path if path)
    try:
        result = subprocess.run(
            [sys.executable, "-m", __name__, name, runtime, kernels],
            input=content,
            capture_output=True,
            timeout=_SECONDS,
            env={**os.environ, "PYTHONPATH": paths},
        )
    except subprocess.TimeoutExpired:
        raise UserError(
            f"{name} is damaged, or is no text model: {runtime} ran it for more than {_SECONDS} "
            "seconds; copy or convert it again"
        ) from None
    if result.returncode == 0:
        _passed.add(key)
        return
    if result.returncode == _REFUSED:
        raise UserError(result.stdout.decode())
    raise UserError(
        f"{name} is damaged, or has operators that {runtime} cannot run: a process that tried it "
        f"ended {_ending(result.returncode)}; copy or convert it again"
    )


def _ending(status: int) -> str:
    if status < 0:
        return f"by {signal.Signals(-status).name}"
    return f"with status {status}"


def _limit(more_bytes: int) -> None:
    """Bounds what this process takes beside what it has, and lets it leave no core file.

    Linux alone tells the size of a process and holds it to a bound.
    """
    pages = Path("/proc/self/statm")
    if not pages.exists():
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    held = int(pages.read_text().split()[0]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    bound = held + more_bytes
    resource.setrlimit(
        resource.RLIMIT_AS, (bound if most == resource.RLIM_INFINITY else min(bound, most), most)
    )


def _main(name: str, runtime: Runtime, kernels: Kernels) -> int:
    """Runs the file in standard input; prints the sentence if a runtime refuses it."""
    import numpy as np

    from converters.runtime.interpreters import load_model
    from converters.tflite.tflite_file import TFLiteFile

    content = sys.stdin.buffer.read()
    _limit(_MEMORY_BYTES + _COPIES * len(content))
    try:
        model = load_model(TFLiteFile(content, name), runtime, kernels)
        for part in model.by_length.values() or [model]:
            part.run_all(
                {detail.name: np.zeros(detail.shape, detail.dtype) for detail in part.input_details}
            )
    except (UserError, MemoryError) as error:
        text = str(error) if isinstance(error, UserError) else f"{name} takes too much memory"
        sys.stdout.buffer.write(text.encode())
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
