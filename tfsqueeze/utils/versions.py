"""The installed versions of the packages that results depend on."""

from __future__ import annotations

from importlib import metadata

_PACKAGES = (
    "tensorflow",
    "tf_keras",
    "tensorflow-text",
    "tensorflow-model-optimization",
    "tflite-runtime",
    "ai-edge-litert",
    "numpy",
)


def installed_versions() -> dict[str, str]:
    """Returns the version of each package that results depend on and that is installed.

    Example:
        >>> "numpy" in installed_versions()
        True
    """
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
