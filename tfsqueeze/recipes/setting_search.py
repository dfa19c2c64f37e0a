"""A search for better settings of a run, on its validation part, with Optuna."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfsqueeze.data.datasets.dataset import Splits
from tfsqueeze.recipes.preparation import Preparation
from tfsqueeze.tasks import Task, score_text
from tfsqueeze.training.encoded_files import digest_of_parts
from tfsqueeze.training.fit import monitor
from tfsqueeze.training.run_folder import claim_folder
from tfsqueeze.training.train_task import Callbacks, train_task
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from optuna import Study
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial, Trial

_VARIED = ("learning_rate", "epochs", "batch_size", "word_dropout")
# Learning rates are tried between the given one over this and times this.
_FACTOR = 3.0
_BATCH_SIZES = (16, 32, 64)
_MOST_WORD_DROPOUT = 0.3
_LOG_FILE = "optuna.log"


@dataclasses.dataclass(frozen=True)
class TrialResult:
    """One trial of a search.

    Attributes:
        number: its number among the finished trials, from 0; its folder is named by it.
        settings: what it tried, by the option's name.
        score: the best validation score of its float stage.
    """

    number: int
    settings: dict[str, Any]
    score: float

    def line(self, monitored: str) -> str:
        """Returns a line for people.

        Args:
            monitored: the name of the score, which begins with `val_`.
        """
        name = monitored.removeprefix("val_")
        settings = ", ".join(
            f"{option} {value:.2g}" if isinstance(value, float) else f"{option} {value}"
            for option, value in self.settings.items()
        )
        return f"trial {self.number}: {name} {score_text(name, self.score)}, {settings}"


def search_best(
    folder: Path,
    prepared: Preparation,
    trials: int,
    callbacks: Callbacks = lambda *_: (),
    *,
    fixed: Collection[str] = (),
    report: Callable[[TrialResult], None] = lambda _: None,
) -> Preparation:
    """Returns what a run needs to begin with the settings that do best on validation.

    Args:
        folder: the folder of the run; the trials are kept in a folder within.
        prepared: what the run would begin with otherwise.
        trials: see `search_settings`, also for the other arguments.
        callbacks: as for `train_task`.
        fixed: names of options that keep their values.
        report: called with each finished trial.

    Raises:
        UserError: as `search_settings`.
    """
    best = search_settings(
        folder / "search",
        prepared.task,
        prepared.splits,
        prepared.options,
        trials,
        callbacks,
        fixed=fixed,
        report=report,
    )
    return prepared.with_settings(best.settings, f"the best of {trials} trials on validation")


def search_settings(
    folder: Path,
    task: Task,
    splits: Splits,
    options: TrainingOptions,
    trials: int,
    callbacks: Callbacks = lambda *_: (),
    *,
    fixed: Collection[str] = (),
    report: Callable[[TrialResult], None] = lambda _: None,
) -> TrialResult:
    """Returns the trial that does best on validation.

    The first trial has the given settings. Others vary learning rate, epochs, batch size and word
    dropout, as Optuna's sampler TPE proposes (Bergstra et al. 2011, NIPS). Each trial trains the
    float stage.

    Args:
        folder: keeps the trials. The same call goes on with a search that was interrupted, and
            with the trial that was.
        task: the task.
        splits: the parts of the data.
        options: the settings of the first trial.
        trials: how many settings are tried.
        callbacks: as for `train_task`.
        fixed: names of options that keep their given values.
        report: called with each finished trial.

    Raises:
        UserError: Optuna is not installed, nothing is left to vary, or the folder holds a search
            with other settings or data; or as `train_task`.
    """
    varied = [name for name in _VARIED if name not in fixed]
    if not varied:
        raise UserError(
            f"a search varies {', '.join(_VARIED)}, and all of them are given; leave one open"
        )
    study = _open_study(folder, task, splits, options, varied)
    while (number := _count_finished(study.trials)) < trials:
        study.sampler = _sampler(options.seed, number)
        trial = study.ask()
        settings = _suggest(trial, options, varied)
        run = train_task(
            folder / f"trial-{number}",
            task,
            splits,
            dataclasses.replace(options, **settings, qat_epochs=0),
            callbacks,
        )
        score = max(row[monitor(task, options.monitor)] for row in run.history["float"])
        study.tell(trial, score)
        report(TrialResult(number, settings, score))
    best = study.best_trial
    assert best.value is not None
    return TrialResult(_count_finished(study.trials[: best.number]), best.params, best.value)


def _open_study(
    folder: Path, task: Task, splits: Any, options: TrainingOptions, varied: Sequence[str]
) -> Study:
    try:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend
    except ModuleNotFoundError:
        raise UserError("a search needs Optuna; install tfsqueeze[search]") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    # The trials of a study are of one task, with one way to vary one choice of settings.
    claim_folder(
        folder,
        {
            "task": task.name,
            "options": options.to_dict(),
            "varied": varied,
            "data_digest": digest_of_parts(splits.train, splits.validation),
        },
    )
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(folder / _LOG_FILE))),
        study_name="settings",
        direction="maximize",
        load_if_exists=True,
    )
    if not study.trials:
        study.enqueue_trial({name: getattr(options, name) for name in varied})
    # A trial that was interrupted is tried again, and goes on in its folder.
    for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        study.enqueue_trial(trial.params)
    return study


def _sampler(seed: int, number: int) -> BaseSampler:
    """Returns what proposes the settings of one trial.

    Each trial has random numbers of its own, so that a search that goes on after an interruption
    proposes what it would have proposed without.
    """
    from optuna.samplers import TPESampler

    (own_seed,) = np.random.SeedSequence([seed, number]).generate_state(1)
    return TPESampler(seed=int(own_seed))


def _count_finished(trials: Sequence[FrozenTrial]) -> int:
    return sum(trial.value is not None for trial in trials)


def _suggest(trial: Trial, options: TrainingOptions, varied: Sequence[str]) -> dict[str, Any]:
    rate, epochs = options.learning_rate, options.epochs
    sizes = sorted({*_BATCH_SIZES, options.batch_size})
    most_word_dropout = max(_MOST_WORD_DROPOUT, options.word_dropout)
    suggestions: dict[str, Callable[[], Any]] = {
        "learning_rate": lambda: trial.suggest_float(
            "learning_rate", rate / _FACTOR, rate * _FACTOR, log=True
        ),
        "epochs": lambda: trial.suggest_int("epochs", max(1, epochs // 2), 2 * epochs),
        "batch_size": lambda: trial.suggest_categorical("batch_size", sizes),
        "word_dropout": lambda: trial.suggest_float("word_dropout", 0.0, most_word_dropout),
    }
    return {name: suggestions[name]() for name in varied}
