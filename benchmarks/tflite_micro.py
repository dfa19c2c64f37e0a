"""Counts the instructions that an export takes with TensorFlow Lite Micro on emulated boards."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.conversion.keras_to_tflite import convert_int8
from converters.cortex_m.cortex_m_emulator import (
    BOARDS,
    CpuName,
    code_bytes,
    compile_program,
    run_program,
)
from converters.targets.micro.generated_sources import model_sources
from converters.targets.micro.op_resolver import op_resolver_header
from converters.targets.registry import load_target
from converters.tflite.inspection import list_operators
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

_PROGRAM = Path(__file__).parent / "programs" / "self_test.cc"
_DOWNLOADS = "tensorflow/lite/micro/tools/make/downloads"
# The kernels that a library can have, by the name of their folder, which is in that of the build.
_KERNELS = {"cmsis_nn": "CMSIS-NN"}


def run_in_libraries(run: TrainedRun, checkout: Path) -> list[dict[str, Any]]:
    """Runs the self-test of an export with each library of a checkout, and that library's kernels.

    Args:
        run: a finished run that the target `micro` supports.
        checkout: TensorFlow Lite Micro, with libraries built for processors of `BOARDS`.

    Returns:
        JSON-able dicts as those of `run_texts`: one per library for the converted file, whose
        products are CONV_2D, and then one per library for the exported file. `instructions` has
        the mean of the golden texts.

    Raises:
        UserError: the checkout has no library, or a tool is not installed.
    """
    libraries = [
        (cpu, path)
        for cpu in BOARDS
        for path in sorted((checkout / "gen").glob(f"*_{cpu}_*/lib/libtensorflow-microlite.a"))
    ]
    if not libraries:
        raise UserError(
            f"{checkout}/gen has no library for {' or '.join(BOARDS)}; build one with: "
            f"make -C {checkout} -f tensorflow/lite/micro/tools/make/Makefile "
            f"TARGET=cortex_m_generic TARGET_ARCH={next(iter(BOARDS))} microlite"
        )
    rows = []
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-tflite-micro-") as name:
        folder = Path(name)
        load_target("micro").export(run, folder)
        converted = convert_int8(run.qat_model, run.options.max_length)
        kernels = sorted({operator.name for operator in list_operators(converted)})
        before = {**model_sources(converted).texts, "op_resolver.h": op_resolver_header(kernels)}
        exported = {file: (folder / file).read_text("utf-8") for file in before}
        for products, texts in (("CONV_2D", before), ("FULLY_CONNECTED", exported)):
            for file, text in texts.items():
                (folder / file).write_text(text, "utf-8")
            rows += [
                {
                    "processor": f"{cpu}, {_title(library)} with {products}",
                    **_run(folder, checkout, library, cpu),
                }
                for cpu, library in libraries
            ]
    return rows


def _title(library: Path) -> str:
    build = library.parents[1].name
    kernels = [title for folder, title in _KERNELS.items() if f"_{folder}_" in build]
    return " and ".join(["TensorFlow Lite Micro", *kernels])


def _run(folder: Path, checkout: Path, library: Path, cpu: CpuName) -> dict[str, Any]:
    downloads = checkout / _DOWNLOADS
    includes = (folder, checkout, downloads / "flatbuffers" / "include", downloads / "gemmlowp")
    program = folder / "program.elf"
    sources = [*folder.glob("*.c"), *folder.glob("*.cc"), _PROGRAM]
    options = ["-O2", "-w", "-DTF_LITE_STATIC_MEMORY", *(f"-I{path}" for path in includes)]
    compile_program(sources, program, cpu, options, [library])
    (instructions,) = run_program(program, cpu, folder)
    used, differing = map(int, (folder / "self_test.txt").read_text("utf-8").split())
    texts = int(re.findall(r"GOLDEN_TEXTS (\d+)", (folder / "golden.h").read_text("utf-8"))[0])
    return {
        "instructions": [instructions // texts],
        "mismatches": differing,
        "flash_bytes": code_bytes(program),
        "arena_bytes": used,
    }
