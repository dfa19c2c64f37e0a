"""Compiles and links the app's resources, and writes their ids as Java classes."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from android_demo.toolchain.maven import fetch
from android_demo.toolchain.modules import PROJECT
from android_demo.toolchain.tools import run

PACKAGE = "io.github.tfsqueeze.demo"
# The same as in app/build.gradle.kts.
MIN_SDK, TARGET_SDK, VERSION_CODE, VERSION_NAME = 24, 36, 1, "0.1.0"
ANDROID_NAMESPACE = "http://schemas.android.com/apk/res/android"
_MAIN = PROJECT / "app" / "src" / "main"


def link(assets: Path, folder: Path) -> Path:
    """Links resources, manifest and assets into an APK without code.

    Debian's aapt2 reads the framework's resources of Android 14 (API 34) at most, so it links
    against those, while the code is compiled against API 36.

    Args:
        assets: a folder with the app's assets.
        folder: the folder for the result.

    Returns:
        The APK.

    Raises:
        UserError: aapt2 fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    compiled, apk = folder / "resources.zip", folder / "resources.apk"
    run(["aapt2", "compile", "--dir", _MAIN / "res", "-o", compiled])
    (framework,) = fetch("android-runtime")
    manifest = folder / "AndroidManifest.xml"
    _write_manifest(manifest)
    options = {
        "-I": framework,
        "--manifest": manifest,
        "--min-sdk-version": str(MIN_SDK),
        "--target-sdk-version": str(TARGET_SDK),
        "--version-code": str(VERSION_CODE),
        "--version-name": VERSION_NAME,
        "--java": _emptied(folder / "java"),
        "-A": assets,
        "-o": apk,
    }
    # Assets are mapped, so they are not compressed.
    flat = [part for option in options.items() for part in option]
    flat += [part for suffix in (".tflite", ".safetensors") for part in ("-0", suffix)]
    run(["aapt2", "link", *flat, compiled])
    return apk


def compile_ids(folder: Path) -> Path:
    """Compiles the classes of the resource ids (`R`).

    Args:
        folder: the folder that `link` wrote to.

    Returns:
        The folder of the classes.

    Raises:
        UserError: javac fails.
    """
    classes = _emptied(folder / "ids")
    sources = (folder / "java").rglob("*.java")
    run(["javac", "-nowarn", "--release", "8", "-Xlint:-options", "-d", classes, *sources])
    return classes


def _write_manifest(path: Path) -> None:
    """Adds to the manifest what Gradle takes from the build file.

    That is the package, and that native libraries are mapped from the APK.
    """
    ElementTree.register_namespace("android", ANDROID_NAMESPACE)
    manifest = ElementTree.parse(_MAIN / "AndroidManifest.xml")
    manifest.getroot().set("package", PACKAGE)
    for application in manifest.iter("application"):
        application.set(f"{{{ANDROID_NAMESPACE}}}extractNativeLibs", "false")
    manifest.write(path, "utf-8", xml_declaration=True)


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
