"""Checks the content of a signed APK."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

from android_demo.toolchain.build import ABIS, LIBRARY
from android_demo.toolchain.elf import PAGE, page_size
from android_demo.toolchain.tools import run
from tfsqueeze.utils.errors import UserError


def verify_apk(path: Path) -> dict[str, Any]:
    """Checks an APK as far as that is possible without a phone.

    Returns:
        JSON-able facts: `bytes`, `sdk` (minimum and target), `schemes` of the signature, `models`
        and `libraries` with their bytes, and for each library the `page_size` that its segments
        are laid out for.

    Raises:
        UserError: a signature or an alignment is wrong, or the APK asks for a permission, has no
            model, or lacks a native library.
    """
    signature = run(["apksigner", "verify", "--verbose", path])
    schemes = re.findall(r"using (v[234]) scheme.*: true", signature)
    if not {"v2", "v3"} <= set(schemes):
        raise UserError(f"{path} is signed by {schemes or 'nothing'}; v2 and v3 are wanted")
    _require_alignment(path)
    # By expressions, since aapt2 prints plain text and Debian has no apkanalyzer, which prints XML.
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
            _require_stored(path, entries[name])
            content = archive.read(name)
            libraries[abi] = {"bytes": len(content), "page_size": page_size(content)}
        for name, entry in entries.items():
            # The app maps all its assets.
            if name.startswith("assets/"):
                _require_stored(path, entry)
    # Phones have Arm's processors, some of which map pages of 16 KB.
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


def _require_alignment(path: Path) -> None:
    """Checks that each file that is stored uncompressed starts at a multiple of a page."""
    try:
        run(["zipalign", "-c", "-v", str(PAGE), path])
    except UserError as error:
        bad = re.findall(r"^ *\d+ (\S+) \(BAD.*$", str(error), re.MULTILINE)
        raise UserError(
            f"{path} has {', '.join(bad)} at an offset that starts no page of {PAGE:,} bytes"
        ) from error


def _require_stored(path: Path, entry: zipfile.ZipInfo) -> None:
    if entry.compress_type != zipfile.ZIP_STORED:
        raise UserError(f"{path} has {entry.filename} compressed, which cannot be mapped")
