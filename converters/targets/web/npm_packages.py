"""Packages of the npm registry, pinned by their sha256."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tfsqueeze.utils.archives import cache_dir, file_sha256
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically


@dataclass(frozen=True)
class NpmPackage:
    """One version of a package of the npm registry.

    Attributes:
        name: the name of the package, with its scope.
        version: its version.
        sha256: the SHA-256 digest of its .tgz file, in hexadecimal.
    """

    name: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name that npm gives the file.

        Example:
            >>> NpmPackage("@litertjs/core", "2.5.3", "").file_name
            'litertjs-core-2.5.3.tgz'
        """
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


def fetch_npm_package(package: NpmPackage) -> Path:
    """Returns the path of a package in the cache, and downloads it first if it is not there.

    npm downloads it, so the user's registry, proxy, certificates and credentials apply. Nothing is
    installed, and no script of the package runs.

    Args:
        package: the package.

    Raises:
        UserError: npm is not installed, the download failed, or it has another sha256.
    """
    path = cache_dir() / "archives" / package.file_name
    if path.is_file() and file_sha256(path) == package.sha256:
        return path
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-") as folder:
        downloaded = _npm_pack(package, Path(folder))
        digest = file_sha256(downloaded)
        if digest != package.sha256:
            raise UserError(
                f"{package.name} {package.version} of npm's registry has the sha256 {digest}, not "
                f"{package.sha256}; check npm's registry and proxy"
            )
        with write_atomically(path) as temporary:
            shutil.copyfile(downloaded, temporary)
    return path


def _npm_pack(package: NpmPackage, folder: Path) -> Path:
    what = f"{package.name} {package.version}"
    npm = shutil.which("npm")
    if npm is None:
        raise UserError(f"npm is not installed, and fetches {what}; install Node.js with npm")
    command = [npm, "pack", "--silent", "--ignore-scripts", f"{package.name}@{package.version}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    path = folder / package.file_name
    if result.returncode or not path.is_file():
        lines = [line for line in result.stderr.splitlines() if line.strip()] or ["no reason"]
        raise UserError(
            f"could not download {what} with npm ({lines[0]}); check the network and npm's settings"
        )
    return path
