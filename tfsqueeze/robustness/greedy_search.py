"""Black-box attacks: a greedy search for the few words that change a prediction."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.robustness.changeable_words import ChangeableWords
from tfsqueeze.robustness.changed_columns import shown_texts

# Texts -> probabilities, float [texts, labels].
Predict = Callable[[Sequence[str]], np.ndarray]
# (word, generator) -> replacements of the word, the most similar first.
Candidates = Callable[[str, np.random.Generator], Sequence[str]]

# The number of examples that are attacked side by side, so that their queries form large batches.
_PARALLEL_SEARCHES = 256


@dataclass(frozen=True)
class Verdict:
    """What a model makes of an example whose truth is known.

    Args:
        right: whether it predicts the truth.
        confidence: how sure it is of the truth, in 0..1, such as the true label's probability.
        predicted: what it predicts.
    """

    right: bool
    confidence: float
    predicted: Any


# A labelled dataset -> a verdict on each example.
Judge = Callable[[Any], Sequence[Verdict]]


@dataclass(frozen=True)
class AttackedText:
    """The result of an attack on one example.

    Args:
        text: the original text.
        label: the truth, such as the true label.
        predicted: what the model predicts for `adversarial`.
        attacked: whether the model was right about `text`; other examples are not attacked.
        success: whether the attack changed a right prediction to a wrong one.
        adversarial: the changed text.
        words: the number of words of the text.
        changed: the number of words that were changed.
        queries: the number of examples that the model predicted for the attack.
    """

    text: str
    label: Any
    predicted: Any
    attacked: bool
    success: bool
    adversarial: str
    words: int
    changed: int
    queries: int


def greedy_search(
    predict: Predict,
    texts: Sequence[str],
    label_ids: Sequence[int],
    candidates: Candidates,
    *,
    max_changed: float = 0.3,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> list[AttackedText]:
    """Attacks each text that a classifier predicts correctly; see `attack_examples`.

    Args:
        predict: the classifier. A call has the texts of many searches.
        texts: the texts to attack.
        label_ids: the ids of the true labels.
        candidates: as for `attack_examples`.
        max_changed: as for `attack_examples`.
        seed: as for `attack_examples`.
        progress: as for `attack_examples`.

    Returns:
        The result for each text, in order; its labels are ids.

    Example:
        >>> def predict(texts):
        ...     return np.array([[0.9, 0.1] if "good" in text else [0.2, 0.8] for text in texts])
        >>> (result,) = greedy_search(predict, ["a good film"], [0], lambda word, _: ["great"])
        >>> result.success, result.adversarial, result.queries
        (True, 'a great film', 5)
    """
    dataset = numbered_texts(texts, label_ids)
    attacked, _ = attack_examples(
        lambda queries: judge_by_probabilities(predict, queries),
        ChangeableWords(dataset, ("texts",)),
        [int(label) for label in label_ids],
        candidates,
        max_changed=max_changed,
        seed=seed,
        progress=progress,
    )
    return attacked


def numbered_texts(texts: Sequence[str], label_ids: Sequence[int]) -> TextDataset:
    """Returns texts whose labels are the ids of their labels, for `judge_by_probabilities`.

    Args:
        texts: the texts.
        label_ids: the ids, int [texts].
    """
    return TextDataset("texts", list(texts), labels=[str(int(label)) for label in label_ids])


def judge_by_probabilities(predict: Predict, dataset: TextDataset) -> list[Verdict]:
    """Returns the verdict of a classifier on each text; predictions are the ids of labels.

    Args:
        predict: the classifier.
        dataset: what `numbered_texts` returned.
    """
    label_ids = [int(label) for label in dataset.labels or ()]
    return verdicts_of(np.asarray(predict(dataset.texts)), label_ids)


def verdicts_of(probabilities: np.ndarray, label_ids: Iterable[int]) -> list[Verdict]:
    """Returns the verdicts of a classifier; predictions are the ids of labels.

    Args:
        probabilities: float [texts, labels].
        label_ids: the ids of the true labels, int [texts].
    """
    verdicts = []
    for label, row in zip(label_ids, probabilities, strict=True):
        predicted = int(row.argmax())
        verdicts.append(Verdict(predicted == label, float(row[label]), predicted))
    return verdicts


def attack_examples(
    judge: Judge,
    changeable: ChangeableWords,
    truths: Sequence[Any],
    candidates: Candidates,
    *,
    max_changed: float = 0.3,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> tuple[list[AttackedText], Any]:
    """Attacks each example that a model predicts correctly.

    Words are ranked by how much the confidence in the truth falls when the word is deleted. In
    that order, the first candidate that makes the prediction wrong replaces a word and ends the
    search. If there is none, the candidate that lowers the confidence most, if any does, replaces
    the word, and the search goes on (TextFooler, Jin et al. 2020, arXiv 1907.11932, section 2.2,
    algorithm 1; DeepWordBug, Gao et al. 2018, arXiv 1801.04354). TextFooler's checks of part of
    speech and sentence similarity are left out.

    Args:
        judge: the model. A call has the examples of many searches.
        changeable: the examples to attack.
        truths: what reports call the truth of each example.
        candidates: proposes replacements of a word.
        max_changed: the share of an example's words that may change, in 0..1; at least one word
            may.
        seed: fixes the result for each example, whatever the other examples are.
        progress: is called with the number of finished examples and the number of all examples.

    Returns:
        The result for each example, in order, and the dataset of the changed examples.
    """
    found: list[_Found | None] = [None] * len(changeable)
    waiting = iter(range(len(changeable)))
    running: dict[int, tuple[_Search, list[list[str]]]] = {}

    def begin() -> Iterator[int]:
        for index in waiting:
            generator = np.random.default_rng([seed, index])
            search = _search(changeable.words[index], candidates, max_changed, generator)
            running[index] = search, next(search)
            yield index

    beginning = begin()
    while True:
        while len(running) < _PARALLEL_SEARCHES and next(beginning, None) is not None:
            pass
        if not running:
            break
        indices = [index for index, (_, request) in running.items() for _ in request]
        queries = [words for _, request in running.values() for words in request]
        verdicts = judge(changeable.with_words(indices, queries))
        start = 0
        for index, (search, request) in list(running.items()):
            answer = verdicts[start : start + len(request)]
            start += len(request)
            try:
                running[index] = search, search.send(answer)
            except StopIteration as end:
                found[index] = end.value
                del running[index]
                progress(len(found) - found.count(None), len(found))
    return _results(changeable, truths, [each for each in found if each is not None])


def _results(
    changeable: ChangeableWords, truths: Sequence[Any], found: Sequence[_Found]
) -> tuple[list[AttackedText], Any]:
    indices = range(len(found))
    originals = shown_texts(changeable.with_words(indices, changeable.words), changeable.columns)
    dataset = changeable.with_words(indices, [each.words for each in found])
    changed = shown_texts(dataset, changeable.columns)
    attacked = [
        AttackedText(
            original,
            truth,
            each.verdict.predicted,
            each.attacked,
            each.attacked and not each.verdict.right,
            adversarial,
            len(each.words),
            each.changed,
            each.queries,
        )
        for original, truth, each, adversarial in zip(
            originals, truths, found, changed, strict=True
        )
    ]
    return attacked, dataset


@dataclass(frozen=True)
class _Found:
    """The end of a search: the words, the verdict on them, and what it took."""

    words: list[str]
    verdict: Verdict
    attacked: bool
    changed: int
    queries: int


# Yields lists of words to judge, receives the verdicts, and returns what it found.
_Search = Generator[list[list[str]], Sequence[Verdict], _Found]


def _search(
    original: Sequence[str],
    candidates: Candidates,
    max_changed: float,
    generator: np.random.Generator,
) -> _Search:
    """Searches for the words of one example that make its prediction wrong."""
    words = list(original)
    changed, queries = 0, 1

    def with_word(index: int, word: str) -> list[str]:
        return [*words[:index], word, *words[index + 1 :]]

    (current,) = yield [words]
    if not current.right or not words:
        return _Found(words, current, current.right, changed, queries)
    queries += len(words)
    without = yield [with_word(index, "") for index in range(len(words))]
    budget = max(1, int(max_changed * len(words)))
    ranked = np.argsort([verdict.confidence for verdict in without], kind="stable")
    for index in ranked.tolist():
        if changed == budget:
            break
        replacements = [
            word
            for word in dict.fromkeys(candidates(words[index], generator))
            if word != words[index]
        ]
        if not replacements:
            continue
        queries += len(replacements)
        verdicts = yield [with_word(index, word) for word in replacements]
        wrong = [number for number, verdict in enumerate(verdicts) if not verdict.right]
        confidences = [verdict.confidence for verdict in verdicts]
        best = wrong[0] if wrong else int(np.argmin(confidences))
        if wrong or confidences[best] < current.confidence:
            words[index], current = replacements[best], verdicts[best]
            changed += 1
        if wrong:
            break
    return _Found(words, current, True, changed, queries)


def summarize_attack(attacked: Sequence[AttackedText]) -> dict[str, Any]:
    """Returns the scores of an attack.

    The accuracy is the share of examples that are predicted rightly. The success rate is the share
    of these that the attack makes wrong.

    Args:
        attacked: the results of `greedy_search`.

    Returns:
        A JSON-able dictionary: `texts`, their number; `accuracy`, before the attack;
        `accuracy_under_attack`; `success_rate`, over the attacked texts; `mean_queries`, per
        attacked text; and `mean_changed`, the mean share of changed words over the successes. All
        but the numbers of texts and queries are in 0..1; the mean of no texts is None.

    Example:
        >>> result = AttackedText("a b", 0, 1, True, True, "a c", words=2, changed=1, queries=4)
        >>> summarize_attack([result])["mean_changed"]
        0.5
    """
    tried = [result for result in attacked if result.attacked]
    successes = [result for result in tried if result.success]

    def mean(values: Sequence[float]) -> float | None:
        return float(np.mean(values)) if len(values) else None

    return {
        "texts": len(attacked),
        "accuracy": mean([result.attacked for result in attacked]),
        "accuracy_under_attack": mean(
            [result.attacked and not result.success for result in attacked]
        ),
        "success_rate": mean([result.success for result in tried]),
        "mean_queries": mean([result.queries for result in tried]),
        "mean_changed": mean([result.changed / result.words for result in successes]),
    }
