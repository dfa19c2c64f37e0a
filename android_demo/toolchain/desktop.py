"""Runs the APK's native library for x86_64 on this machine's Linux instead of Android."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from android_demo.toolchain.build import LIBRARY, native_libraries
from android_demo.toolchain.elf import without_symbol_versions
from android_demo.toolchain.tools import run

_ANDROID_LIBRARIES = ("libc.so", "libm.so", "libdl.so")
_SOURCE = Path(__file__).with_name("bionic.c")


def is_possible() -> bool:
    """Returns whether this machine runs Linux programs for x86_64."""
    return (platform.system(), platform.machine()) == ("Linux", "x86_64")


def make_library(folder: Path) -> Path:
    """Puts the native library, and substitutes for Android's own libraries, into a folder.

    The library's code and data stay as they are, but the versions of its symbols are hidden,
    since those of glibc are others.

    Args:
        folder: the folder, which is emptied first; LD_LIBRARY_PATH must contain it.

    Returns:
        A library to preload (LD_PRELOAD).

    Raises:
        UserError: gcc fails.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / LIBRARY).write_bytes(without_symbol_versions(native_libraries()["x86_64"]))
    log = folder / "liblog.so"
    gcc = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    run([*gcc, "-Wl,-soname,liblog.so", "-o", log, _SOURCE, "-ldl"])
    for name in _ANDROID_LIBRARIES:
        empty = ["-x", "c", "/dev/null", "-x", "none"]
        linked = [f"-Wl,-soname,{name},--no-as-needed", "-o", folder / name]
        run([*gcc, *linked, *empty, log, "-lm", "-ldl"])
    return log
