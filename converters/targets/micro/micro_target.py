"""Exports a trained run as C and C++: for TensorFlow Lite Micro, or as plain C."""

from __future__ import annotations

import importlib.metadata
import string
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.conversion.keras_to_tflite import convert_int8
from converters.reports.formatting import number_of
from converters.runtime.workers import run_in_workers
from converters.targets.micro.decoder_sources import DECODERS
from converters.targets.micro.generated_sources import model_sources
from converters.targets.micro.library_sources import Library, library_sources
from converters.targets.micro.micro_interpreter import measure_arena, require_interpreter
from converters.targets.micro.micro_model import micro_model
from converters.targets.micro.micro_verification import verify_in_micro
from converters.targets.micro.network_interface import NetworkInterface
from converters.targets.micro.op_resolver import op_resolver_header
from converters.targets.micro.plain_c import plain_c
from converters.targets.micro.plain_c_verification import verify_plain_c
from converters.targets.target import (
    DeviceRow,
    ExportedFile,
    ExportOptions,
    ExportResult,
    Target,
    TargetVerification,
)
from converters.tflite.inspection import list_operators
from tfsqueeze.data.datasets.text_examples import TextExamples
from tfsqueeze.models.complexity import count_macs
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.wording import with_article

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

FLASH_BYTES = 1 << 20
ARENA_BYTES = 256 << 10
# What TensorFlow Lite Micro, in its default build, and the C library take of the flash beyond model
# and tables, about.
LIBRARY_BYTES = {
    "Cortex-M3 with the reference kernels": 155 << 10,
    "Cortex-M4 with CMSIS-NN": 205 << 10,
}
# What kernels, tokenizer, decoding and the C library take beyond network and tables, about.
PLAIN_C_BYTES = 24 << 10


class MicroTarget(Target):
    """Exports model, kernels, tokenizer, decoding and an example as C and C++ sources.

    Model, tables and the smallest library take at most `FLASH_BYTES`, and the arena at most
    `ARENA_BYTES`. For the runtime `tflite-micro`, TensorFlow Lite Micro's own interpreter, which
    has to be installed, measures the arena. For the runtime `c`, the network itself is plain C99,
    and the export plans the arena.
    """

    name = "micro"
    title = "TensorFlow Lite Micro"
    supported_tasks = frozenset(DECODERS)
    supports_pairs = True
    searches_texts = True
    runtimes = ("tflite-micro", "c")

    def _export(self, run: TrainedRun, folder: Path, options: ExportOptions) -> ExportResult:
        write = self._export_plain_c if self.runtime == "c" else self._export_tflite_micro
        return write(run, folder, options.max_length, options.search_texts)

    def _export_tflite_micro(
        self, run: TrainedRun, folder: Path, max_length: int, search_texts: Sequence[str]
    ) -> ExportResult:
        require_interpreter()
        converted = convert_int8(run.qat_model, max_length)
        interface = NetworkInterface.of_model(converted)
        library = library_sources(run, converted, interface, search_texts, has_interpreter=True)
        model = micro_model(converted)
        operators = list_operators(model)
        kernels = sorted({operator.name for operator in operators})
        resolver = op_resolver_header(kernels)
        (arena_bytes,) = run_in_workers(measure_arena, [(model,)])
        table_bytes = library.table_bytes
        library_bytes = min(LIBRARY_BYTES.values())
        _check_limits(run, len(model), library, library_bytes, arena_bytes, max_length)
        flash_bytes = {
            core: len(model) + table_bytes + size for core, size in LIBRARY_BYTES.items()
        }
        values = _values(run, library, max_length) | {
            "checks": _form_checks(interface),
            "accessors": _accessors(interface),
            "model_bytes": f"{len(model):,}",
            "flash_rows": "\n".join(
                f"| flash in all on a {core}, about | {size:,}{_excess(size)} |"
                for core, size in flash_bytes.items()
            ),
            "arena_bytes": f"{arena_bytes:,}",
            "tflm_version": importlib.metadata.version("tflite-micro"),
            "op_count": len(kernels),
            "dependencies": 'dependencies:\n  espressif/esp-tflite-micro: "*"',
        }
        header = interface.header(arena_bytes).replace(
            "int network_run(void);",
            "int network_run(void);\n\n/* How much of the arena is used, in bytes. */\n"
            "size_t network_arena_used_bytes(void);",
        )
        texts = {
            **model_sources(model).texts,
            **library.texts,
            "network.h": header,
            "op_resolver.h": resolver,
            **dict(_templates("tflite_micro", values)),
        }
        return ExportResult(
            target=self.name,
            summary={
                "flash: model": f"{len(model):,} bytes",
                "flash: tables": f"{table_bytes:,} bytes",
                **{
                    f"flash in all on a {core}, about": f"{size:,} bytes{_excess(size)}"
                    for core, size in flash_bytes.items()
                },
                "arena, measured in TensorFlow Lite Micro": f"{arena_bytes:,} bytes",
                "kernels": ", ".join(kernels),
            },
            files=_write(texts, folder),
            devices=(
                _device_row(self.title, run, max_length, len(operators), len(model), arena_bytes),
            ),
            details={
                "model_bytes": len(model),
                "table_bytes": table_bytes,
                "flash_bytes": flash_bytes,
                "arena_bytes": arena_bytes,
                "kernels": kernels,
            },
        )

    def _export_plain_c(
        self, run: TrainedRun, folder: Path, max_length: int, search_texts: Sequence[str]
    ) -> ExportResult:
        model = convert_int8(run.qat_model, max_length)
        sources = plain_c(run, model, search_texts)
        table_bytes = sources.library.table_bytes
        _check_limits(
            run,
            sources.network_bytes,
            sources.library,
            PLAIN_C_BYTES,
            sources.arena_bytes,
            max_length,
        )
        values = _values(run, sources.library, max_length) | {
            "sources": "\n  ".join(sources.c_sources),
            "network_bytes": f"{sources.network_bytes:,}",
            "arena_bytes": f"{sources.arena_bytes:,}",
            "dependencies": "",
        }
        texts = {**sources.texts, **dict(_templates("plain_c", values))}
        return ExportResult(
            target=self.name,
            summary={
                "flash: network": f"{sources.network_bytes:,} bytes",
                "flash: tables": f"{table_bytes:,} bytes",
                "arena, planned": f"{sources.arena_bytes:,} bytes",
                "kernels": ", ".join(sources.kernels),
            },
            files=_write(texts, folder),
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
                "table_bytes": table_bytes,
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
            run.config, max_length, first_token_only=run.config.classifies_first_token
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


def _values(run: TrainedRun, library: Library, max_length: int) -> dict[str, Any]:
    """Returns what stands for `$name` and so on in the templates of any runtime."""
    decoders = {decoder.name: decoder for decoder in DECODERS[run.task.name].values()}
    rows = [
        f"| `{name}.h`, `.c` | {decoder.functions} |\n"
        f"| `{name}_tables.h`, `.c` | {decoder.tables} |"
        for name, decoder in decoders.items()
    ]
    # The tokenizer keeps the place of each character of a word of a context.
    stack = f"{3 if 'answerer' in decoders else 1} KB of stack"
    if "tagger" in decoders:
        stack += "; `tagger_decode` needs `TAGGER_STACK_BYTES` of it"
    return {
        "name": run.folder.name,
        "description": with_article(run.task.title, "A"),
        "labels": f"{number_of(len(run.label_names), 'label')}, " if run.label_names else "",
        "function": library.function,
        "call": library.call,
        "example": library.example,
        "arguments": library.arguments,
        "decoder_rows": "\n".join(rows),
        "sources": "\n  ".join(library.c_sources),
        "max_length": max_length,
        "vocab_size": f"{run.tokenizer.vocab_size:,}",
        "table_bytes": f"{library.table_bytes:,}",
        "stack": stack,
    }


_SKETCH = "examples/tfsqueeze_example/tfsqueeze_example.ino"
# Where the templates go that are not at the top of the folder; for Arduino the example is a sketch.
_PLACES = {
    "main.cc": ("example/main.cc", _SKETCH),
    "main.c": ("example/main.c",),
    "module.yml": ("zephyr/module.yml",),
}


def _templates(runtime: str, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yields the files of a runtime and those for build systems, by their place."""
    folder = resources.files("converters.targets.micro") / "templates"
    for part in (runtime, "packages"):
        for file in (folder / part).iterdir():
            text = file.read_text("utf-8")
            # The kernels are no template.
            if not file.name.startswith("tfsqueeze_kernels"):
                text = string.Template(text).substitute(values)
                for place in _PLACES.get(file.name, (file.name,)):
                    yield place, text


def _write(texts: Mapping[str, str], folder: Path) -> tuple[ExportedFile, ...]:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8", newline="\n")
    return tuple(ExportedFile.from_path(folder / name, folder) for name in sorted(texts))


def _excess(flash_bytes: int) -> str:
    """Returns what to add to the size of a program that exceeds the flash."""
    return f", more than {FLASH_BYTES:,}" if flash_bytes > FLASH_BYTES else ""


def _form_checks(interface: NetworkInterface) -> str:
    """Returns the C++ condition that the interpreter's tensors are those of network.h."""
    checks = [
        f"interpreter->inputs_size() == {len(interface.inputs)} &&\n"
        f"         interpreter->outputs_size() == {len(interface.outputs)}"
    ]
    checks += [
        f'HasForm("input", {index}, interpreter->input({index}), kTfLiteInt32,\n'
        "                 4 * NETWORK_MAX_LENGTH)"
        for index in range(len(interface.inputs))
    ]
    checks += [
        f'HasForm("output", {index}, interpreter->output({index}), kTfLiteInt8,\n'
        f"                 NETWORK_{name.upper()}_SIZE)"
        for index, name in enumerate(interface.outputs)
    ]
    return " &&\n         ".join(checks)


def _accessors(interface: NetworkInterface) -> str:
    """Returns the C++ functions that tell where inputs and outputs are."""
    functions = [
        f"int32_t* network_{name}(void) {{\n"
        f"  return interpreter ? interpreter->input({index})->data.i32 : nullptr;\n}}"
        for index, name in enumerate(interface.inputs)
    ]
    functions += [
        f"const int8_t* network_{name}(void) {{\n"
        f"  return interpreter ? interpreter->output({index})->data.int8 : nullptr;\n}}"
        for index, name in enumerate(interface.outputs)
    ]
    return "\n\n".join(functions)


def _check_limits(
    run: TrainedRun,
    model_bytes: int,
    library: Library,
    library_bytes: int,
    arena_bytes: int,
    max_length: int,
) -> None:
    program_bytes = model_bytes + library.table_bytes
    excess = program_bytes + library_bytes - FLASH_BYTES
    if excess > 0:
        raise UserError(
            f"model and tables take {program_bytes:,} bytes of flash"
            f", the library about {library_bytes:,}, {excess:,} more than the {FLASH_BYTES:,} of a "
            f"microcontroller; {_advice(run, library, excess)}"
        )
    excess = arena_bytes - ARENA_BYTES
    if excess > 0:
        raise UserError(
            f"the arena takes {arena_bytes:,} bytes of RAM, {excess:,} more than the "
            f"{ARENA_BYTES:,} of a microcontroller; export with a max_length below {max_length}, "
            f"or train with a hidden_size below {run.config.hidden_size}"
        )


def _advice(run: TrainedRun, library: Library, excess: int) -> str:
    """Returns what to do where a program takes so many bytes of flash too much."""
    vocab_size, hidden_size = run.config.vocab_size, run.config.hidden_size
    vocabulary_bytes = library.table_bytes - library.search_bytes
    if library.search_bytes > max(vocabulary_bytes, excess):
        return f"search fewer texts, which take {library.search_bytes:,} bytes"
    # A token of the vocabulary takes its embedding and its share of the tables.
    per_token = hidden_size + vocabulary_bytes / vocab_size
    fitting = vocab_size - -(-excess // int(per_token))
    advice = (
        f"train with a vocab_size of at most about {fitting // 100 * 100:,}"
        if fitting >= 1000
        else "train with a smaller hidden_size"
    )
    return f"{advice} (it is {vocab_size:,} with hidden_size {hidden_size})"
