"""Writing C sources."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

GENERATED = "/* Written by `tfsqueeze export --target micro`; do not edit. */\n"
_WIDTH = 100


def array(declaration: str, values: Iterable[object]) -> str:
    """The definition of a constant array, `declaration[] = {values};`; never empty, as C has no
    empty arrays."""
    text = ", ".join(map(str, values)) or "0"
    lines = textwrap.wrap(text, _WIDTH - 4, break_on_hyphens=False)
    return f"{declaration} = {{\n" + "".join(f"    {line}\n" for line in lines) + "};\n"


def define(name: str, value: object) -> str:
    """A constant for the preprocessor."""
    return f"#define {name} {value}\n"


def guarded(name: str, body: str) -> str:
    """A header with an include guard, usable from C and C++."""
    return (
        f"{GENERATED}#ifndef {name}_\n#define {name}_\n\n#include <stdint.h>\n\n"
        f'#ifdef __cplusplus\nextern "C" {{\n#endif\n\n{body}\n'
        f"#ifdef __cplusplus\n}}\n#endif\n\n#endif\n"
    )


def string(text: str) -> str:
    """A C string literal of the text in UTF-8; octal, unlike hexadecimal, escapes end by
    themselves, and question marks could form trigraphs."""
    plain = {*range(0x20, 0x7F)} - set(b'"\\?')
    return (
        '"'
        + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in text.encode("utf-8"))
        + '"'
    )


def unsigned_type(largest: int) -> tuple[str, int]:
    """The smallest unsigned type that holds a number, and its bytes."""
    for size in (1, 2):
        if largest < 1 << 8 * size:
            return f"uint{8 * size}_t", size
    return "uint32_t", 4


def float_literal(value: float) -> str:
    """A float32 constant that reads back as the same number."""
    return f"{value:.9g}f" if "." in f"{value:.9g}" or "e" in f"{value:.9g}" else f"{value:.1f}f"


def lengths_to_starts(pieces: Sequence[Sequence[object]]) -> list[int]:
    """Where each piece starts in their concatenation, and where the last ends."""
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + len(piece))
    return starts
