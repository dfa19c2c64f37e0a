"""What the rest of an export calls of the network: network.h, for each runtime the same."""

from __future__ import annotations

from dataclasses import dataclass

from converters.targets.micro.c_syntax import define, header_file
from converters.tflite.plain_name import plain_name
from converters.tflite.tflite_file import TFLiteFile
from converters.tflite.tflite_operators import Tensor


@dataclass(frozen=True)
class NetworkInterface:
    """The inputs and outputs of a network.

    Attributes:
        max_length: the length of each input in tokens.
        inputs: the names of the int32 inputs, in the order of the file.
        outputs: the int8 outputs by name, in the order of the file.
    """

    max_length: int
    inputs: tuple[str, ...]
    outputs: dict[str, Tensor]

    @classmethod
    def of_model(cls, model: bytes) -> NetworkInterface:
        """Returns the interface of an int8 .tflite file of one graph.

        Args:
            model: the bytes of the file.
        """
        (graph,) = TFLiteFile.open(model).graphs
        inputs = [graph.tensors[index] for index in graph.inputs]
        outputs = [graph.tensors[index] for index in graph.outputs]
        return cls(
            inputs[0].elements,
            tuple(plain_name(tensor.name) for tensor in inputs),
            {plain_name(tensor.name): tensor for tensor in outputs},
        )

    def header(self, arena_bytes: int) -> str:
        """Returns network.h.

        Args:
            arena_bytes: the size of the memory that the network computes in.
        """
        sizes = "".join(
            define(f"NETWORK_{name.upper()}_SIZE", tensor.elements)
            for name, tensor in self.outputs.items()
        )
        inputs = "".join(f"int32_t *network_{name}(void);\n" for name in self.inputs)
        outputs = "".join(f"const int8_t *network_{name}(void);\n" for name in self.outputs)
        return header_file(
            "NETWORK_H",
            "#include <stddef.h>\n\n"
            + define("NETWORK_MAX_LENGTH", self.max_length)
            + "/* The memory that the network computes in. */\n"
            + define("NETWORK_ARENA_BYTES", arena_bytes)
            + "/* The numbers of each output. */\n"
            + sizes
            + "\n/* Sets the memory; see tfsqueeze_init. */\n"
            "int network_init(void *arena, size_t bytes);\n\n"
            "/* Where NETWORK_MAX_LENGTH ids go; null before network_init has succeeded. */\n"
            + inputs
            + "\n/* Computes the outputs of the ids, which it overwrites. Returns 0, or -1 if it\n"
            " * fails. */\n"
            "int network_run(void);\n\n"
            "/* What network_run computed, valid until ids are written. */\n" + outputs,
        )
