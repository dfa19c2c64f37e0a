"""Compares the plain C of a run with the reference kernels of the runtimes on the same texts."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from converters.runtime.interpreters import available_runtimes, open_model
from converters.runtime.workers import run_in_workers
from converters.targets.micro.micro_verification import MICRO, quantized_logits, score_logits
from converters.targets.micro.plain_c import PlainC, plain_c
from converters.targets.micro.plain_c_program import read_logits, write_input, write_program
from converters.targets.target import PartVerification, TargetVerification
from tfsqueeze.data.datasets.text_examples import TextExamples
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

_OPTIONS = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Werror")
_ARENA_BYTES = 1 << 20  # of TensorFlow Lite Micro, which has no limit to keep here


def verify_plain_c(run: TrainedRun, parts: Mapping[str, TextExamples]) -> TargetVerification:
    """Classifies every text of some parts of a dataset by a program for this machine.

    The program has the whole way from text to logits, the tokenizer included.

    Args:
        run: a text classifier of single texts.
        parts: labelled texts by the name of the part.

    Returns:
        The task's scores of the program on each part, and how many texts have other logits on
        each runtime, and on TensorFlow Lite Micro where it is installed.

    Raises:
        UserError: there is no C compiler, or the kernels in C lack an operator of the model; or a
            part is no data of the task, or has labels that the model lacks.
    """
    # These import TensorFlow, and worker processes import this module without it.
    from converters.conversion.keras_to_tflite import convert_int8
    from tfsqueeze.training.batches import tokenize

    model = convert_int8(run.qat_model, run.options.max_length)
    sources = plain_c(run, model, run.options.max_length)
    has_micro = importlib.util.find_spec("tflite_micro") is not None
    runtimes = (*available_runtimes(), *([MICRO] if has_micro else []))
    results = {}
    output = open_model(model).output_details[0]
    for name, part in parts.items():
        part = run.task.name_labels(part, run.classes)
        run.task.check_dataset(part, run.classes, run.reads_pairs)
        logits = classify_on_host(sources, part.texts)
        ids = tokenize(run.tokenizer, part.texts)
        references = run_in_workers(
            quantized_logits, [(model, ids, runtime, _ARENA_BYTES) for runtime in runtimes]
        )
        results[name] = PartVerification(
            examples=len(part),
            scores=score_logits(run, part, output.dequantize(logits)),
            mismatches={
                runtime: int((reference != logits).any(axis=1).sum())
                for runtime, reference in zip(runtimes, references, strict=True)
                if reference is not None
            },
        )
    return TargetVerification(sources.network_bytes, sources.arena_bytes, results)


def classify_on_host(
    sources: PlainC, texts: Sequence[str], options: Sequence[str] = ()
) -> np.ndarray:
    """Compiles the C of a run for this machine, and classifies texts with it.

    Args:
        sources: the C of the run.
        texts: the texts.
        options: further options of the compiler, such as sanitizers.

    Returns:
        The logits, int8 [texts, labels].

    Raises:
        UserError: there is no C compiler, or it refuses the sources, or the program fails.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise UserError(
            "checking the C needs a C compiler; install one, on Debian: apt-get install gcc "
            "libc6-dev"
        )
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-c-") as name:
        folder = Path(name)
        files = write_program(sources.texts, folder)
        write_input(texts, folder)
        program = folder / "program"
        _run([compiler, *_OPTIONS, *options, *map(str, files), "-o", str(program)], folder)
        _run([str(program)], folder)
        return read_logits(len(texts), folder)


def _run(command: list[str], folder: Path) -> None:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = result.stderr.strip().splitlines() or ["it printed nothing"]
        raise UserError(
            f"{Path(command[0]).name} ended with {result.returncode} on the exported C: {lines[0]}"
        )
