"""Texts that a checkpoint is calibrated on."""

from __future__ import annotations

from tfsqueeze.data.sources.calibration_texts import calibration_texts


def test_pairs_may_hold_what_python_takes_for_ends_of_lines(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_bytes("a\u2028b\tc\x0cd\n\te\nf\t\n".encode())
    found = calibration_texts([path], most=8)
    assert sorted(zip(found.texts, found.text_pairs, strict=True)) == [
        ("", "e"),
        ("a\u2028b", "c\x0cd"),
        ("f", ""),
    ]
