"""A .tflite file reads texts while Apache Beam prepares them."""

from __future__ import annotations

import numpy as np
import pytest

from converters.inference.predictor import Predictor
from converters.tflite.metadata import pack_metadata
from tests.environments.environment import run_tfsqueeze
from tfsqueeze.data.readers.prepared_folders import read_manifest, read_taught_texts

pytestmark = pytest.mark.beam

# No two share a 5-gram of characters.
TEXTS = ["a good film", "the worst day", "never again", "fine music here", "so so"]
TWO_PROCESSES = "--direct_running_mode=multi_processing --direct_num_workers=2"


def error_of(done):
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("options", ["", TWO_PROCESSES], ids=["one", "two"])
def test_a_teacher_gives_each_text_its_logits(options, int8_model, metadata, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(TEXTS) + "\n")
    teacher = tmp_path / "teacher.tflite"
    teacher.write_bytes(pack_metadata(int8_model, **metadata))
    taught = tmp_path / "taught"
    done = run_tfsqueeze(
        "beam",
        "prepare",
        *map(str, (texts, "-o", taught, "--teacher", teacher, "--noisy-copies", 1)),
        "--pipeline-options",
        options,
    )
    assert done.returncode == 0, done.stderr
    assert read_manifest(taught).counts["rows"] == 2 * len(TEXTS)
    dataset = read_taught_texts(taught)
    rows = list(dataset.texts)
    predictor = Predictor.open(teacher)
    for prediction in predictor.predict(TEXTS):
        row = rows.index(prediction.text)
        assert dataset.labels[row] == prediction.label
        exponentials = np.exp(dataset.teacher_logits[row].astype(np.float64))
        expected = [prediction.probabilities[name] for name in dataset.labels.names]
        np.testing.assert_allclose(exponentials / exponentials.sum(), expected, atol=1e-3)
        # Its noisy copy has the same logits.
        same = (dataset.teacher_logits == dataset.teacher_logits[row]).all(axis=1)
        assert same.sum() >= 2
    # Another teacher is another preparation.
    teacher.write_bytes(pack_metadata(int8_model, **{**metadata, "pairs": True}))
    arguments = ("beam", "prepare", str(texts), "--teacher", str(teacher), "--noisy-copies", "1")
    assert "prepared with another teacher" in error_of(run_tfsqueeze(*arguments, "-o", str(taught)))
    refused = run_tfsqueeze(*arguments, "-o", str(tmp_path / "other"))
    assert "the teacher reads pairs of texts, and" in refused.stderr.splitlines()[-1]
