"""A program of exported plain C that runs a file of rows."""

from __future__ import annotations

import string
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np

from converters.targets.micro.network_interface import NetworkInterface
from converters.targets.micro.plain_c import PlainC

_MAIN = "run_rows.c"
_SPAN = struct.Struct("<IIIf")
_SPAN_DECODERS = frozenset({"tagger.c", "answerer.c"})


class Span(NamedTuple):
    """A span that a program found in a text: an entity, a slot or an answer.

    Args:
        start: its first byte.
        end: the byte after its last one.
        type: the index of its type; 0 for an answer.
        probability: the mean probability of its tags, or that of the answer.
    """

    start: int
    end: int
    type: int
    probability: float


@dataclass(frozen=True)
class ProgramOutputs:
    """What a program computed.

    Attributes:
        outputs: int8 [rows, numbers] by the output's name.
        spans: the spans in the text of each row, at most one in a context; none for ids, and for
            tasks without spans.
    """

    outputs: dict[str, np.ndarray]
    spans: list[list[Span]]


def write_program(sources: PlainC, folder: Path) -> list[Path]:
    """Writes the sources of a program and returns those to compile.

    Args:
        sources: the exported sources.
        folder: an existing folder.
    """
    programs = resources.files("converters.targets.micro") / "programs"
    main = string.Template((programs / _MAIN).read_text("utf-8")).substitute(_parts(sources))
    for name, text in {**sources.texts, _MAIN: main}.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in (_MAIN, *sources.c_sources)]


def _parts(sources: PlainC) -> dict[str, str]:
    """Returns what differs among programs."""
    interface, library = sources.interface, sources.library
    names = ["text", "other"][: 2 if "token_type_ids" in interface.inputs else 1]
    run = ["      uint32_t " + ", ".join(f"{name}_length" for name in names) + ";"]
    run += [f"      char *{name} = read_text(input, &{name}_length);" for name in names]
    arguments = ", ".join(f"{name}, {name}_length" for name in names)
    run += [
        "      MARK();",
        f"      if ({library.function}({arguments}, &result)) return 6;",
        "      MARK();",
        *(f"      free({name});" for name in names),
    ]
    ids = [
        f"      if (fread(network_{name}(), 4, NETWORK_MAX_LENGTH, input) != NETWORK_MAX_LENGTH) "
        "return 6;"
        for name in interface.inputs
    ]
    outputs = [
        f"    fwrite(network_{name}(), 1, NETWORK_{name.upper()}_SIZE, output);"
        for name in interface.outputs
    ]
    return {
        "output_docs": "; then its spans, with their number before, uint32"
        if _has_spans(sources)
        else "",
        "run_texts": "\n".join(run),
        "read_ids": "\n".join(ids),
        "write_outputs": "\n".join(outputs),
        "write_spans": _write_spans(sources),
    }


def _has_spans(sources: PlainC) -> bool:
    return not _SPAN_DECODERS.isdisjoint(sources.texts)


def _write_spans(sources: PlainC) -> str:
    """Returns the statements that write the spans of a row; none for tasks without spans."""
    if "tagger.c" in sources.texts:
        count, span, kind = "span_count", "result.spans[i]", "(uint32_t)result.spans[i].type"
    elif "answerer.c" in sources.texts:
        count, span, kind = "has_answer", "result", "0"
    else:
        return ""
    return "\n".join(
        [
            f"    const uint32_t count = has_texts ? (uint32_t)result.{count} : 0;",
            "    fwrite(&count, sizeof count, 1, output);",
            "    for (uint32_t i = 0; i < count; i++) {",
            f"      const uint32_t start = (uint32_t){span}.start, end = (uint32_t){span}.end;",
            f"      const uint32_t place[3] = {{start, end, {kind}}};",
            "      fwrite(place, sizeof place, 1, output);",
            f"      fwrite(&{span}.probability, sizeof {span}.probability, 1, output);",
            "    }",
        ]
    )


def write_texts(rows: Sequence[Sequence[str]], folder: Path) -> None:
    """Writes the texts that a program is to run.

    Args:
        rows: one or two texts for each row.
        folder: the folder that the program runs in.
    """
    records = []
    for row in rows:
        texts = [text.encode("utf-8", "replace") for text in row]
        records.append(b"\1" + b"".join(struct.pack("<I", len(text)) + text for text in texts))
    (folder / "input.bin").write_bytes(b"".join(records))


def write_ids(interface: NetworkInterface, inputs: Mapping[str, np.ndarray], folder: Path) -> None:
    """Writes the ids that a program is to run.

    Args:
        interface: that of the network.
        inputs: int32 [rows, length] by the input's name.
        folder: the folder that the program runs in.
    """
    arrays = [np.asarray(inputs[name], "<i4") for name in interface.inputs]
    rows = zip(*arrays, strict=True)
    (folder / "input.bin").write_bytes(
        b"".join(b"\0" + b"".join(ids.tobytes() for ids in row) for row in rows)
    )


def read_outputs(sources: PlainC, count: int, folder: Path) -> ProgramOutputs:
    """Returns what a program left.

    Args:
        sources: the sources that it was made of.
        count: how many rows it was given.
        folder: the folder that it ran in.
    """
    content = (folder / "output.bin").read_bytes()
    outputs: dict[str, list[np.ndarray]] = {name: [] for name in sources.interface.outputs}
    spans: list[list[Span]] = []
    position = 0
    for _ in range(count):
        for name, tensor in sources.interface.outputs.items():
            outputs[name].append(np.frombuffer(content, np.int8, tensor.elements, position))
            position += tensor.elements
        spans.append([])
        if _has_spans(sources):
            (found,) = struct.unpack_from("<I", content, position)
            position += 4
            for _ in range(found):
                spans[-1].append(Span(*_SPAN.unpack_from(content, position)))
                position += _SPAN.size
    return ProgramOutputs(
        {name: np.array(rows, np.int8).reshape(count, -1) for name, rows in outputs.items()}, spans
    )
