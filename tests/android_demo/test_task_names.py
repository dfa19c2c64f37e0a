"""The tasks of the Kotlin side are those that are exported for it."""

from __future__ import annotations

import pytest

from converters.targets.android.android_target import AndroidTarget

pytestmark = pytest.mark.android


def test_kotlin_has_the_tasks_of_the_target(core):
    (names,) = core.run([], "tasks")
    assert sorted(names) == sorted(AndroidTarget.supported_tasks)
