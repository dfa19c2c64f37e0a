"""The emulated processors, and the files by which programs detect them.

QEMU gives a program the registers and hardware capabilities of the processor, but the files in
/proc and /sys of the host. The runtimes read these files (XNNPACK's library cpuinfo does). With
those of an x86 host LiteRT crashes, and XNNPACK picks kernels for an unknown processor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tfsqueeze.utils.errors import UserError

CpuName = Literal["cortex-a53", "cortex-a76"]
_BASE = ("fp", "asimd", "aes", "pmull", "sha1", "sha2", "crc32")


@dataclass(frozen=True)
class Cpu:
    """A processor by Arm.

    Attributes:
        name: QEMU's name of the processor.
        variant: field of its main ID register (MIDR_EL1).
        part: field of its main ID register.
        revision: field of its main ID register.
        features: the features that Linux lists in /proc/cpuinfo for the capabilities that QEMU
            reports.
    """

    name: CpuName
    variant: int
    part: int
    revision: int
    features: tuple[str, ...]

    def files(self) -> dict[str, str]:
        """Returns the files of a machine with one such core, by their paths below /."""
        fields = {
            "processor": 0,
            "BogoMIPS": "100.00",
            "Features": " ".join(self.features),
            "CPU implementer": "0x41",
            "CPU architecture": 8,
            "CPU variant": f"{self.variant:#x}",
            "CPU part": f"{self.part:#x}",
            "CPU revision": self.revision,
        }
        folder = "sys/devices/system/cpu"
        # All files that cpuinfo reads. It would read those of the host for any missing here.
        numbers = {
            **dict.fromkeys(("kernel_max", "possible", "present", "online"), 0),
            **{f"cpu0/cpufreq/cpuinfo_{limit}_freq": 1_500_000 for limit in ("min", "max")},
            **{
                f"cpu0/topology/{name}": 0
                for name in (
                    "core_id",
                    "physical_package_id",
                    "core_cpus_list",
                    "core_siblings_list",
                    "cluster_cpus_list",
                    "package_cpus_list",
                    "thread_siblings_list",
                )
            },
        }
        return {
            "proc/cpuinfo": "".join(f"{name}\t: {value}\n" for name, value in fields.items()),
            **{f"{folder}/{name}": str(number) for name, number in numbers.items()},
        }


# Coral boards and small phone cores, without dot products and half-precision arithmetic.
CORTEX_A53 = Cpu("cortex-a53", 0, 0xD03, 4, (*_BASE, "cpuid"))
# Big phone cores since 2018, with both.
CORTEX_A76 = Cpu(
    "cortex-a76",
    4,
    0xD0B,
    1,
    (*_BASE, "atomics", "fphp", "asimdhp", "cpuid", "asimdrdm", "lrcpc", "dcpop", "asimddp"),
)
CPUS: dict[CpuName, Cpu] = {cpu.name: cpu for cpu in (CORTEX_A53, CORTEX_A76)}


def find_cpu(name: CpuName) -> Cpu:
    """Returns a processor.

    Args:
        name: one of `CPUS`.

    Raises:
        UserError: there is no processor of that name.

    Example:
        >>> hex(find_cpu("cortex-a53").part)
        '0xd03'
    """
    if name not in CPUS:
        raise UserError(f"the processor {name!r} is unknown; there are {', '.join(CPUS)}")
    return CPUS[name]
