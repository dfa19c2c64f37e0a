"""The table and the picture of where operators run."""

from __future__ import annotations

import xml.etree.ElementTree

import pytest

from converters.reports.placement_picture import draw_graph, placement_rows

ADD = {
    "index": 0,
    "name": "ADD",
    "shape": (1, 4),
    "placement": "CPU",
    "reason": "x is float32",
    "macs": 1000,
    "inputs": (0,),
    "outputs": (1,),
}


def test_neighbours_alike_share_a_row():
    rows = placement_rows([ADD, {**ADD, "index": 1}, {**ADD, "index": 2, "reason": "y is float32"}])
    assert rows == [
        ("0-1", "ADD", "2", "CPU", "0.002", "x is float32"),
        ("2", "ADD", "1", "CPU", "0.001", "y is float32"),
    ]


@pytest.mark.parametrize("name", [r"v$\1$", "a_$5_to_$6_x^", "\x1b[31m\x00red", "--><svg>"])
def test_names_are_no_formulas(name):
    drawn = draw_graph([{**ADD, "name": name}], f"{name}.tflite on edgetpu")
    xml.etree.ElementTree.fromstring(drawn["svg"])


def test_a_graph_may_have_no_operators():
    assert draw_graph([], "empty.tflite on edgetpu")["png"][:8] == b"\x89PNG\r\n\x1a\n"
    assert placement_rows([]) == []
