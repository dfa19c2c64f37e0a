"""What is measured of each task."""

from __future__ import annotations

import pytest

from converters.experiments.robustness_baselines import BASELINES
from converters.experiments.robustness_tasks import find_robustness_task
from converters.experiments.task_verdicts import TRUTHS
from converters.experiments.truth_confidences import TRUTH_CONFIDENCES
from tfsqueeze.tasks import MASKED_LM, TASKS, TaskName
from tfsqueeze.tasks.regression import Regression
from tfsqueeze.utils.errors import UserError


@pytest.mark.parametrize("name", [task.value for task in TaskName if task.value != MASKED_LM.name])
def test_the_scores_are_those_of_the_task(name):
    measured = find_robustness_task(TASKS[name], reads_pairs=False)
    assert set(measured.scores) <= {score.name for score in TASKS[name].scores}


def test_a_question_with_its_context_is_no_pair():
    nouns = {
        name: find_robustness_task(TASKS[name], reads_pairs=True).kind.noun
        for name in ("text-classification", "regression", "question-answering")
    }
    assert list(nouns.values()) == ["pair", "pair", "question"]


def test_what_can_be_right_can_be_attacked_beside_a_classical_model():
    assert TRUTHS.keys() == TRUTH_CONFIDENCES.keys() == BASELINES.keys() - {"regression"}


def test_tasks_that_are_not_measured_are_refused():
    with pytest.raises(UserError, match="masked-lm is not measured, since noise would change the"):
        find_robustness_task(MASKED_LM, reads_pairs=False)

    class Own(Regression):
        name = "own-task"

    with pytest.raises(UserError, match="own-task is not measured, since it is not known what"):
        find_robustness_task(Own(), reads_pairs=False)
