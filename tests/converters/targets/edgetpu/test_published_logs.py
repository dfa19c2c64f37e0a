"""The rules beside what `edgetpu_compiler` printed in public issues.

published_logs.tsv has a line for each operator and status of a log: the issue or pull request on
GitHub, the version of the compiler, the operator and the status. The version in issue 342 is that
of its day. It leaves out sizes from which the compiler leaves an operator to the CPU, which no
document gives: MEAN of 256 x 128 x 3 (google-coral/edgetpu#461), RESIZE_BILINEAR to 512 x 512
(google-coral/edgetpu#31).
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from converters.targets.edgetpu.rules import (
    DYNAMIC,
    LATER_SUBGRAPH,
    LIMITED,
    MAPPED,
    NOT_SUPPORTED,
    RULES,
    WRONG_DTYPE,
    WRONG_RANK,
)

# The runtime for which a version compiles ("Compiler and runtime versions" in
# coral.ai/docs/edgetpu/compiler).
RUNTIMES = {"2.1": 13, "14.1": 13, "15.0": 13, "16.0": 14}

with Path(__file__).with_name("published_logs.tsv").open(encoding="utf-8") as lines:
    LOGS = list(csv.DictReader(lines, delimiter="\t"))


@pytest.mark.parametrize("row", LOGS, ids=lambda row: "-".join(row.values())[:70])
def test_the_rules_have_what_the_compiler_has(row):
    rule = RULES.get(row["operator"])
    is_known = rule is not None and rule.runtime <= RUNTIMES[row["compiler"]]
    assert row["status"] in {
        MAPPED,
        NOT_SUPPORTED,
        WRONG_DTYPE,
        WRONG_RANK,
        DYNAMIC,
        LIMITED,
        LATER_SUBGRAPH,
    }
    assert is_known == (row["status"] != NOT_SUPPORTED)
