"""Makes an APK from its parts: packs, aligns and signs it."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from android_demo.toolchain.elf import PAGE
from android_demo.toolchain.maven import fetch
from android_demo.toolchain.resources import MIN_SDK
from android_demo.toolchain.tools import java, run
from tfsqueeze.utils.files import write_atomically

# Android maps these into memory instead of reading them, so they are not compressed.
_STORED = {".so", ".tflite", ".safetensors", ".arsc"}
_EPOCH = (1981, 1, 1, 1, 1, 2)  # equal content makes equal APKs
_PASSWORD = "android"  # the password of every debug key


def dex(class_path: Sequence[Path], folder: Path) -> list[Path]:
    """Compiles Java classes for Android.

    Args:
        class_path: jars, or folders of classes.
        folder: the folder for the result, which is emptied first.

    Returns:
        The .dex files.

    Raises:
        UserError: D8 fails.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    classes = [
        file
        for path in class_path
        for file in (sorted(path.rglob("*.class")) if path.is_dir() else [path])
    ]
    arguments = folder / "arguments"
    arguments.write_text("\n".join(map(str, classes)), "utf-8")
    (android,) = fetch("android")
    options = ["--release", "--min-api", str(MIN_SDK), "--lib", android, "--output", folder]
    java(fetch("dexer"), "com.android.tools.r8.D8", *options, f"@{arguments}")
    return sorted(folder.glob("*.dex"))


def pack(resources: Path, files: Mapping[str, bytes], path: Path) -> None:
    """Writes an APK without a signature.

    Each file that is stored uncompressed starts at a multiple of a memory page.

    Args:
        resources: an APK with the resources, whose entries are copied.
        files: the content of further entries by name.
        path: the file to write.

    Raises:
        UserError: zipalign fails.
    """
    with zipfile.ZipFile(resources) as linked:
        entries = {entry.filename: linked.read(entry) for entry in linked.infolist()}
    packed = path.with_suffix(".zip")
    with write_atomically(packed) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in sorted({**entries, **files}.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            stored = Path(name).suffix in _STORED
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    with write_atomically(path) as temporary:
        run(["zipalign", "-f", str(PAGE), packed, temporary])


def sign(unsigned: Path, signed: Path, key: Path) -> None:
    """Signs an APK with a debug key by the signature schemes 2 and 3.

    A published app needs a key of its publisher.

    Args:
        unsigned: the APK to sign.
        signed: the file to write.
        key: the keystore with the debug key, which is made where it does not exist.

    Raises:
        UserError: keytool or apksigner fails.
    """
    if not key.is_file():
        with write_atomically(key) as temporary:
            _make_key(temporary)
    options = {
        "--ks": key,
        "--ks-pass": f"pass:{_PASSWORD}",
        "--min-sdk-version": str(MIN_SDK),
        "--v1-signing-enabled": "false",
        "--v2-signing-enabled": "true",
        "--v3-signing-enabled": "true",
        "--v4-signing-enabled": "false",
    }
    with write_atomically(signed) as temporary:
        run(["apksigner", "sign", *_flat(options), "--out", temporary, unsigned])


def _make_key(path: Path) -> None:
    options = {
        "-keystore": path,
        "-storepass": _PASSWORD,
        "-keypass": _PASSWORD,
        "-alias": "androiddebugkey",
        "-dname": "CN=Android Debug,O=Android,C=US",
        "-keyalg": "RSA",
        "-keysize": "2048",
        "-validity": "10000",
    }
    run(["keytool", "-genkeypair", *_flat(options)])


def _flat(options: Mapping[str, str | Path]) -> list[str | Path]:
    return [part for option in options.items() for part in option]
