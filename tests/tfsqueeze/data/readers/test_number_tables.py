"""Tables of texts with a number each."""

from __future__ import annotations

import pytest

from tfsqueeze.data.readers.number_tables import read_number_table
from tfsqueeze.utils.errors import UserError


def test_numbers_are_read_in_every_format(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,score\na,0.143\nb, -2\nc,1e3\n")
    assert read_number_table(path).labels == [0.143, -2.0, 1000.0]
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "other": "b", "label": 5}\n')
    dataset = read_number_table(path, text_pair_column="other")
    assert (dataset.labels, dataset.text_pairs) == ([5.0], ["b"])
    assert dataset.numbers().dtype == "float64"


@pytest.mark.parametrize("label", ["many", "", "nan", "inf", "1,5"])
def test_what_is_no_finite_number_is_refused(label, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f'text,label\na,1\nb,"{label}"\n')
    with pytest.raises(UserError, match=rf'a\.csv:3: the label "{label}" is not a finite number$'):
        read_number_table(path)


@pytest.mark.parametrize("label", ["null", "true", "[1]", "1" * 400])
def test_json_holds_more_that_is_no_finite_number(label, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "a", "label": {label}}}\n')
    with pytest.raises(UserError, match=r"a\.jsonl:1: "):
        read_number_table(path)
