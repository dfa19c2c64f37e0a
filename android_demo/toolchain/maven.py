"""Downloads pinned artifacts from Maven repositories."""

from __future__ import annotations

import hashlib
import json
import mmap
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tfsqueeze.utils.archives import cache_dir
from tfsqueeze.utils.errors import UserError

_LOCK = Path(__file__).with_name("artifacts.json")
_RESOLVE = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:resolve"


@dataclass(frozen=True)
class Artifact:
    """One file of a Maven repository, pinned by its sha256.

    Attributes:
        coordinate: `group:artifact:version`, with `@aar` at the end for a file that is not a jar.
        sha256: the digest of the file, in hexadecimal.

    Example:
        >>> Artifact("org.example:thing:1.2@aar", "0" * 64).parts
        ('org.example', 'thing', '1.2', 'aar')
    """

    coordinate: str
    sha256: str

    @property
    def parts(self) -> tuple[str, str, str, str]:
        """The group, artifact, version and type."""
        coordinate, _, kind = self.coordinate.partition("@")
        group, name, version = coordinate.split(":")
        return group, name, version, kind or "jar"

    @property
    def path(self) -> Path:
        """The file's path in the cache, whether it exists or not."""
        group, name, version, kind = self.parts
        return _repository() / group.replace(".", "/") / name / version / f"{name}-{version}.{kind}"


def fetch(*groups: str) -> list[Path]:
    """Returns the files of artifacts, downloading those that are not in the cache.

    Maven downloads them, so the repositories, mirrors and credentials of its settings apply. The
    cache is in `tfsqueeze.utils.archives.cache_dir`.

    Args:
        groups: names of groups in `artifacts.json`.

    Raises:
        UserError: Maven is missing or fails, or a file has another sha256.
    """
    lock = json.loads(_LOCK.read_text("utf-8"))
    artifacts = [Artifact(*item) for group in groups for item in lock[group].items()]
    missing = [artifact for artifact in artifacts if not artifact.path.is_file()]
    if missing:
        _resolve(missing)
    with ThreadPoolExecutor() as pool:
        for artifact, digest in zip(artifacts, pool.map(_sha256, artifacts), strict=True):
            if digest != artifact.sha256:
                raise UserError(
                    f"{artifact.path} is not the {artifact.coordinate} that "
                    f"{_LOCK.name} pins (its sha256 is {digest}); delete it to download "
                    "it again"
                )
    return [artifact.path for artifact in artifacts]


def _repository() -> Path:
    return cache_dir() / "maven"


def _sha256(artifact: Artifact) -> str:
    with (
        artifact.path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return hashlib.sha256(content).hexdigest()


def _resolve(artifacts: Iterable[Artifact]) -> None:
    if not shutil.which("mvn"):
        raise UserError(
            "mvn is not installed; the Android tool chain is fetched by Maven "
            "(`make android` installs it on Debian)"
        )
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-maven-") as folder:
        pom = Path(folder) / "pom.xml"
        pom.write_bytes(_pom(artifacts))
        result = subprocess.run(
            [
                "mvn",
                "--batch-mode",
                "--quiet",
                "--file",
                str(pom),
                f"-Dmaven.repo.local={_repository()}",
                _RESOLVE,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode:
        reasons = [line for line in result.stdout.splitlines() if "ERROR" in line] or ["no reason"]
        raise UserError(
            f"Maven could not fetch the Android tool chain ({reasons[0]}); check the "
            "network and Maven's settings (groups androidx.test and com.android.tools "
            "are Google's)"
        )


def _pom(artifacts: Iterable[Artifact]) -> bytes:
    """Returns a Maven project that depends on the artifacts, but not on their dependencies."""
    project = ElementTree.Element("project")
    for tag, text in (
        ("modelVersion", "4.0.0"),
        ("groupId", "tfsqueeze"),
        ("artifactId", "toolchain"),
        ("version", "1"),
    ):
        ElementTree.SubElement(project, tag).text = text
    dependencies = ElementTree.SubElement(project, "dependencies")
    for artifact in artifacts:
        dependency = ElementTree.SubElement(dependencies, "dependency")
        for tag, text in zip(
            ("groupId", "artifactId", "version", "type"), artifact.parts, strict=True
        ):
            ElementTree.SubElement(dependency, tag).text = text
        exclusions = ElementTree.SubElement(dependency, "exclusions")
        exclusion = ElementTree.SubElement(exclusions, "exclusion")
        for tag in ("groupId", "artifactId"):
            ElementTree.SubElement(exclusion, tag).text = "*"
    return ElementTree.tostring(project)
