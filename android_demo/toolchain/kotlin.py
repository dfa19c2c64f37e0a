"""The Kotlin compiler."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from android_demo.toolchain.maven import fetch
from android_demo.toolchain.tools import java

_MAIN = "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"
# Java 8 is what all Androids since 7.0 (API 24) can be given.
_OPTIONS = (
    "-no-stdlib",
    "-no-reflect",
    "-jvm-target",
    "1.8",
    "-Xsuppress-version-warnings",
    "-Werror",
)


def compile_kotlin(
    sources: Sequence[Path], output: Path, class_path: Sequence[Path], options: Sequence[str]
) -> Path:
    """Compiles folders of Kotlin into the folder `output`, which is made anew.

    Warnings are errors. Raises UserError with the compiler's words.
    """
    shutil.rmtree(output, ignore_errors=True)
    compiler = [*fetch("kotlin-compiler"), *fetch("kotlin")]
    java(
        compiler,
        _MAIN,
        *_OPTIONS,
        *options,
        "-classpath",
        os.pathsep.join(map(str, class_path)),
        "-d",
        output,
        *sources,
    )
    return output
