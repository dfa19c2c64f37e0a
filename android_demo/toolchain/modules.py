"""The project's modules, compiled."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from android_demo.toolchain.kotlin import compile_kotlin
from android_demo.toolchain.maven import fetch
from tfsqueeze.utils.files import write_atomically

PROJECT = Path(__file__).resolve().parents[1]
# What core's tests have that those of the app take too.
CORE_SAMPLES = Path("core/src/test/resources")
# The library that Android 7.0 has, which android-all leaves out; tests take this machine's.
_JAVA_8, _THIS_MACHINE = ["-Xjdk-release=8"], []


class Modules:
    """Compiles `core` and `app`, each once, into a folder of their own."""

    def __init__(self, folder: Path):
        self.folder = folder

    @cached_property
    def core(self) -> list[Path]:
        """The class path of `core` alone: its classes and its resources."""
        kotlin = fetch("kotlin")
        classes = self._compile("core", "main", [*kotlin, *fetch("json")], _JAVA_8)
        return [classes, PROJECT / "core" / "src" / "main" / "resources"]

    @cached_property
    def core_tests(self) -> list[Path]:
        """The class path of the tests of `core`, with all they need."""
        needs = [*self.core, *fetch("kotlin", "json", "junit", "jna")]
        classes = self._compile("core", "test", needs, [*_THIS_MACHINE, *_friend(self.core[0])])
        return [classes, PROJECT / "core" / "src" / "test" / "resources", *needs]

    @property
    def ids(self) -> Path:
        """The classes of the app's resource ids (`R`), which `resources.compile_ids` writes."""
        return self.folder / "resources" / "ids"

    @cached_property
    def app(self) -> Path:
        """The classes of `app`, once the resource ids are there."""
        needs = [self.ids, *self.core, *fetch("kotlin"), *self.tflite, *fetch("android")]
        return self._compile("app", "main", needs, _JAVA_8)

    def app_tests(self, app: Sequence[Path]) -> Path:
        """The classes of the tests of `app`, given the class path that they run with."""
        return self._compile("app", "test", app, [*_THIS_MACHINE, *_friend(app[0])])

    @cached_property
    def tflite(self) -> list[Path]:
        """The jars of TensorFlow Lite's Java API."""
        return [self.jar_of(archive) for archive in fetch("tflite")]

    def jar_of(self, archive: Path) -> Path:
        """The jar in an Android archive (.aar)."""
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
    """Lets tests see what is internal, as Gradle does."""
    return [f"-Xfriend-paths={classes}"]
