"""What this machine has, what that is enough for, and how to install the rest."""

from __future__ import annotations

import dataclasses
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")
# The instructions that fast int8 and bfloat16 kernels use, as Linux names them.
_CPU_FEATURES = (
    "avx2",
    "avx512f",
    "avx_vnni",
    "avx512_vnni",
    "avx512_bf16",
    "amx_int8",
    "amx_bf16",
    "asimddp",
    "i8mm",
    "bf16",
)
_TRAIN = "pip install 'tfsqueeze[train]'"
_IMPORT_TRAINING = (
    sys.executable,
    "-c",
    "import tensorflow, tf_keras, tensorflow_text, tensorflow_model_optimization",
)
# What each part is for, and how to install it.
_PACKAGES = {
    "ai-edge-litert": ("predict, on LiteRT", "pip install ai-edge-litert"),
    "tflite-runtime": ("predict, on tflite-runtime", "CPython 3.11 or older and numpy 1 have it"),
    "tensorflow": ("train, convert", _TRAIN),
    "tf_keras": ("train, convert", _TRAIN),
    "tensorflow-text": ("train", _TRAIN),
    "tensorflow-model-optimization": ("train quantization-aware", _TRAIN),
    "huggingface_hub": ("checkpoints of the Hugging Face hub", _TRAIN),
    "optuna": ("train --search", "pip install 'tfsqueeze[search]'"),
    "pyarrow": ("Parquet files", "pip install 'tfsqueeze[parquet]'"),
    "apache-beam": (
        "predict-files, prepare",
        "pip install 'tfsqueeze[beam]', in an environment of its own",
    ),
    "ethos-u-vela": ("export and check for ethos-u", "pip install 'tfsqueeze[ethos-u]'"),
    "tflite_micro": ("verify and export for micro", "pip install 'tfsqueeze[micro]'"),
    "sklearn-crfsuite": ("baselines of tagged words", "pip install 'tfsqueeze[baselines]'"),
    "onnxruntime": ("peers of python -m benchmarks", "pip install 'tfsqueeze[bench]'"),
}
_PROGRAMS = {
    "edgetpu_compiler": ("compile for edgetpu", "coral.ai/docs/edgetpu/compiler"),
    "arm-none-eabi-gcc": ("make micro", "make micro installs it on Debian"),
    "qemu-aarch64": ("make arm64", "make arm64 installs it on Debian"),
    "javac": ("make android", "make android installs it on Debian"),
    "npm": ("make web", "make web installs it on Debian"),
    "chromium": ("make web", "make web installs it on Debian"),
    "nvidia-smi": ("train on a GPU", "www.tensorflow.org/install/pip has TensorFlow for GPUs"),
}


@dataclasses.dataclass(frozen=True)
class Finding:
    """A part that tfsqueeze can use.

    Attributes:
        part: its name.
        found: its version or place; None if it is not there.
        purpose: what it is for.
        remedy: how to install it.
    """

    part: str
    found: str | None
    purpose: str
    remedy: str


def find_parts(
    version: Callable[[str], str] = metadata.version,
    which: Callable[[str], str | None] = shutil.which,
) -> list[Finding]:
    """Returns the packages and programs that tfsqueeze can use, found or not.

    Args:
        version: returns the version of a package, or raises `PackageNotFoundError`.
        which: returns the path of a program, or None.

    Example:
        >>> {finding.part for finding in find_parts()} >= {"tensorflow", "edgetpu_compiler"}
        True
    """

    def installed(package: str) -> str | None:
        try:
            return version(package)
        except metadata.PackageNotFoundError:
            return None

    packages = [Finding(name, installed(name), *about) for name, about in _PACKAGES.items()]
    return packages + [Finding(name, which(name), *about) for name, about in _PROGRAMS.items()]


def why_training_fails(command: Sequence[str] = _IMPORT_TRAINING) -> str | None:
    """Returns why nothing can be trained or converted here; None if it works.

    Args:
        command: imports what training needs, in a process of its own.
    """
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return None
    lines = result.stderr.strip().splitlines()
    # A crash prints nothing.
    return lines[-1] if lines else f"importing TensorFlow ended with status {result.returncode}"


def describe_machine(cpu_info: Path = _CPU_INFO) -> dict[str, str]:
    """Returns facts on the machine: Python, system, processor and memory, those that are known.

    Args:
        cpu_info: Linux' description of the processor.
    """
    facts = {
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": str(os.cpu_count()),
    }
    if cpu_info.exists():
        lines = dict(
            map(str.strip, line.split(":", 1))
            for line in cpu_info.read_text("utf-8", "replace").splitlines()
            if ":" in line
        )
        if name := lines.get("model name"):
            facts["processor"] = name
        flags = set((lines.get("flags") or lines.get("Features") or "").split())
        facts["fast instructions"] = ", ".join(filter(flags.__contains__, _CPU_FEATURES)) or "none"
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        facts["memory"] = f"{memory / 2**30:.1f} GB"
    return facts
