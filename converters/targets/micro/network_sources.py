"""Generates the network in plain C: constants, and one call of a kernel after the other."""

from __future__ import annotations

from dataclasses import dataclass

from converters.targets.micro.c_syntax import GENERATED, define, header_file
from converters.targets.micro.network_plan import ArenaPlan, Place, Step, plan_arena
from converters.targets.micro.network_steps import NetworkSteps


@dataclass(frozen=True)
class NetworkSources:
    """A network as C sources.

    Attributes:
        texts: the sources by file name.
        constant_bytes: the size of weights and tables in flash.
        arena_bytes: the size of the memory that it computes in.
        kernels: the names of the kernels that it calls.
    """

    texts: dict[str, str]
    constant_bytes: int
    arena_bytes: int
    kernels: tuple[str, ...]


def network_sources(model: bytes, max_length: int) -> NetworkSources:
    """Returns network.h and network.c.

    Args:
        model: the bytes of an int8 .tflite file with token ids as input and logits as output.
        max_length: its static length in tokens.

    Raises:
        UserError: the kernels in C lack an operator of the model.
    """
    network = NetworkSteps(model)
    plan = plan_arena(network.steps, network.sizes, network.input, network.output)
    words = plan.bytes // 4
    header = (
        define("NETWORK_MAX_LENGTH", max_length)
        + "/* The memory that the network computes in, in numbers of 4 bytes. */\n"
        + define("NETWORK_ARENA_WORDS", words)
        + "\n/* Where the token ids go, NETWORK_MAX_LENGTH numbers. */\n"
        "int32_t *network_ids(int32_t *memory);\n\n"
        "/* Computes the logits of the token ids in the memory, which it overwrites, and returns\n"
        " * where they are in it. */\n"
        "const int8_t *network_run(int32_t *memory);\n"
    )
    calls = "".join(f"  {_call(step, plan)}\n" for step in plan.steps)
    source = (
        f'{GENERATED}#include "network.h"\n\n#include "tfsqueeze_kernels.h"\n\n'
        + "\n".join(network.constants)
        + "\nint32_t *network_ids(int32_t *memory) {\n"
        f"  return {_word_address(network.input, plan)};\n}}\n\n"
        "const int8_t *network_run(int32_t *memory) {\n"
        f"  int8_t *const arena = (int8_t *)memory;\n{calls}"
        f"  return {plan.address(network.output)};\n}}\n"
    )
    return NetworkSources(
        {"network.h": header_file("NETWORK_H", header), "network.c": source},
        network.constant_bytes,
        plan.bytes,
        tuple(sorted({step.function for step in plan.steps})),
    )


# Operands of 32 bits: the ids of the look-up, and the sums of the matrix product.
_WORD_OPERANDS = {"tfsqueeze_gather": 1, "tfsqueeze_matmul": 2}


def _call(step: Step, plan: ArenaPlan) -> str:
    addresses = [plan.address(place) for place in (*step.reads, *step.writes)]
    word = _WORD_OPERANDS.get(step.function)
    if word is not None:
        addresses[word] = _word_address((*step.reads, *step.writes)[word], plan)
    return f"{step.function}({', '.join((*step.params, *addresses))});"


def _word_address(place: Place, plan: ArenaPlan) -> str:
    return f"memory + {plan.offset(place) // 4}"
