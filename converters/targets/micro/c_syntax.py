"""Formats the parts of C sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GENERATED = "/* Written by `tfsqueeze export --target micro`; do not edit. */\n"
_WIDTH = 100


def array_definition(declaration: str, values: Iterable[object]) -> str:
    """Returns the definition of a constant array.

    An array without values gets one 0, as C has no empty arrays.

    Args:
        declaration: the declaration, such as `const int x[]`.
        values: the elements as C expressions.

    Example:
        >>> print(array_definition("const int x[]", [1, 2]))
        const int x[] = {
            1, 2
        };
        <BLANKLINE>
    """
    lines: list[str] = []
    for value in map(str, values):
        # Between elements alone: a string with spaces is one.
        if lines and len(lines[-1]) + len(value) + 2 < _WIDTH - 4:
            lines[-1] += f" {value},"
        else:
            lines.append(f"{value},")
    text = "\n".join(f"    {line}" for line in lines or ["0,"])
    return f"{declaration} = {{\n{text.removesuffix(',')}\n}};\n"


def define(name: str, value: object) -> str:
    """Returns the definition of a constant for the preprocessor."""
    return f"#define {name} {value}\n"


def header_file(guard: str, body: str) -> str:
    """Returns a header for C and C++.

    Args:
        guard: the name of the include guard.
        body: the declarations.
    """
    return (
        f"{GENERATED}#ifndef {guard}_\n#define {guard}_\n\n#include <stdint.h>\n\n"
        f'#ifdef __cplusplus\nextern "C" {{\n#endif\n\n{body}\n'
        f"#ifdef __cplusplus\n}}\n#endif\n\n#endif\n"
    )


def string_literal(text: str) -> str:
    r"""Returns a C string literal of a text in UTF-8.

    Bytes other than plain ASCII are octal escapes, which end after three digits; hexadecimal
    escapes would go on. Question marks are escaped, as two of them could form a trigraph.

    Example:
        >>> print(string_literal("naïve?"))
        "na\303\257ve\077"
    """
    plain = {*range(0x20, 0x7F)} - set(b'"\\?')
    return (
        '"'
        + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in text.encode("utf-8"))
        + '"'
    )


def unsigned_type(largest: int) -> tuple[str, int]:
    """Returns the smallest unsigned type that holds a number.

    Args:
        largest: the number, below 2**32.

    Returns:
        The name of the type, and its size in bytes.

    Example:
        >>> unsigned_type(300)
        ('uint16_t', 2)
    """
    for size in (1, 2):
        if largest < 1 << 8 * size:
            return f"uint{8 * size}_t", size
    return "uint32_t", 4


def float_literal(value: float) -> str:
    """Returns a C float constant that has the same float32 value.

    Example:
        >>> float_literal(1.0)
        '1.0f'
    """
    return f"{value:.9g}f" if "." in f"{value:.9g}" or "e" in f"{value:.9g}" else f"{value:.1f}f"


def start_offsets(pieces: Sequence[Sequence[object]]) -> list[int]:
    """Returns where each piece starts in the concatenation of all, and where the last ends.

    Example:
        >>> start_offsets(["ab", "", "c"])
        [0, 2, 2, 3]
    """
    offsets = [0]
    for piece in pieces:
        offsets.append(offsets[-1] + len(piece))
    return offsets
