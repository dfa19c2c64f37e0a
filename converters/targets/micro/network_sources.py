"""Generates the network in plain C: constants, and one call of a kernel after the other."""

from __future__ import annotations

from dataclasses import dataclass

from converters.targets.micro.c_syntax import GENERATED
from converters.targets.micro.network_interface import NetworkInterface
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


def network_sources(model: bytes, interface: NetworkInterface) -> NetworkSources:
    """Returns network.h and network.c.

    Args:
        model: the bytes of an int8 .tflite file.
        interface: that of the file.

    Raises:
        UserError: the kernels in C lack an operator of the model.
    """
    network = NetworkSteps(model)
    plan = plan_arena(network.steps, network.sizes, network.inputs, network.outputs)
    inputs = "".join(
        f"int32_t *network_{name}(void) {{\n"
        f"  return memory ? {_word_address(place, plan)} : 0;\n}}\n\n"
        for name, place in zip(interface.inputs, network.inputs, strict=True)
    )
    outputs = "".join(
        f"const int8_t *network_{name}(void) {{\n"
        f"  const int8_t *const arena = (const int8_t *)memory;\n"
        f"  return {plan.address(place)};\n}}\n\n"
        for name, place in zip(interface.outputs, network.outputs, strict=True)
    )
    calls = "".join(f"  {_call(step, plan)}\n" for step in plan.steps)
    source = (
        f'{GENERATED}#include "network.h"\n\n#include "tfsqueeze_kernels.h"\n\n'
        + "\n".join(network.constants)
        + "\n/* Set by network_init. */\nstatic int32_t *memory;\n\n"
        "int network_init(void *arena, size_t bytes) {\n"
        "  memory = 0;\n"
        "  if (!arena || bytes < NETWORK_ARENA_BYTES || (uintptr_t)arena % 4) return -1;\n"
        "  memory = arena;\n"
        "  return 0;\n}\n\n"
        f"{inputs}"
        "int network_run(void) {\n"
        "  int8_t *const arena = (int8_t *)memory;\n"
        "  if (!memory) return -1;\n"
        f"{calls}  return 0;\n}}\n\n"
        f"{outputs}"
    )
    return NetworkSources(
        {"network.h": interface.header(plan.bytes), "network.c": source},
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
