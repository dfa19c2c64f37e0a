"""Runs the Kotlin compiler."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from android_demo.toolchain.maven import fetch
from android_demo.toolchain.tools import java

_MAIN = "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"
# All Androids since 7.0 (API 24) run Java 8.
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
    """Compiles Kotlin; warnings are errors.

    Args:
        sources: folders of Kotlin files.
        output: the folder for the classes, which is emptied first.
        class_path: jars, and folders of classes, that the sources use.
        options: further options of the compiler.

    Returns:
        The folder of the classes.

    Raises:
        UserError: the compiler fails; the message contains its output.
    """
    shutil.rmtree(output, ignore_errors=True)
    compiler = [*fetch("kotlin-compiler"), *fetch("kotlin")]
    path = os.pathsep.join(map(str, class_path))
    java(compiler, _MAIN, *_OPTIONS, *options, "-classpath", path, "-d", output, *sources)
    return output
