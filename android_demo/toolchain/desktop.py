"""The APK's native library for x86_64, run on this machine's Linux instead of Android's."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from android_demo.toolchain.build import LIBRARY, native_libraries
from android_demo.toolchain.elf import without_symbol_versions
from android_demo.toolchain.tools import run

_ANDROIDS = ("libc.so", "libm.so", "libdl.so")
_SOURCE = Path(__file__).with_name("bionic.c")


def is_possible() -> bool:
    """Whether this machine runs programs for x86_64 and Linux."""
    return (platform.system(), platform.machine()) == ("Linux", "x86_64")


def make_library(folder: Path) -> Path:
    """Puts the library, and what it takes for Android's, into a folder.

    Code and data stay as they are; but the versions of symbols, which glibc has others of, are
    hidden. Returns a library to preload (LD_PRELOAD) where the folder is on LD_LIBRARY_PATH.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / LIBRARY).write_bytes(without_symbol_versions(native_libraries()["x86_64"]))
    log = folder / "liblog.so"
    compile_ = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    run([*compile_, "-Wl,-soname,liblog.so", "-o", log, _SOURCE, "-ldl"])
    for name in _ANDROIDS:
        run(
            [
                *compile_,
                f"-Wl,-soname,{name},--no-as-needed",
                "-o",
                folder / name,
                "-x",
                "c",
                "/dev/null",
                "-x",
                "none",
                log,
                "-lm",
                "-ldl",
            ]
        )
    return log
