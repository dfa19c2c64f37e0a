"""The committed files of the scripts in `android_demo/core` are up to date."""

from __future__ import annotations

import pytest


@pytest.mark.android
def test_the_table_of_characters_is_that_of_the_tokenizers():
    from android_demo.core.character_table import TABLES, table_bytes

    content = table_bytes()
    assert all(table.read_bytes() == content for table in TABLES)


def test_the_sample_models_are_what_is_packed(tmp_path):
    from android_demo.core.sample_models import FOLDER, write_samples

    write_samples(tmp_path)
    samples = {
        path.name for suffix in ("tflite", "safetensors") for path in FOLDER.glob(f"*.{suffix}")
    }
    assert samples == {path.name for path in tmp_path.iterdir()}
    for name in samples:
        assert (FOLDER / name).read_bytes() == (tmp_path / name).read_bytes(), name
