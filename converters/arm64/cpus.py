"""Which processors are emulated, and the files by which programs tell them.

QEMU gives a program the registers and hardware capabilities of the processor, but the files of
/proc and /sys are those of the host. The runtimes read them (the library cpuinfo of XNNPACK): on
the files of an x86 host LiteRT crashes, and XNNPACK picks kernels for an unknown processor.
"""

from __future__ import annotations

from dataclasses import dataclass

from tfsqueeze.utils.errors import UserError

_BASE = ("fp", "asimd", "aes", "pmull", "sha1", "sha2", "crc32")


@dataclass(frozen=True)
class Cpu:
    """A processor by Arm.

    name: as QEMU calls it.
    variant, part, revision: fields of its main ID register (MIDR_EL1).
    features: what the kernel would list in /proc/cpuinfo for the capabilities that QEMU reports.
    """

    name: str
    variant: int
    part: int
    revision: int
    features: tuple[str, ...]

    def files(self) -> dict[str, str]:
        """The files by path below /: those of a machine with one such core."""
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
        # All that cpuinfo reads; a file that were missing here would be the host's.
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


# Coral boards and small phone cores: neither dot products nor half-precision arithmetic.
CORTEX_A53 = Cpu("cortex-a53", 0, 0xD03, 4, (*_BASE, "cpuid"))
# Big phone cores since 2018: both.
CORTEX_A76 = Cpu(
    "cortex-a76",
    4,
    0xD0B,
    1,
    (*_BASE, "atomics", "fphp", "asimdhp", "cpuid", "asimdrdm", "lrcpc", "dcpop", "asimddp"),
)
CPUS = {cpu.name: cpu for cpu in (CORTEX_A53, CORTEX_A76)}


def find_cpu(name: str) -> Cpu:
    """The processor of a name. Raises UserError for a name that is not among `CPUS`."""
    if name not in CPUS:
        raise UserError(f"the processor {name!r} is unknown; there are {', '.join(CPUS)}")
    return CPUS[name]
