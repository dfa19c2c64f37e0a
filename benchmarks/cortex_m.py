"""Counts the instructions that an export of a run takes on emulated microcontrollers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

_COMPILER_OPTIONS = ("-O2",)


def measure_on_cortex_m(
    run_folder: Path,
    texts: int = 3,
    data: str | None = None,
    seed: int = 0,
    tflite_micro: Path | None = None,
) -> dict[str, Any]:
    """Runs texts on each emulated processor, and compares the outputs with LiteRT's.

    Args:
        run_folder: a finished run.
        texts: how many texts of the held-out part, drawn at random.
        data: a dataset; by default that of training.
        seed: seed of the draw.
        tflite_micro: a checkout of TensorFlow Lite Micro with libraries built, to run the export
            for it as well.

    Returns:
        A JSON-able dict with the settings and `cortex_m`, as `run_texts` and `run_in_libraries`
        return it.

    Raises:
        UserError: the run cannot be read, or a tool is not installed.
    """
    from benchmarks.tflite_micro import run_in_libraries
    from tfsqueeze.training.trained_run import load_run

    run = load_run(run_folder)
    name = data or run.dataset_name
    part = run.task.data.load_held_out(name, seed=run.options.seed).sample(texts, seed=seed)
    return {
        "run": str(run_folder),
        "data": name,
        "texts": len(part),
        "max_length": run.options.max_length,
        "compiler_options": list(_COMPILER_OPTIONS),
        "cortex_m": [
            *run_texts(run, part),
            *([] if tflite_micro is None else run_in_libraries(run, tflite_micro)),
        ],
    }


def run_texts(run: TrainedRun, part: Any) -> list[dict[str, Any]]:
    """Runs the plain C of a run on each emulated processor.

    Args:
        run: a finished run.
        part: the examples to run, as the run's task reads them.

    Returns:
        A JSON-able dict for each `processor`: `instructions` of each text, `mismatches` (the texts
        with other outputs than LiteRT's reference kernels), `flash_bytes` (code and constants of
        the whole program) and `arena_bytes`.

    Raises:
        UserError: the export does not take the run, or a tool is not installed.
    """
    from converters.conversion.keras_to_tflite import convert_int8
    from converters.cortex_m.cortex_m_emulator import BOARDS, find_tools
    from converters.cortex_m.cortex_m_run import run_on_cortex_m
    from converters.runtime.workers import run_in_workers
    from converters.targets.micro.micro_verification import (
        count_mismatches,
        encode_part,
        quantized_outputs,
    )
    from converters.targets.micro.plain_c import plain_c
    from converters.targets.micro.plain_c_verification import texts_of_rows
    from converters.targets.registry import load_target

    find_tools()
    load_target("micro", "c").require_supported(run)
    drawn, encodings = encode_part(run, part)
    rows_of_texts = texts_of_rows(drawn, run.reads_pairs)
    model = convert_int8(run.qat_model, run.options.max_length)
    sources = plain_c(run, model)
    inputs = encodings.select(run.qat_model.input_names)
    references = run_in_workers(quantized_outputs, [(model, inputs, "litert", 0)])
    rows = []
    for cpu in BOARDS:
        measured = run_on_cortex_m(sources, rows_of_texts, cpu, _COMPILER_OPTIONS)
        rows.append(
            {
                "processor": cpu,
                "instructions": list(measured.instructions),
                **count_mismatches(measured.outputs, ["mismatches"], references),
                "flash_bytes": measured.flash_bytes,
                "arena_bytes": sources.arena_bytes,
            }
        )
    return rows
