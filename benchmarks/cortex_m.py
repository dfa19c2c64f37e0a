"""Counts the instructions that the plain C of a run takes on emulated microcontrollers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.utils.errors import UserError

_COMPILER_OPTIONS = ("-O2",)


def measure_on_cortex_m(
    run_folder: Path, texts: int = 3, data: str | None = None, seed: int = 0
) -> dict[str, Any]:
    """Classifies texts on each emulated processor, and compares the logits with LiteRT's.

    Args:
        run_folder: a finished run of a text classifier.
        texts: how many texts of the test split, drawn at random.
        data: a dataset; by default that of training.
        seed: seed of the draw.

    Returns:
        A JSON-able dict with the settings and `cortex_m`, a row for each processor:
        `instructions` of each text, `mismatches` (the texts with other logits than LiteRT's
        reference kernels), `flash_bytes` (code and constants of the whole program) and
        `arena_bytes`.

    Raises:
        UserError: the run cannot be read, or a tool is not installed.
    """
    from converters.conversion.keras_to_tflite import convert_int8
    from converters.cortex_m.cortex_m_emulator import BOARDS, find_tools
    from converters.cortex_m.cortex_m_run import run_on_cortex_m
    from converters.runtime.workers import run_in_workers
    from converters.targets.micro.micro_verification import quantized_logits
    from converters.targets.micro.plain_c import plain_c
    from converters.targets.registry import load_target
    from tfsqueeze.data.sources.named_datasets import load_dataset
    from tfsqueeze.training.batches import tokenize
    from tfsqueeze.training.trained_run import load_run

    find_tools()
    run = load_run(run_folder)
    load_target("micro", "c").require_supported(run)
    name = data or run.dataset_name
    splits = load_dataset(name, seed=run.options.seed)
    part = splits.test or splits.validation
    if part is None:
        raise UserError(f"{name} has no texts to test on; name another with --data")
    drawn = list(part.sample(texts, seed=seed).texts)
    model = convert_int8(run.qat_model, run.options.max_length)
    sources = plain_c(run, model, run.options.max_length)
    ids = tokenize(run.tokenizer, drawn)
    (reference,) = run_in_workers(quantized_logits, [(model, ids, "litert", 0)])
    rows = []
    for cpu in BOARDS:
        measured = run_on_cortex_m(sources, drawn, cpu, _COMPILER_OPTIONS)
        rows.append(
            {
                "processor": cpu,
                "instructions": list(measured.instructions),
                "mismatches": int((np.asarray(reference) != measured.logits).any(axis=1).sum()),
                "flash_bytes": measured.flash_bytes,
                "arena_bytes": sources.arena_bytes,
            }
        )
    return {
        "run": str(run_folder),
        "data": name,
        "texts": len(drawn),
        "max_length": run.options.max_length,
        "compiler_options": list(_COMPILER_OPTIONS),
        "cortex_m": rows,
    }
