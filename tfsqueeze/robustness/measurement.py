"""Scores of models on the same noisy examples and under the same attacks."""

from __future__ import annotations

import dataclasses
import functools
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.attacks import ATTACKS, attack_candidates
from tfsqueeze.robustness.changeable_words import ChangeableWords
from tfsqueeze.robustness.changed_columns import ChangedTexts, changed_columns, shown_texts
from tfsqueeze.robustness.greedy_search import (
    Predict,
    Verdict,
    attack_examples,
    judge_by_probabilities,
    numbered_texts,
    summarize_attack,
)
from tfsqueeze.robustness.noises import NOISES, noise_functions
from tfsqueeze.robustness.noisy_datasets import check_noises, noisy_dataset
from tfsqueeze.robustness.selection import check_names
from tfsqueeze.utils.errors import UserError

# (what is counted, number done, number in total) -> None
Progress = Callable[[str, int, int], None]


class RobustnessModel(Protocol):
    """A model whose robustness is measured."""

    def score(self, dataset: Any) -> Mapping[str, float]:
        """Returns how good the predictions on a labelled dataset are, the main score first."""
        ...

    def judge(self, dataset: Any) -> Sequence[Verdict]:
        """Returns the verdict on each example of a labelled dataset."""
        ...


@dataclasses.dataclass(frozen=True)
class ExampleKind:
    """What a report calls the examples, and when the prediction of one is right.

    Args:
        noun: one example.
        right: the title of the share of examples that are predicted rightly.
        definition: when an example is predicted rightly, after "if"; empty where the title says it.
    """

    noun: str = "text"
    right: str = "Accuracy"
    definition: str = ""


@dataclasses.dataclass(frozen=True)
class RobustnessOptions:
    """Settings of a measurement of robustness.

    Args:
        noises: names in `NOISES`.
        levels: the levels of each noise, above 0 and at most 1.
        attacks: names in `ATTACKS`.
        max_changed: the share of a text's words that an attack may change, above 0 and at most 1.
        changed_texts: the texts of each pair that noises and attacks change.
        seed: fixes the noises and the attacks.

    Raises:
        UserError: a name is unknown, a value is out of range, or there is nothing to measure.

    Example:
        >>> RobustnessOptions(noises=("swap",), levels=(0.1,), attacks=()).max_changed
        0.3
    """

    noises: tuple[str, ...] = tuple(NOISES)
    levels: tuple[float, ...] = (0.05, 0.1, 0.2)
    attacks: tuple[str, ...] = tuple(ATTACKS)
    max_changed: float = 0.3
    changed_texts: ChangedTexts = "both"
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks names and ranges."""
        check_names("noise", NOISES, self.noises)
        check_names("attack", ATTACKS, self.attacks)
        if not self.noises and not self.attacks:
            raise UserError("there is neither a noise nor an attack to measure; name one")
        if self.noises and not self.levels:
            raise UserError("noises need at least one level above 0, such as 0.1")
        for level in self.levels:
            if not 0 < level <= 1:
                raise UserError(f"a noise level must be above 0 and at most 1, not {level:g}")
        if not 0 < self.max_changed <= 1:
            raise UserError(
                "the share of words that an attack may change must be above 0 and at "
                f"most 1, not {self.max_changed:g}"
            )
        if self.seed < 0:
            raise UserError(f"seed must not be negative, as {self.seed} is")


def measure_robustness(
    predictors: Mapping[str, Predict],
    texts: Sequence[str],
    label_ids: Sequence[int],
    label_names: Sequence[str],
    options: RobustnessOptions,
    words: NeighbourWords | None = None,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """Measures the accuracy of classifiers on noisy texts and under attack; see `measure_models`.

    Args:
        predictors: by name, a function from texts to probabilities, float [texts, labels].
        texts: the texts to measure on.
        label_ids: the ids of the true labels, int [texts]; `UNKNOWN_ID` for labels that the
            classifiers lack, whose predictions are all wrong.
        label_names: the label of each column of the probabilities.
        options: as for `measure_models`.
        words: as for `measure_models`.
        progress: as for `measure_models`.

    Returns:
        What `measure_models` returns, with the `accuracy` as the one score, and `labels`, the
        label names.

    Raises:
        UserError: there are no texts.

    Example:
        >>> def predict(texts):
        ...     return np.array([[1.0, 0.0] if "good" in text else [0.0, 1.0] for text in texts])
        >>> options = RobustnessOptions(noises=("uppercase",), levels=(1.0,), attacks=())
        >>> report = measure_robustness({"toy": predict}, ["good"], [0], ["pos", "neg"], options)
        >>> report["clean"], report["noises"][0]["levels"][0]["accuracy"]
        ({'toy': 1.0}, {'toy': 0.0})
    """
    results = measure_models(
        {name: _Classifier(predict, label_names) for name, predict in predictors.items()},
        numbered_texts(texts, label_ids),
        [None if label == UNKNOWN_ID else label_names[label] for label in label_ids],
        options,
        words=words,
        progress=progress,
    )
    return {"labels": list(label_names), **results}


class _Classifier:
    """A function from texts to probabilities as a model of numbered texts."""

    def __init__(self, predict: Predict, label_names: Sequence[str]) -> None:
        self._predict, self._label_names = predict, label_names

    def score(self, dataset: Any) -> dict[str, float]:
        verdicts = judge_by_probabilities(self._predict, dataset)
        return {"accuracy": float(np.mean([verdict.right for verdict in verdicts]))}

    def judge(self, dataset: Any) -> list[Verdict]:
        return [
            dataclasses.replace(verdict, predicted=self._label_names[verdict.predicted])
            for verdict in judge_by_probabilities(self._predict, dataset)
        ]


def measure_models(
    models: Mapping[str, RobustnessModel],
    dataset: Any,
    truths: Sequence[Any],
    options: RobustnessOptions,
    *,
    kind: ExampleKind = ExampleKind(),
    words: NeighbourWords | None = None,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """Measures the scores of models on noisy examples and under attack.

    All models get the same noisy examples, and each one is attacked on the same examples.

    Args:
        models: the models by name.
        dataset: the labelled examples.
        truths: what the report calls the truth of each example, JSON-able.
        options: the noises, the attacks and their settings.
        kind: what the report calls the examples.
        words: the neighbours of words, for `synonyms` and `textfooler`; without them these two are
            left out.
        progress: is called with what is counted, the number done and the number in total.

    Returns:
        A JSON-able dictionary with

        * `models`, `examples`, `kind` and `options`: the input;
        * `left_out`: the names of noises and attacks that lack `words`;
        * `scores`: each score by model on the original examples, the main score first;
        * `clean`: the main score among them;
        * `noises`: for each noise a row of `noise`, `description`, `example` (the first example
          that the highest level changes, as `text` and `noisy`, or None) and `levels`: for each
          level a row of `level`, `changed` (the share of examples that change) and each score by
          model;
        * `attacks`: for each attack and model a row of `attack`, `description`, `model`, the keys
          of `summarize_attack`, `scores` under attack, and `results`: the `AttackedText` of each
          example as a dictionary.

    Raises:
        UserError: there are no examples, a noise does not fit them, or they are no pairs of which
            one text could change.
    """
    if not len(dataset):
        raise UserError(f"there are no {kind.noun}s to measure on")
    check_noises(dataset, options.noises)
    columns = changed_columns(dataset, options.changed_texts)
    left_out = [
        name
        for names, known in ((options.noises, NOISES), (options.attacks, ATTACKS))
        for name in names
        if known[name].needs_words and words is None
    ]
    measurement = _Measurement(models, dataset, truths, options, columns, progress)
    scores = measurement.scores(dataset)
    return {
        "models": list(models),
        "examples": len(dataset),
        "kind": dataclasses.asdict(kind),
        "options": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(options).items()
        },
        "left_out": left_out,
        "scores": scores,
        "clean": next(iter(scores.values())),
        "noises": measurement.noises(
            [name for name in options.noises if name not in left_out], words
        ),
        "attacks": measurement.attacks(
            [name for name in options.attacks if name not in left_out], words
        ),
    }


@dataclasses.dataclass(frozen=True)
class _Measurement:
    """The input of `measure_models`, and the columns that change."""

    models: Mapping[str, RobustnessModel]
    dataset: Any
    truths: Sequence[Any]
    options: RobustnessOptions
    columns: tuple[str, ...]
    progress: Progress

    def scores(self, dataset: Any) -> dict[str, dict[str, float]]:
        """Returns each score by model."""
        by_model = {name: model.score(dataset) for name, model in self.models.items()}
        names = next(iter(by_model.values()))
        return {name: {model: row[name] for model, row in by_model.items()} for name in names}

    def noises(self, names: Sequence[str], words: NeighbourWords | None) -> list[dict[str, Any]]:
        """Returns a row for each noise."""
        levels, rows, done = self.options.levels, [], 0
        originals = shown_texts(self.dataset, self.columns)
        for name, function in noise_functions(names, words).items():
            # Each noise has a seed of its own, the same for all levels; see `edit_matches`.
            seed = self.options.seed + zlib.crc32(name.encode())
            measured, shown = [], {}
            for level in levels:
                noisy = noisy_dataset(self.dataset, self.columns, name, function, level, seed)
                shown[level] = shown_texts(noisy, self.columns)
                changed = np.mean([a != b for a, b in zip(originals, shown[level], strict=True)])
                measured.append({"level": level, "changed": float(changed), **self.scores(noisy)})
                done += 1
                self.progress("noises at all levels", done, len(names) * len(levels))
            example = next(
                (
                    {"text": text, "noisy": changed}
                    for text, changed in zip(originals, shown[max(levels)], strict=True)
                    if changed != text
                ),
                None,
            )
            rows.append(
                {
                    "noise": name,
                    "description": NOISES[name].description,
                    "example": example,
                    "levels": measured,
                }
            )
        return rows

    def attacks(self, names: Sequence[str], words: NeighbourWords | None) -> list[dict[str, Any]]:
        """Returns a row for each attack and model."""
        rows = []
        for attack, candidates in attack_candidates(names, words).items():
            # The tags of a span may not be those of the words that replace its own.
            keep_spans = ATTACKS[attack].needs_words
            changeable = ChangeableWords(self.dataset, self.columns, keep_spans)
            for name, model in self.models.items():
                attacked, adversarial = attack_examples(
                    model.judge,
                    changeable,
                    self.truths,
                    candidates,
                    max_changed=self.options.max_changed,
                    seed=self.options.seed,
                    progress=functools.partial(self.progress, f"{attack} on {name}"),
                )
                rows.append(
                    {
                        "attack": attack,
                        "description": ATTACKS[attack].description,
                        "model": name,
                        **summarize_attack(attacked),
                        "scores": dict(model.score(adversarial)),
                        "results": [dataclasses.asdict(result) for result in attacked],
                    }
                )
        return rows
