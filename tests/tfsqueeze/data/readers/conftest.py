"""What the tests of readers share."""

from __future__ import annotations

import pytest

from tfsqueeze.data.readers import large_files


@pytest.fixture
def streamed(monkeypatch):
    """Makes every file a large one while it is called."""

    def call(function, *arguments, **options):
        with monkeypatch.context() as patch:
            patch.setattr(large_files, "LARGE_BYTES", -1)
            return function(*arguments, **options)

    return call
