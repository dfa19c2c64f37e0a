"""Fixtures that every test folder shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def goldens_dir() -> Path:
    """The reference outputs that this repository carries."""
    return REPOSITORY / "tests" / "goldens"


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real datasets beside the checkout; skips the test where it is absent."""
    folder = Path(os.environ.get("TFSQUEEZE_SHARED", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no shared datasets at {folder} (set TFSQUEEZE_SHARED)")
    return folder
