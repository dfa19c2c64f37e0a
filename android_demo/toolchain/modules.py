"""Compiles the project's modules."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from android_demo.toolchain.kotlin import compile_kotlin
from android_demo.toolchain.maven import fetch
from tfsqueeze.utils.files import write_atomically

PROJECT = Path(__file__).resolve().parents[1]
# The sample models of core's tests, which the app's tests use too.
CORE_SAMPLES = Path("core/src/test/resources")
# Code of the app sees Java 8's library, which Android 7.0 has and android-all leaves out; tests see
# this machine's.
_JAVA_8, _THIS_MACHINE = ["-Xjdk-release=8"], []


class Modules:
    """Compiles `core` and `app`, each once, into a folder of its own.

    Args:
        folder: the folder for everything that is built.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def core(self) -> list[Path]:
        """The classes and the resources of `core`."""
        needs = [*self.core_libraries, *fetch("json")]
        classes = self._compile("core", "main", needs, _JAVA_8)
        return [classes, PROJECT / "core" / "src" / "main" / "resources"]

    @property
    def core_libraries(self) -> list[Path]:
        """The jars that `core` needs and Android does not have."""
        return fetch("kotlin", "tflite-metadata")

    @cached_property
    def core_tests(self) -> list[Path]:
        """The class path of the tests of `core`, with all that they need."""
        needs = [*self.core, *self.core_libraries, *fetch("json", "junit", "jna")]
        classes = self._compile("core", "test", needs, [*_THIS_MACHINE, *_friend(self.core[0])])
        return [classes, PROJECT / "core" / "src" / "test" / "resources", *needs]

    @property
    def ids(self) -> Path:
        """The classes of the app's resource ids (`R`), which `resources.compile_ids` writes."""
        return self.folder / "resources" / "ids"

    @cached_property
    def app(self) -> Path:
        """The classes of `app`, which need the resource ids."""
        needs = [self.ids, *self.core, *self.core_libraries, *self.tflite, *fetch("android")]
        return self._compile("app", "main", needs, _JAVA_8)

    def app_tests(self, class_path: Sequence[Path]) -> Path:
        """Compiles the tests of `app`.

        Args:
            class_path: the class path that the tests run with, the classes of `app` first.

        Returns:
            The classes of the tests.
        """
        return self._compile("app", "test", class_path, [*_THIS_MACHINE, *_friend(class_path[0])])

    @cached_property
    def tflite(self) -> list[Path]:
        """The jars of TensorFlow Lite's Java API."""
        return [self.jar_of(archive) for archive in fetch("tflite")]

    def jar_of(self, archive: Path) -> Path:
        """Returns the jar in an Android archive (.aar)."""
        jar = self.folder / "jars" / f"{archive.stem}.jar"
        with zipfile.ZipFile(archive) as files, write_atomically(jar) as temporary:
            temporary.write_bytes(files.read("classes.jar"))
        return jar

    def _compile(
        self, module: str, part: str, class_path: Sequence[Path], options: Sequence[str]
    ) -> Path:
        return compile_kotlin(
            [PROJECT / module / "src" / part / "kotlin"],
            self.folder / "classes" / module / part,
            class_path,
            options,
        )


def _friend(classes: Path) -> list[str]:
    """Lets tests see internal declarations, as Gradle does."""
    return [f"-Xfriend-paths={classes}"]
