"""The files by which programs tell the emulated processors."""

from __future__ import annotations

import pytest

from converters.arm64.cpus import CPUS, find_cpu
from tfsqueeze.utils.errors import UserError


@pytest.mark.parametrize(
    ("name", "part", "dot_products"),
    [("cortex-a53", "0xd03", False), ("cortex-a76", "0xd0b", True)],
)
def test_files_tell_the_processor(name, part, dot_products) -> None:
    files = find_cpu(name).files()
    fields = dict(line.split("\t: ") for line in files["proc/cpuinfo"].splitlines())
    assert (fields["CPU implementer"], fields["CPU part"]) == ("0x41", part)
    features = fields["Features"].split()
    assert len(set(features)) == len(features)
    assert ("asimddp" in features) == ("asimdhp" in features) == dot_products
    assert files["sys/devices/system/cpu/possible"] == "0"


def test_an_unknown_processor_is_named_with_those_there_are() -> None:
    with pytest.raises(UserError, match="'cortex-m4' is unknown; there are cortex-a53, cortex-a76"):
        find_cpu("cortex-m4")
    assert set(CPUS) == {"cortex-a53", "cortex-a76"}
