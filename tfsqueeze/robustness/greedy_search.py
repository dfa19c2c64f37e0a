"""Black-box attacks: a greedy search for the few words that change a prediction."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfsqueeze.robustness.text_edits import WORD

# Texts -> probabilities, float [texts, labels].
Predict = Callable[[Sequence[str]], np.ndarray]
# (word, generator) -> replacements of the word, the most similar first.
Candidates = Callable[[str, np.random.Generator], Sequence[str]]

# The number of texts that are attacked side by side, so that their queries form large batches.
_PARALLEL_SEARCHES = 64


@dataclass(frozen=True)
class AttackedText:
    """The result of an attack on one text.

    Args:
        text: the original text.
        label: the id of the true label.
        predicted: the id of the label that the classifier predicts for `adversarial`.
        attacked: whether the classifier was right about `text`; other texts are not attacked.
        success: whether the attack changed a right prediction to a wrong one.
        adversarial: the changed text.
        words: the number of words of the text.
        changed: the number of words that were changed.
        queries: the number of texts that the classifier predicted for the attack.
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
    """Attacks each text that the classifier predicts correctly.

    Words are ranked by how much the probability of the true label falls when the word is deleted.
    In that order, the first candidate that changes the prediction replaces a word and ends the
    search. If there is none, the candidate that lowers the probability of the true label most, if
    any does, replaces the word, and the search goes on (TextFooler, Jin et al. 2020, arXiv
    1907.11932, section 2.2, algorithm 1; DeepWordBug, Gao et al. 2018, arXiv 1801.04354).
    TextFooler's checks of part of speech and sentence similarity are left out.

    Args:
        predict: the classifier. A call has the texts of many searches.
        texts: the texts to attack.
        label_ids: the ids of the true labels.
        candidates: proposes replacements of a word.
        max_changed: the share of a text's words that may change, in 0..1; at least one word may.
        seed: fixes the result for each text, whatever the other texts are.
        progress: is called with the number of finished texts and the number of all texts.

    Returns:
        The result for each text, in order.

    Example:
        >>> def predict(texts):
        ...     return np.array([[0.9, 0.1] if "good" in text else [0.2, 0.8] for text in texts])
        >>> (result,) = greedy_search(predict, ["a good film"], [0], lambda word, _: ["great"])
        >>> result.success, result.adversarial, result.queries
        (True, 'a great film', 5)
    """
    results: list[AttackedText | None] = [None] * len(texts)
    waiting = iter(range(len(texts)))
    running: dict[int, tuple[Generator[list[str], np.ndarray, AttackedText], list[str]]] = {}

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
        while len(running) < _PARALLEL_SEARCHES and next(beginning, None) is not None:
            pass
        if not running:
            return [result for result in results if result is not None]
        queries = [text for _, request in running.values() for text in request]
        probabilities = np.asarray(predict(queries))
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
    text: str,
    label: int,
    candidates: Candidates,
    max_changed: float,
    generator: np.random.Generator,
) -> Generator[list[str], np.ndarray, AttackedText]:
    """Yields texts to predict, receives their probabilities, and returns the result."""
    matches = list(WORD.finditer(text))
    words = [match[0] for match in matches]
    ends = [0, *(match.end() for match in matches)]
    gaps = [
        text[end:start]
        for end, start in zip(ends, [*(match.start() for match in matches), len(text)], strict=True)
    ]
    queries = changed = 0

    def join(parts: list[str]) -> str:
        return "".join(gap + part for gap, part in zip(gaps, [*parts, ""], strict=True))

    def with_word(index: int, word: str) -> str:
        return join([*words[:index], word, *words[index + 1 :]])

    def result(predicted: int, attacked: bool = True) -> AttackedText:
        return AttackedText(
            text,
            label,
            predicted,
            attacked,
            attacked and predicted != label,
            join(words),
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
    without = yield [with_word(index, "") for index in range(len(words))]
    current = probabilities[label]
    budget = max(1, int(max_changed * len(words)))
    for index in np.argsort(without[:, label], kind="stable").tolist():
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
        answers = yield [with_word(index, word) for word in replacements]
        flips = np.flatnonzero(answers.argmax(axis=1) != label)
        best = int(flips[0] if len(flips) else answers[:, label].argmin())
        if len(flips) or answers[best, label] < current:
            words[index], current = replacements[best], answers[best, label]
            changed += 1
        if len(flips):
            return result(int(answers[best].argmax()))
    return result(label)


def summarize_attack(attacked: Sequence[AttackedText]) -> dict[str, Any]:
    """Returns the scores of an attack.

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
