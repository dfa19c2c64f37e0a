"""An APK from its parts: packed, aligned and signed."""

from __future__ import annotations

import shutil
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from android_demo.toolchain.elf import PAGE
from android_demo.toolchain.maven import fetch
from android_demo.toolchain.resources import MIN_SDK
from android_demo.toolchain.tools import java, run
from tfsqueeze.utils.files import write_atomically

# These are mapped, not read: they must be stored, native libraries at the start of a page.
_ALIGNMENTS = {".so": PAGE, ".tflite": 16, ".arsc": 4}
_ALIGNMENT_FIELD = 0xD935  # of zipalign and apksigner: the multiple, and zeros
_EPOCH = (1981, 1, 1, 1, 1, 2)
_PASSWORD = "android"  # as of every debug key


def dex(class_path: Sequence[Path], folder: Path) -> list[Path]:
    """Compiles classes, jars or folders of them, for Android; returns the .dex files."""
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
    java(
        fetch("dexer"),
        "com.android.tools.r8.D8",
        "--release",
        "--min-api",
        str(MIN_SDK),
        "--lib",
        android,
        "--output",
        folder,
        f"@{arguments}",
    )
    return sorted(folder.glob("*.dex"))


def pack(resources: Path, files: Mapping[str, bytes], path: Path) -> None:
    """Writes the entries of an APK of resources, and further files by name, aligned."""
    with zipfile.ZipFile(resources) as linked:
        entries = {entry.filename: linked.read(entry) for entry in linked.infolist()}
    with (
        write_atomically(path) as temporary,
        temporary.open("wb") as stream,
        zipfile.ZipFile(stream, "w") as archive,
    ):
        for name, content in sorted({**entries, **files}.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            alignment = _ALIGNMENTS.get(Path(name).suffix)
            entry.compress_type = zipfile.ZIP_STORED if alignment else zipfile.ZIP_DEFLATED
            if alignment:
                entry.extra = _padding(stream.tell() + 30 + len(name.encode()), alignment)
            archive.writestr(entry, content)


def _padding(position: int, alignment: int) -> bytes:
    """The extra field that puts content, which would follow at `position`, at a multiple."""
    header = struct.calcsize("<HHH")
    padding = -(position + header) % alignment
    return struct.pack("<HHH", _ALIGNMENT_FIELD, 2 + padding, alignment) + bytes(padding)


def sign(unsigned: Path, signed: Path, key: Path) -> None:
    """Signs with a debug key, made where there is none, by schemes 2 and 3.

    An app that is published needs a key of its publisher.
    """
    if not key.is_file():
        with write_atomically(key) as temporary:
            run(
                [
                    "keytool",
                    "-genkeypair",
                    "-keystore",
                    temporary,
                    "-storepass",
                    _PASSWORD,
                    "-keypass",
                    _PASSWORD,
                    "-alias",
                    "androiddebugkey",
                    "-dname",
                    "CN=Android Debug,O=Android,C=US",
                    "-keyalg",
                    "RSA",
                    "-keysize",
                    "2048",
                    "-validity",
                    "10000",
                ]
            )
    with write_atomically(signed) as temporary:
        run(
            [
                "apksigner",
                "sign",
                "--ks",
                key,
                "--ks-pass",
                f"pass:{_PASSWORD}",
                "--min-sdk-version",
                str(MIN_SDK),
                "--v1-signing-enabled",
                "false",
                "--v2-signing-enabled",
                "true",
                "--v3-signing-enabled",
                "true",
                "--v4-signing-enabled",
                "false",
                "--out",
                temporary,
                unsigned,
            ]
        )
