"""Tiny models, made once per test session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.conftest import pairs_folder  # noqa: F401 (a fixture)


@pytest.fixture(scope="session")
def dense_models(tmp_path_factory) -> dict[str, Path]:
    """Single dense layers as float32 .tflite files: `small` has 256 weights, `large` 4 M."""
    from benchmarks.builders import build_operator

    folder = tmp_path_factory.mktemp("dense")
    paths = {}
    for name, size in (("small", 16), ("large", 2048)):
        paths[name] = folder / f"{name}.tflite"
        paths[name].write_bytes(build_operator("dense", (8, size, size), "float32"))
    return paths
