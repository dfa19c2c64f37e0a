"""Builds a signed APK from the project's sources and a folder of models."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from android_demo.toolchain import apk, resources
from android_demo.toolchain.elf import lay_out_for_pages
from android_demo.toolchain.maven import fetch
from android_demo.toolchain.modules import Modules
from tfsqueeze.utils.errors import UserError

LIBRARY = "libtensorflowlite_jni.so"
ABIS = ("arm64-v8a", "x86_64")


def build_apk(modules: Modules, models: Path) -> Path:
    """Builds the app.

    Args:
        modules: the compiler of the app's modules, whose folder gets everything that is built.
        models: a folder of .tflite files, which become the app's assets; and for models that search
            texts, a .safetensors file of the same name.

    Returns:
        The signed APK.

    Raises:
        UserError: a tool fails, the code does not compile, or there is no model.
    """
    folder = modules.folder
    found = sorted(models.glob("*.tflite"))
    if not found:
        raise UserError(
            f"{models} has no model; `tfsqueeze export RUN --target android "
            f"--output {models}` puts one there"
        )
    assets = folder / "assets"
    shutil.rmtree(assets, ignore_errors=True)
    assets.mkdir(parents=True)
    for model in found:
        for file in (model, model.with_suffix(".safetensors")):
            if file.is_file():
                shutil.copyfile(file, assets / file.name)
    linked = resources.link(assets, folder / "resources")
    resources.compile_ids(folder / "resources")
    classes, java_resources = modules.core
    code = apk.dex(
        [modules.app, modules.ids, classes, *modules.core_libraries, *modules.tflite],
        folder / "dex",
    )
    files = {file.name: file.read_bytes() for file in code}
    files |= {
        str(file.relative_to(java_resources)): file.read_bytes()
        for file in java_resources.rglob("*")
        if file.is_file()
    }
    files |= {f"lib/{abi}/{LIBRARY}": library for abi, library in native_libraries().items()}
    unsigned, signed = folder / "app-unsigned.apk", folder / "app.apk"
    apk.pack(linked, files, unsigned)
    apk.sign(unsigned, signed, folder / "debug.keystore")
    return signed


def native_libraries() -> dict[str, bytes]:
    """Returns TensorFlow Lite's native library for each ABI, laid out for pages of 16 KB.

    The newest on Maven Central is linked for pages of 4 KB. A library that cannot be laid out
    again stays as it is, and that of the GPU, which cannot either, is left out.

    Raises:
        UserError: the library cannot be downloaded.
    """
    libraries = {}
    with zipfile.ZipFile(fetch("tflite")[0]) as archive:
        for abi in ABIS:
            library = archive.read(f"jni/{abi}/{LIBRARY}")
            try:
                libraries[abi] = lay_out_for_pages(library)
            except UserError:
                libraries[abi] = library
    return libraries
