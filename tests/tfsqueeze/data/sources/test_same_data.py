"""Whether data are those of training, however their path is written."""

from __future__ import annotations

import pytest

from tfsqueeze.data.sources.same_data import is_same_data


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "other" / "data").mkdir(parents=True)
    for name in ("data/mail.csv", "data/spam.csv", "other/data/mail.csv"):
        (tmp_path / name).write_text("text,label\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_path_may_be_written_in_another_way(folder):
    (folder / "link.csv").symlink_to(folder / "data" / "mail.csv")
    trained_on = "data/mail.csv"
    for same in (trained_on, "./data/mail.csv", "data/../data/mail.csv", "link.csv"):
        assert is_same_data(same, trained_on) and is_same_data(trained_on, same), same
    absolute = str(folder / trained_on)
    assert is_same_data(absolute, trained_on) and is_same_data(trained_on, absolute)
    for other in ("data/spam.csv", "other/data/mail.csv", "data", "data/no.csv"):
        assert not is_same_data(other, trained_on), other
    assert is_same_data("./data", "data/") and is_same_data("./data/m*.csv", "data/m*.csv")


def test_data_of_a_training_in_another_folder(folder, monkeypatch):
    absolute = str(folder / "data" / "mail.csv")
    (folder / "far" / "away").mkdir(parents=True)
    monkeypatch.chdir(folder / "far" / "away")
    for trained_on in ("data/mail.csv", "../data/mail.csv"):
        assert is_same_data("../../data/mail.csv", trained_on)
        assert is_same_data(absolute, trained_on)
        assert not is_same_data("../../data/spam.csv", trained_on)
    monkeypatch.chdir(folder / "other" / "data")
    # Another file has this name here.
    assert not is_same_data(absolute, "mail.csv")
    monkeypatch.chdir(folder)
    assert is_same_data(absolute, "mail.csv")
    assert not is_same_data(absolute, "/elsewhere/data/mail.csv")


def test_what_is_no_path(folder):
    (folder / "reuters-r8").mkdir()
    assert is_same_data("reuters-r8", "reuters-r8")
    assert not is_same_data("./reuters-r8", "reuters-r8")
    assert not is_same_data(None, None) and not is_same_data("data", None)
    assert not is_same_data("data", "x" * 5000) and not is_same_data("data", "a\0b")
