"""Runs the modules' tests: `core` on JUnit, `app` on Robolectric's Android on this machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from android_demo.toolchain import desktop
from android_demo.toolchain.maven import fetch
from android_demo.toolchain.modules import CORE_SAMPLES, PROJECT, Modules
from android_demo.toolchain.resources import PACKAGE
from android_demo.toolchain.tools import java
from tfsqueeze.utils.errors import UserError

_RUNNER = "org.junit.runner.JUnitCore"


def test_core(modules: Modules) -> int:
    """Runs the tests of `core`.

    Returns:
        The number of tests, all of which passed.

    Raises:
        UserError: a test fails.
    """
    return _run(modules.core_tests, modules.core_tests[0])


def test_app(modules: Modules, screenshots: Path | None = None) -> int:
    """Runs the tests of `app`, with the resources that `build_apk` linked.

    Args:
        modules: the compiler that `build_apk` used.
        screenshots: a folder for pictures of the screen with a prediction by TensorFlow Lite's own
            library for x86_64; other machines make no pictures.

    Returns:
        The number of tests, all of which passed.

    Raises:
        UserError: a test fails.
    """
    folder = modules.folder
    needs = [
        modules.app,
        modules.ids,
        *modules.core,
        *modules.core_libraries,
        *modules.tflite,
        *fetch("junit"),
        *(modules.jar_of(path) if path.suffix == ".aar" else path for path in fetch("robolectric")),
    ]
    # To run, Robolectric brings its own Android; to compile, any with the same API does.
    tests = modules.app_tests([*needs, *fetch("android")])
    # Robolectric opens the APK's assets as file descriptors.
    options = [
        "--add-opens=java.base/java.io=ALL-UNNAMED",
        "-Drobolectric.offline=true",
        f"-Drobolectric.dependency.dir={_runtimes(folder)}",
    ]
    environment = {}
    if screenshots and desktop.is_possible():
        screenshots.mkdir(parents=True, exist_ok=True)
        libraries = (folder / "desktop").resolve()
        environment = {
            "LD_PRELOAD": str(desktop.make_library(libraries)),
            "LD_LIBRARY_PATH": str(libraries),
        }
        options += [f"-Dscreenshots={screenshots}", f"-Djava.library.path={libraries}"]
    resources = [
        PROJECT / "app" / "src" / "test" / "resources",
        PROJECT / CORE_SAMPLES,
        _config(folder),
    ]
    # Java loads the classes in annotations before Robolectric brings its Android.
    return _run([tests, *resources, *needs, *fetch("android-runtime")], tests, options, environment)


def _run(
    class_path: Sequence[Path],
    tests: Path,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> int:
    names = [
        ".".join(path.relative_to(tests).with_suffix("").parts)
        for path in sorted(tests.rglob("*Test.class"))
    ]
    printed = java(class_path, _RUNNER, *names, options=options, environment=environment)
    passed = int(re.search(r"^OK \((\d+) tests?\)$", printed, re.MULTILINE)[1])
    if passed < len(names):
        raise UserError(f"{len(names)} test classes in {tests} ran {passed} tests")
    return passed


def _runtimes(folder: Path) -> Path:
    """Returns the folder in which Robolectric looks for the Androids that it runs."""
    runtimes = folder / "runtimes"
    runtimes.mkdir(parents=True, exist_ok=True)
    for path in fetch("android-runtime"):
        link = runtimes / path.name
        link.unlink(missing_ok=True)
        link.symlink_to(path)
    return runtimes


def _config(folder: Path) -> Path:
    """Writes the file by which Gradle describes the app to Robolectric, and returns its folder."""
    root = folder / "test-config"
    shutil.rmtree(root, ignore_errors=True)
    file = root / "com" / "android" / "tools" / "test_config.properties"
    file.parent.mkdir(parents=True)
    resources = (folder / "resources").resolve()
    file.write_text(
        f"android_custom_package={PACKAGE}\n"
        f"android_merged_manifest={resources / 'AndroidManifest.xml'}\n"
        f"android_merged_assets={(folder / 'assets').resolve()}\n"
        f"android_resource_apk={resources / 'resources.apk'}\n",
        "utf-8",
    )
    return root
