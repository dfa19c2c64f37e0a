"""The tasks of the Kotlin side are tasks of the Python side."""

from __future__ import annotations

import pytest

from tfsqueeze.tasks.task_names import TaskName

pytestmark = pytest.mark.android


def test_kotlin_registers_names_of_tasks(core):
    (names,) = core.run([], "tasks")
    assert len(set(names)) == len(names)
    assert set(names) <= {task.value for task in TaskName}
