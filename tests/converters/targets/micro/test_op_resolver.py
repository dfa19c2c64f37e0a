"""The list of kernels is that of the model."""

from __future__ import annotations

import re

import pytest

from converters.targets.micro.op_resolver import op_resolver_header
from tfsqueeze.utils.errors import UserError


def test_exactly_the_operators_of_the_model_are_added_once():
    header = op_resolver_header(["CONV_2D", "ADD", "CONV_2D", "RSQRT"])
    assert "MicroMutableOpResolver<3>" in header
    assert re.findall(r"resolver\.(\w+)\(", header) == ["AddAdd", "AddConv2D", "AddRsqrt"]


def test_an_operator_without_kernel_is_named():
    with pytest.raises(UserError, match="no int8 kernel for GELU; train with hidden_act relu"):
        op_resolver_header(["ADD", "GELU"])
