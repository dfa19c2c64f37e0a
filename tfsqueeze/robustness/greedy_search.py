"""A greedy search for the few words that change what a classifier says, by its outputs alone."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfsqueeze.robustness.text_edits import WORD

# Texts -> probabilities, float [texts, labels].
Predict = Callable[[Sequence[str]], np.ndarray]
# (word, generator) -> what may stand in its place, the most alike first.
Candidates = Callable[[str, np.random.Generator], Sequence[str]]

_TEXTS_AT_ONCE = 64


@dataclass(frozen=True)
class AttackedText:
    """What became of one text.

    label, predicted: ids of the true label and of what the classifier says of `adversarial`.
    attacked: whether the text was predicted rightly at first; others are left alone.
    success: whether the attack changed that.
    adversarial: the text as changed, as far as the attack came.
    words, changed: how many words the text has, and how many of them were changed.
    queries: how many texts the classifier was asked for.
    """

    text: str
    label: int
    predicted: int
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
    """Attacks each text that is predicted rightly (TextFooler, Jin et al. 2020, arXiv 1907.11932,
    section 2.2, algorithm 1; DeepWordBug, Gao et al. 2018, arXiv 1801.04354).

    Words are ranked by how much the true label's probability falls when one is deleted. In that
    order each gives way to the first candidate that changes the prediction, which ends the
    search, or else to the one that lowers the true label's probability most, if any does. Without
    TextFooler's checks of part of speech and of a sentence's meaning.

    predict: the classifier; it is given the texts of many searches at once.
    label_ids: the true labels.
    max_changed: the share of a text's words that may change, rounded down, but at least one word.
    progress: called with how many texts are done, and of how many.

    Returns one `AttackedText` for each text, in order; the same for the same seed, whatever the
    other texts are.
    """
    results: list[AttackedText | None] = [None] * len(texts)
    waiting = iter(range(len(texts)))
    running: dict[int, tuple[Generator, list[str]]] = {}

    def begin() -> Iterator[int]:
        for index in waiting:
            search = _search(
                texts[index],
                int(label_ids[index]),
                candidates,
                max_changed,
                np.random.default_rng([seed, index]),
            )
            running[index] = search, next(search)
            yield index

    beginning = begin()
    while True:
        while len(running) < _TEXTS_AT_ONCE and next(beginning, None) is not None:
            pass
        if not running:
            return results
        asked = [text for _, request in running.values() for text in request]
        probabilities = np.asarray(predict(asked))
        start = 0
        for index, (search, request) in list(running.items()):
            answer = probabilities[start : start + len(request)]
            start += len(request)
            try:
                running[index] = search, search.send(answer)
            except StopIteration as end:
                results[index] = end.value
                del running[index]
                progress(len(texts) - results.count(None), len(texts))


def _search(
    text, label, candidates, max_changed, generator
) -> Generator[list[str], np.ndarray, AttackedText]:
    """Yields texts to predict, is sent their probabilities, and returns the result."""
    matches = list(WORD.finditer(text))
    words = [match[0] for match in matches]
    ends = [0, *(match.end() for match in matches)]
    gaps = [
        text[end:start]
        for end, start in zip(ends, [*(match.start() for match in matches), len(text)], strict=True)
    ]
    queries = changed = 0

    def joined(parts):
        return "".join(gap + part for gap, part in zip(gaps, [*parts, ""], strict=True))

    def with_word(place, word):
        return joined([*words[:place], word, *words[place + 1 :]])

    def result(predicted, attacked=True):
        return AttackedText(
            text,
            label,
            predicted,
            attacked,
            attacked and predicted != label,
            joined(words),
            len(words),
            changed,
            queries,
        )

    queries += 1
    (probabilities,) = yield [text]
    if probabilities.argmax() != label:
        return result(int(probabilities.argmax()), attacked=False)
    if not words:
        return result(label)
    queries += len(words)
    without = yield [with_word(place, "") for place in range(len(words))]
    current = probabilities[label]
    budget = max(1, int(max_changed * len(words)))
    for place in np.argsort(without[:, label], kind="stable").tolist():
        if changed == budget:
            break
        tried = [
            word
            for word in dict.fromkeys(candidates(words[place], generator))
            if word != words[place]
        ]
        if not tried:
            continue
        queries += len(tried)
        answers = yield [with_word(place, word) for word in tried]
        flips = np.flatnonzero(answers.argmax(axis=1) != label)
        best = int(flips[0] if len(flips) else answers[:, label].argmin())
        if len(flips) or answers[best, label] < current:
            words[place], current = tried[best], answers[best, label]
            changed += 1
        if len(flips):
            return result(int(answers[best].argmax()))
    return result(label)


def summarize_attack(attacked: Sequence[AttackedText]) -> dict[str, Any]:
    """Returns `texts`, `accuracy` before and `accuracy_under_attack`, `success_rate` (of the
    attacked texts), `mean_queries` (per attacked text) and `mean_changed` (the share of words
    changed, over the successes), all fractions but for the queries; None for means of nothing."""
    tried = [one for one in attacked if one.attacked]
    successes = [one for one in tried if one.success]

    def mean(values):
        return float(np.mean(values)) if len(values) else None

    return {
        "texts": len(attacked),
        "accuracy": mean([one.attacked for one in attacked]),
        "accuracy_under_attack": mean([one.attacked and not one.success for one in attacked]),
        "success_rate": mean([one.success for one in tried]),
        "mean_queries": mean([one.queries for one in tried]),
        "mean_changed": mean([one.changed / one.words for one in successes]),
    }
