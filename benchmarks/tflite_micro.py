"""Counts the instructions that an export takes with TensorFlow Lite Micro on an emulated board."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.conversion.keras_to_tflite import convert_int8
from converters.cortex_m.cortex_m_emulator import CpuName, code_bytes, compile_program, run_program
from converters.targets.micro.generated_sources import model_sources
from converters.targets.micro.op_resolver import op_resolver_header
from converters.targets.registry import load_target
from converters.tflite.inspection import list_operators
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

_PROGRAM = Path(__file__).parent / "programs" / "self_test.cc"
_CPU: CpuName = "cortex-m3"
_DOWNLOADS = "tensorflow/lite/micro/tools/make/downloads"


def run_in_library(run: TrainedRun, checkout: Path) -> list[dict[str, Any]]:
    """Runs the self-test of an export on an emulated Cortex-M3, with the library's own kernels.

    Args:
        run: a finished run that the target `micro` supports.
        checkout: TensorFlow Lite Micro, with its library built for a Cortex-M3.

    Returns:
        JSON-able dicts as those of `run_texts`, first for the converted file, whose products are
        CONV_2D, and then for the exported one. `instructions` has the mean of the golden texts.

    Raises:
        UserError: the checkout has no library, a tool is not installed, or golden texts differ.
    """
    libraries = sorted((checkout / "gen").glob(f"*{_CPU}*/lib/libtensorflow-microlite.a"))
    if len(libraries) != 1:
        raise UserError(
            f"{checkout}/gen has {len(libraries)} libraries for a {_CPU}, not one; build it with: "
            f"make -C {checkout} -f tensorflow/lite/micro/tools/make/Makefile "
            f"TARGET=cortex_m_generic TARGET_ARCH={_CPU} microlite"
        )
    rows = []
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-tflite-micro-") as name:
        folder = Path(name)
        export = load_target("micro").export(run, folder)
        converted = convert_int8(run.qat_model, run.options.max_length)
        kernels = sorted({operator.name for operator in list_operators(converted)})
        before = {**model_sources(converted).texts, "op_resolver.h": op_resolver_header(kernels)}
        exported = {file: (folder / file).read_text("utf-8") for file in before}
        for products, texts in (("CONV_2D", before), ("FULLY_CONNECTED", exported)):
            for file, text in texts.items():
                (folder / file).write_text(text, "utf-8")
            rows.append(
                {
                    "processor": f"{_CPU}, TensorFlow Lite Micro with {products}",
                    **_run(folder, checkout, libraries[0]),
                    "arena_bytes": export.details["arena_bytes"],
                }
            )
    return rows


def _run(folder: Path, checkout: Path, library: Path) -> dict[str, Any]:
    downloads = checkout / _DOWNLOADS
    includes = (folder, checkout, downloads / "flatbuffers" / "include", downloads / "gemmlowp")
    program = folder / "program.elf"
    sources = [*folder.glob("*.c"), *folder.glob("*.cc"), _PROGRAM]
    options = ["-O2", "-w", "-DTF_LITE_STATIC_MEMORY", *(f"-I{path}" for path in includes)]
    compile_program(sources, program, _CPU, options, [library])
    # The program ends with the number of texts that differ, and then this raises UserError.
    (instructions,) = run_program(program, _CPU, folder)
    texts = int(re.findall(r"GOLDEN_TEXTS (\d+)", (folder / "golden.h").read_text("utf-8"))[0])
    return {
        "instructions": [instructions // texts],
        "mismatches": 0,
        "flash_bytes": code_bytes(program),
    }
