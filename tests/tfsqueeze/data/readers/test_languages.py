"""Tables say the language of each text by a column or by the folder that they are in."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tfsqueeze.data.datasets.language_identification import (
    identify_languages,
    main_languages,
    with_languages,
)
from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.data.readers.multi_label_tables import read_multi_label_table
from tfsqueeze.data.readers.number_tables import read_number_table
from tfsqueeze.data.readers.pair_columns import find_text_pair_column
from tfsqueeze.data.readers.sentence_pairs import load_sentence_pairs
from tfsqueeze.data.readers.tables import TextTable, read_table
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.training.train_task import train_task
from tfsqueeze.utils.errors import UserError


@pytest.mark.parametrize("name", ["lang", "Language"])
def test_a_column_of_languages(name, tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(f"text,label,{name}\nhello,1,en\nhallo,2,de\n", "utf-8")
    for read in (read_table, read_number_table, read_multi_label_table):
        assert list(read(path).languages) == ["en", "de"]
    assert TextTable(path).other_columns() is None
    path.write_text(f"text,{name}\nhello,en\nhallo,de\n", "utf-8")
    # The only other column holds the labels.
    assert read_table(path).languages is None and read_table(path).labels == ["en", "de"]
    path.write_text(f"text,label,{name}\nhello,1,en\nhallo,2,\n", "utf-8")
    with pytest.raises(UserError, match=r"train\.csv:3: .* is empty; name the language"):
        read_table(path)


def test_a_column_of_languages_may_hold_the_labels(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("text,topic,lang\nhello,1,en\nhallo,2,de\n", "utf-8")
    found = read_table(path, label_column="lang")
    assert found.labels == ["en", "de"] and found.languages is None


def write_folders(folder, name="train"):
    for language, words in (("de", "rot blau"), ("en", "red blue")):
        (folder / language).mkdir(parents=True, exist_ok=True)
        first, second = words.split()
        count = 8 if language == "de" else 32
        lines = [f"{first} {n}\twarm\n{second} {n}\tcold\n" for n in range(count)]
        (folder / language / f"{name}.tsv").write_text("text\tlabel\n" + "".join(lines), "utf-8")


def test_folders_of_languages(tmp_path):
    write_folders(tmp_path)
    splits = load_dataset(tmp_path)
    assert set(splits.train.languages) == set(splits.validation.languages) == {"de", "en"}
    assert splits.label_names == ["cold", "warm"] and splits.test is None
    for text, language in zip(splits.train.texts, splits.train.languages, strict=True):
        assert (text.split()[0] in ("rot", "blau")) == (language == "de")
    # A folder that is no language is not read.
    (tmp_path / "backup_2").mkdir()
    (tmp_path / "en" / "train.tsv").rename(tmp_path / "backup_2" / "train.tsv")
    with pytest.raises(UserError, match="has no train.tsv"):
        load_dataset(tmp_path)


def test_folders_of_pairs(tmp_path):
    for language in ("de", "en"):
        (tmp_path / language).mkdir()
        rows = "".join(f"{language} {n}\tb {n}\t{n / 2}\n" for n in range(1, 20))
        (tmp_path / language / "train.tsv").write_text(f"text\tother\tlabel\n{rows}", "utf-8")
    assert find_text_pair_column(str(tmp_path)) == "other"
    splits = load_sentence_pairs(tmp_path, text_pair_column="other")
    assert [text[:2] for text in splits.train.texts] == list(splits.train.languages)


def test_rare_languages_are_trained_on_more_often(tmp_path, one_layer_options):
    write_folders(tmp_path / "data")
    splits = load_dataset(tmp_path / "data")
    counts = np.unique(splits.train.languages, return_counts=True)[1]
    assert round((counts.max() / counts.min()) ** 0.5) == 2
    options = dataclasses.replace(one_layer_options, epochs=1, qat_epochs=0, batch_size=1)
    steps = []

    def note(name, epochs, count):
        steps.append(count)
        return ()

    train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options, note)
    assert steps[0] == counts.max() + 2 * counts.min()


def test_languages_are_identified():
    texts = [*["wo ist hier der nächste bahnhof"] * 3, *["where is the nearest station"] * 3]
    assert identify_languages(texts) == ["de"] * 3 + ["en"] * 3
    # One text in 200 is rather a mistake.
    assert identify_languages([texts[0], *texts[-1:] * 199])[0] == "other"
    sentences = TokenDataset("a", [text.split() for text in texts])
    assert with_languages(sentences).languages == ["de"] * 3 + ["en"] * 3
    named = TextDataset("a", texts, languages=["xx"] * 6)
    assert with_languages(named) is named
    with pytest.raises(UserError, match="whose languages are not told apart"):
        with_languages(QuestionDataset("q", ["a"], ["b"], [[]], ["1"], [0]))
    assert main_languages(["de", "en", "de", "de"]) == "de (75 %), en (25 %)"
