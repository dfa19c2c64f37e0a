"""LiteRT.js, which runs a .tflite file in a browser, as the files that a page needs of it."""

from __future__ import annotations

from pathlib import Path

from converters.targets.web.npm_packages import NpmPackage, fetch_npm_package
from tfsqueeze.utils.archives import read_member

CORE = NpmPackage(
    "@litertjs/core",
    "2.5.3",
    "a97660833e9e7e1063c95e12016718881240b14f7438728a2f62785e912d30fd",
)
WASM_UTILS = NpmPackage(
    "@litertjs/wasm-utils",
    "2.5.3",
    "ce2a1f8379c067be49e59752e5a7f40db6be09f6e497f0f11e59f17b515366a7",
)
# The browser loads one of the two runtimes: `compat` where it lacks relaxed SIMD.
_MEMBERS = {
    CORE: {
        "core.js": "dist/index.js",
        **{
            name: f"wasm/{name}"
            for stem in ("litert_wasm_internal", "litert_wasm_compat_internal")
            for name in (f"{stem}.js", f"{stem}.wasm")
        },
    },
    WASM_UTILS: {"wasm-utils.js": "dist/index.js"},
}
_NOTICE = (
    f"This folder has files of LiteRT.js: {CORE.name} {CORE.version} and {WASM_UTILS.name} "
    f"{WASM_UTILS.version}\nof npm, by Google LLC, under the Apache License 2.0\n"
    "(https://www.apache.org/licenses/LICENSE-2.0), without changes but for names.\n"
)


def write_litert_js(folder: Path) -> None:
    """Writes the files of LiteRT.js, which are downloaded the first time.

    Args:
        folder: the folder to make.

    Raises:
        UserError: a package cannot be downloaded, or is damaged.
    """
    archives = {package: fetch_npm_package(package) for package in _MEMBERS}
    folder.mkdir()
    for package, members in _MEMBERS.items():
        for name, member in members.items():
            content = read_member(archives[package], f"package/{member}")
            (folder / name).write_bytes(content)
    (folder / "NOTICE.txt").write_text(_NOTICE, "utf-8", newline="\n")
