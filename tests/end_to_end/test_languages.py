"""One model of several languages, and the scores of each."""

from __future__ import annotations

import pytest

from converters.conversion.runs import convert_run
from converters.inference.predictor import Predictor
from tfsqueeze.data.readers.conll import load_conll_folder
from tfsqueeze.tasks import TOKEN_CLASSIFICATION
from tfsqueeze.training.train_task import train_task


@pytest.fixture(scope="module")
def folder(conll_folder, tmp_path_factory):
    """The same sentences in two "languages", of which the second writes words backwards."""
    folder = tmp_path_factory.mktemp("languages")
    for language, spelled in (("aa", str), ("bb", lambda word: word[::-1])):
        (folder / language).mkdir()
        for part in ("train", "dev"):
            lines = (conll_folder / f"{part}.conll").read_text().split("\n")
            words = [line.split("\t") for line in lines]
            (folder / language / f"{part}.conll").write_text(
                "\n".join(
                    f"{language}:{spelled(word[0])}\t{word[1]}" if len(word) > 1 else ""
                    for word in words
                )
            )
    return folder


@pytest.mark.slow
def test_scores_of_each_language(folder, options, command, tmp_path):
    splits = load_conll_folder(folder)
    run = train_task(tmp_path / "run", TOKEN_CLASSIFICATION, splits, options)
    file = tmp_path / "both.tflite"
    file.write_bytes(convert_run(run))
    metrics = Predictor.open(file).evaluate(splits.validation)
    assert metrics["f1"] > 0.8
    per_language = metrics["per_language"]
    assert list(per_language) == ["aa", "bb"]
    only = splits.validation.take(
        [row for row, language in enumerate(splits.validation.languages) if language == "bb"]
    )
    alone = Predictor.open(file).evaluate(only)
    assert per_language["bb"] == {
        "examples": len(only),
        **{name: alone[name] for name in ("precision", "recall", "f1", "word_accuracy")},
    }
    printed = command("evaluate", file, folder)
    assert all(f"{100 * row['f1']:.2f}" in printed for row in per_language.values())
