"""Exports a trained run as C and C++: for TensorFlow Lite Micro, or as plain C."""

from __future__ import annotations

import importlib.metadata
import string
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from converters.conversion.keras_to_tflite import convert_int8
from converters.reports.formatting import number_of
from converters.runtime.workers import run_in_workers
from converters.targets.micro.c_syntax import string_literal
from converters.targets.micro.decoder_sources import DECODERS
from converters.targets.micro.generated_sources import model_sources, tokenizer_sources
from converters.targets.micro.micro_interpreter import measure_arena, require_interpreter
from converters.targets.micro.micro_verification import verify_in_micro
from converters.targets.micro.op_resolver import op_resolver_header
from converters.targets.micro.plain_c import example_sources, plain_c
from converters.targets.micro.plain_c_verification import verify_plain_c
from converters.targets.micro.tokenizer_tables import build_tables
from converters.targets.target import (
    DeviceRow,
    ExportedFile,
    ExportResult,
    Target,
    TargetVerification,
)
from converters.tflite.inspection import list_operators
from tfsqueeze.data.datasets.text_examples import TextExamples
from tfsqueeze.models.complexity import count_macs
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

FLASH_BYTES = 1 << 20
ARENA_BYTES = 256 << 10
_EXAMPLE = "The company said its profit rose in the third quarter."


class MicroTarget(Target):
    """Exports model, kernels, tokenizer, decoding and an example as C and C++ sources.

    Model and tables take at most `FLASH_BYTES`, and the arena at most `ARENA_BYTES`. For the
    runtime `tflite-micro`, TensorFlow Lite Micro's own interpreter, which has to be installed,
    measures the arena. For the runtime `c`, the network itself is plain C99, and the export plans
    the arena.
    """

    name = "micro"
    title = "TensorFlow Lite Micro"
    supported_tasks = frozenset(DECODERS)
    supports_pairs = False
    runtimes = ("tflite-micro", "c")

    def _export(self, run: TrainedRun, folder: Path, max_length: int) -> ExportResult:
        if self.runtime == "c":
            return self._export_plain_c(run, folder, max_length)
        require_interpreter()
        model = convert_int8(run.qat_model, max_length)
        operators = list_operators(model)
        kernels = sorted({operator.name for operator in operators})
        resolver = op_resolver_header(kernels)
        (arena_bytes,) = run_in_workers(measure_arena, [(model,)])
        tokenizer = tokenizer_sources(
            run.tokenizer, build_tables(run.tokenizer.vocabulary, run.tokenizer.lowercase)
        )
        decoder = DECODERS[run.task.name]
        decoding = decoder.generate(run.task, run.label_names, operators[-1].outputs[0])
        table_bytes = tokenizer.constant_bytes + decoding.constant_bytes
        _check_limits(run, len(model), table_bytes, arena_bytes, max_length)

        texts = {
            **model_sources(model, max_length, arena_bytes).texts,
            **tokenizer.texts,
            **decoding.texts,
            "op_resolver.h": resolver,
            **_templates(
                run.task.name,
                name=run.folder.name,
                title=run.task.title,
                labels=f"{number_of(len(run.label_names), 'label')}, " if run.label_names else "",
                decoder=decoder.name,
                decoder_functions=decoder.functions,
                decoder_tables=decoder.tables,
                example=decoder.example,
                max_length=max_length,
                vocab_size=f"{run.tokenizer.vocab_size:,}",
                model_bytes=f"{len(model):,}",
                table_bytes=f"{table_bytes:,}",
                arena_bytes=f"{arena_bytes:,}",
                tflm_version=importlib.metadata.version("tflite-micro"),
                op_count=len(kernels),
                text=string_literal(_EXAMPLE),
            ),
        }
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8", newline="\n")
        return ExportResult(
            target=self.name,
            summary={
                "flash: model": f"{len(model):,} bytes",
                "flash: tables": f"{table_bytes:,} bytes",
                "arena, measured in TensorFlow Lite Micro": f"{arena_bytes:,} bytes",
                "kernels": ", ".join(kernels),
            },
            files=tuple(ExportedFile.from_path(folder / name, folder) for name in sorted(texts)),
            devices=(
                _device_row(self.title, run, max_length, len(operators), len(model), arena_bytes),
            ),
            details={
                "model_bytes": len(model),
                "table_bytes": table_bytes,
                "arena_bytes": arena_bytes,
                "kernels": kernels,
            },
        )

    def _export_plain_c(self, run: TrainedRun, folder: Path, max_length: int) -> ExportResult:
        model = convert_int8(run.qat_model, max_length)
        sources = plain_c(run, model, max_length)
        _check_limits(
            run, sources.network_bytes, sources.table_bytes, sources.arena_bytes, max_length
        )
        texts = {
            **sources.texts,
            **example_sources(
                name=run.folder.name,
                labels=len(run.label_names),
                max_length=max_length,
                vocab_size=f"{run.tokenizer.vocab_size:,}",
                network_bytes=f"{sources.network_bytes:,}",
                table_bytes=f"{sources.table_bytes:,}",
                arena_bytes=f"{sources.arena_bytes:,}",
                text=string_literal(_EXAMPLE),
            ),
        }
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8", newline="\n")
        return ExportResult(
            target=self.name,
            summary={
                "flash: network": f"{sources.network_bytes:,} bytes",
                "flash: tables": f"{sources.table_bytes:,} bytes",
                "arena, planned": f"{sources.arena_bytes:,} bytes",
                "kernels": ", ".join(sources.kernels),
            },
            files=tuple(ExportedFile.from_path(folder / name, folder) for name in sorted(texts)),
            devices=(
                _device_row(
                    "plain C",
                    run,
                    max_length,
                    len(list_operators(model)),
                    sources.network_bytes,
                    sources.arena_bytes,
                ),
            ),
            details={
                "runtime": self.runtime,
                "network_bytes": sources.network_bytes,
                "table_bytes": sources.table_bytes,
                "arena_bytes": sources.arena_bytes,
                "kernels": list(sources.kernels),
            },
        )

    def verify(self, run: TrainedRun, parts: Mapping[str, TextExamples]) -> TargetVerification:
        """Compares the runtime with the reference kernels; see `verify_in_micro`.

        The plain C is compiled for this machine; see `verify_plain_c`.
        """
        self.require_supported(run)
        return verify_plain_c(run, parts) if self.runtime == "c" else verify_in_micro(run, parts)


def _device_row(
    device: str,
    run: TrainedRun,
    max_length: int,
    operators: int,
    model_bytes: int,
    arena_bytes: int,
) -> DeviceRow:
    macs = sum(
        count_macs(
            run.config, max_length, first_token_only=run.config.classifier_pooling == "cls"
        ).values()
    )
    return DeviceRow(
        device=device,
        operators=operators,
        operators_on_device=operators,
        macs=macs,
        macs_on_device=macs,
        model_bytes=model_bytes,
        memory=f"{arena_bytes / 1024:.0f} KiB arena",
        microseconds=None,
    )


def _templates(task_name: str, **values: object) -> dict[str, str]:
    """Returns the sources that are the same for all models of a task but for a few values."""
    folder = resources.files("converters.targets.micro") / "templates"
    return {
        file.name: string.Template(file.read_text("utf-8")).substitute(values)
        for part in (folder, folder / task_name)
        for file in part.iterdir()
        if file.is_file()
    }


def _check_limits(
    run: TrainedRun, model_bytes: int, table_bytes: int, arena_bytes: int, max_length: int
) -> None:
    excess = model_bytes + table_bytes - FLASH_BYTES
    if excess > 0:
        # A token of the vocabulary takes its embedding and its share of the tables.
        per_token = run.config.hidden_size + table_bytes / run.config.vocab_size
        fitting = run.config.vocab_size - -(-excess // int(per_token))
        advice = (
            f"train with a vocab_size of at most about {fitting // 100 * 100:,}"
            if fitting >= 1000
            else "train with a smaller hidden_size"
        )
        raise UserError(
            f"model and tables take {model_bytes + table_bytes:,} bytes of flash, {excess:,} more "
            f"than the {FLASH_BYTES:,} of a microcontroller; {advice} (it is "
            f"{run.config.vocab_size:,} with hidden_size {run.config.hidden_size})"
        )
    excess = arena_bytes - ARENA_BYTES
    if excess > 0:
        raise UserError(
            f"the arena takes {arena_bytes:,} bytes of RAM, {excess:,} more than the "
            f"{ARENA_BYTES:,} of a microcontroller; export with a max_length below {max_length}, "
            f"or train with a hidden_size below {run.config.hidden_size}"
        )
