"""Generates the texts that an export checks itself with, and what Python computes for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from converters.targets.micro.c_syntax import GENERATED, define, header_file, string_literal
from converters.targets.micro.generated_sources import SourceFiles
from converters.targets.micro.network_interface import NetworkInterface

# Unknown characters, punctuation, no words, and more words than fit.
GOLDEN_TEXTS = (
    "The company said its profit rose in the third quarter.",
    "Don't wake me at 7:30, na\u00efve caf\u00e9 \u2603!",
    "",
    "what is the weather like in the city of new york " * 20,
)


def golden_sources(
    interface: NetworkInterface,
    texts: Sequence[Sequence[str]],
    inputs: Mapping[str, np.ndarray],
    outputs: Mapping[str, np.ndarray],
) -> SourceFiles:
    """Returns golden.h and golden.c.

    Args:
        interface: that of the network.
        texts: one or two texts for each row.
        inputs: the ids of the rows by the input's name, int32 [rows, length].
        outputs: what the reference kernels compute, int8 [rows, ...] by the output's name.
    """
    fields = ["  const char *text;\n"]
    if len(texts[0]) > 1:
        fields.append("  const char *text_pair;\n")
    fields += [f"  int32_t {name}[NETWORK_MAX_LENGTH];\n" for name in interface.inputs]
    fields += [f"  int8_t {name}[NETWORK_{name.upper()}_SIZE];\n" for name in interface.outputs]
    arrays = {**inputs, **outputs}
    rows = ",\n".join(
        "  {"
        + ", ".join(
            [
                *map(string_literal, row),
                *(
                    "{" + ", ".join(map(str, arrays[name][index].reshape(-1).tolist())) + "}"
                    for name in (*interface.inputs, *interface.outputs)
                ),
            ]
        )
        + "}"
        for index, row in enumerate(texts)
    )
    header = (
        '#include "network.h"\n\n'
        + define("GOLDEN_TEXTS", len(texts))
        + "\n/* Texts, and what TensorFlow Lite's reference kernels compute for them. */\n"
        + f"typedef struct {{\n{''.join(fields)}}} golden_text;\n\n"
        + "extern const golden_text golden_texts[GOLDEN_TEXTS];\n"
    )
    definition = f"const golden_text golden_texts[GOLDEN_TEXTS] = {{\n{rows}\n}};\n"
    # A text has its bytes, an end and a pointer.
    constant_bytes = sum(len(text.encode()) + 1 + 4 for row in texts for text in row)
    constant_bytes += sum(array.nbytes for array in arrays.values())
    return SourceFiles(
        {
            "golden.h": header_file("GOLDEN_H", header),
            "golden.c": f'{GENERATED}#include "golden.h"\n\n{definition}',
        },
        constant_bytes,
    )
