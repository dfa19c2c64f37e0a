"""The app's resources: compiled, linked, and their ids as Java classes."""

from __future__ import annotations

import shutil
from pathlib import Path

from android_demo.toolchain.maven import fetch
from android_demo.toolchain.modules import PROJECT
from android_demo.toolchain.tools import run

PACKAGE = "io.github.tfsqueeze.demo"
# As in app/build.gradle.kts.
MIN_SDK, TARGET_SDK, VERSION_CODE, VERSION_NAME = 24, 36, 1, "0.1.0"
_MAIN = PROJECT / "app" / "src" / "main"


def link(assets: Path, folder: Path) -> Path:
    """Links resources, manifest and assets into an APK without code, and returns it.

    Debian's aapt2 reads the framework's resources of Android 14 (API 34) at most, so these are
    linked against, while code is compiled against API 36.
    """
    folder.mkdir(parents=True, exist_ok=True)
    compiled, apk = folder / "resources.zip", folder / "resources.apk"
    run(["aapt2", "compile", "--dir", _MAIN / "res", "-o", compiled])
    (framework,) = fetch("android-runtime")
    manifest = folder / "AndroidManifest.xml"
    # What Gradle adds by the build file: the package, and that libraries are mapped from the APK.
    manifest.write_text(
        (_MAIN / "AndroidManifest.xml")
        .read_text("utf-8")
        .replace("<manifest ", f'<manifest package="{PACKAGE}" ', 1)
        .replace("<application", '<application android:extractNativeLibs="false"', 1),
        "utf-8",
    )
    run(
        [
            "aapt2",
            "link",
            "-I",
            framework,
            "--manifest",
            manifest,
            "--min-sdk-version",
            str(MIN_SDK),
            "--target-sdk-version",
            str(TARGET_SDK),
            "--version-code",
            str(VERSION_CODE),
            "--version-name",
            VERSION_NAME,
            "--java",
            _emptied(folder / "java"),
            "-A",
            assets,
            "-0",
            ".tflite",
            "-o",
            apk,
            compiled,
        ]
    )
    return apk


def compile_ids(folder: Path) -> Path:
    """The classes of the resources' ids that `link` wrote; `R`."""
    classes = _emptied(folder / "ids")
    run(
        [
            "javac",
            "-nowarn",
            "--release",
            "8",
            "-Xlint:-options",
            "-d",
            classes,
            *(folder / "java").rglob("*.java"),
        ]
    )
    return classes


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
