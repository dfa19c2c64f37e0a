"""What a signed APK holds, checked."""

from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path
from typing import Any

from android_demo.toolchain.build import ABIS, LIBRARY
from android_demo.toolchain.elf import PAGE, page_size
from android_demo.toolchain.tools import run
from tfsqueeze.utils.errors import UserError


def verify_apk(path: Path) -> dict[str, Any]:
    """Checks an APK as far as that goes without a phone.

    Returns JSON-able facts: `bytes`, `sdk` (least and target), `schemes` of its signature,
    `models` and `libraries` with their bytes, and of libraries the `page_size` that their
    segments are laid out for.

    Raises UserError where a signature or alignment is wrong, it asks for a permission, has no
    model, or lacks a native library.
    """
    signature = run(["apksigner", "verify", "--verbose", path])
    schemes = re.findall(r"using (v[234]) scheme.*: true", signature)
    if not {"v2", "v3"} <= set(schemes):
        raise UserError(f"{path} is signed by {schemes or 'nothing'}; v2 and v3 are wanted")
    # apkanalyzer's word for it: native libraries on pages of 4 KB, all else at 4 bytes.
    run(["zipalign", "-c", "-p", "4", path])
    badging = run(["aapt2", "dump", "badging", path])
    permissions = re.findall(r"^uses-permission.*$", badging, re.MULTILINE)
    if permissions:
        raise UserError(f"{path} asks for {', '.join(permissions)}; the app needs no permission")
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        models = {
            name.removeprefix("assets/"): entry.file_size
            for name, entry in entries.items()
            if re.fullmatch(r"assets/[^/]+\.tflite", name)
        }
        if not models:
            raise UserError(f"{path} has no model among its assets")
        libraries = {}
        for abi in ABIS:
            name = f"lib/{abi}/{LIBRARY}"
            if name not in entries:
                raise UserError(f"{path} lacks {name}")
            _require_page(path, entries[name])
            content = archive.read(name)
            libraries[abi] = {"bytes": len(content), "page_size": page_size(content)}
        for name in models:
            _require_stored(path, entries[f"assets/{name}"])
    # Phones have Arm's processors, of which some map pages of 16 KB.
    if libraries["arm64-v8a"]["page_size"] < PAGE:
        raise UserError(f"{path} has a library for arm64-v8a that pages of 16 KB cannot hold")
    return {
        "bytes": path.stat().st_size,
        "sdk": [
            int(re.search(rf"{key}:'(\d+)'", badging)[1])
            for key in ("sdkVersion", "targetSdkVersion")
        ],
        "schemes": schemes,
        "permissions": permissions,
        "models": models,
        "libraries": libraries,
    }


def _require_stored(path: Path, entry: zipfile.ZipInfo) -> None:
    if entry.compress_type != zipfile.ZIP_STORED:
        raise UserError(f"{path} has {entry.filename} compressed, which cannot be mapped")


def _require_page(path: Path, entry: zipfile.ZipInfo) -> None:
    _require_stored(path, entry)
    with path.open("rb") as file:
        file.seek(entry.header_offset + 26)
        name, extra = struct.unpack("<HH", file.read(4))
    position = entry.header_offset + 30 + name + extra
    if position % PAGE:
        raise UserError(
            f"{path} has {entry.filename} at {position:#x}, which starts no page of {PAGE:,} bytes"
        )
