"""The modules' tests: JUnit for `core`, and Robolectric's Android on this machine for `app`."""

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
    """Runs the tests of `core`; returns how many passed. Raises UserError where one fails."""
    return _run(modules.core_tests, modules.core_tests[0])


def test_app(modules: Modules, screenshots: Path | None = None) -> int:
    """Runs the tests of `app`, with its resources as `build_apk` left them.

    screenshots: a folder for pictures of the screen with what TensorFlow Lite's own library for
        x86_64 makes of a text; on other machines there are none.

    Returns how many passed. Raises UserError where one fails.
    """
    folder = modules.folder
    needs = [
        modules.app,
        modules.ids,
        *modules.core,
        *modules.tflite,
        *fetch("kotlin", "junit"),
        *(modules.jar_of(path) if path.suffix == ".aar" else path for path in fetch("robolectric")),
    ]
    # Robolectric brings the Android to run; to compile against it is the same API.
    tests = modules.app_tests([*needs, *fetch("android")])
    # Robolectric makes file descriptors of the APK's assets.
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
    # The classes that annotations name are looked up before Robolectric brings its Android.
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
    """The folder where Robolectric looks for the Androids that it runs."""
    runtimes = folder / "runtimes"
    runtimes.mkdir(parents=True, exist_ok=True)
    for path in fetch("android-runtime"):
        link = runtimes / path.name
        link.unlink(missing_ok=True)
        link.symlink_to(path)
    return runtimes


def _config(folder: Path) -> Path:
    """What Gradle tells Robolectric of the app."""
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
