"""From the logits of starts and ends to the answers in a context."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# As in BERT's reader of SQuAD.
N_BEST, MAX_ANSWER_TOKENS = 20, 30


@dataclass(frozen=True)
class AnswerSpan:
    """A span of a context.

    Args:
        start: the position of its first character.
        end: the position after its last character.
        score: the sum of the start logit of its first token and the end logit of its last one.
    """

    start: int
    end: int
    score: float


class ChosenAnswer(NamedTuple):
    """The answer that is given to a question.

    Args:
        span: the span of the context; None for "no answer".
        probability: its probability among the candidates.
    """

    span: AnswerSpan | None
    probability: float


@dataclass(frozen=True)
class AnswerCandidates:
    """The best answers to one question.

    Args:
        spans: the best spans, best first; none if the context has no tokens.
        no_answer_score: the score of "no answer": the smallest sum, over the windows, of the two
            logits of the first token (Devlin et al. 2019, arXiv 1810.04805, section 4.3).

    Example:
        >>> candidates = AnswerCandidates([AnswerSpan(0, 5, score=4.0)], no_answer_score=4.5)
        >>> candidates.best(no_answer_threshold=0.0) is None
        True
        >>> candidates.best(no_answer_threshold=1.0).score
        4.0
    """

    spans: list[AnswerSpan]
    no_answer_score: float

    @property
    def no_answer_lead(self) -> float | None:
        """By how much `no_answer_score` exceeds the score of the best span; None without spans."""
        return self.no_answer_score - self.spans[0].score if self.spans else None

    def best(self, no_answer_threshold: float | None) -> AnswerSpan | None:
        """Returns the best span, or None for "no answer".

        Args:
            no_answer_threshold: the answer is None if `no_answer_score` exceeds the score of the
                best span by more than this. With None there always is an answer.
        """
        lead = self.no_answer_lead
        if lead is None or (no_answer_threshold is not None and lead > no_answer_threshold):
            return None
        return self.spans[0]

    def choose(self, no_answer_threshold: float | None, temperature: float = 1.0) -> ChosenAnswer:
        """Returns the answer that `best` gives, with its probability.

        "No answer" is among the candidates if it may be given.

        Args:
            no_answer_threshold: as for `best`.
            temperature: as for `probabilities`.
        """
        span = self.best(no_answer_threshold)
        shares = self.probabilities(no_answer_threshold is not None, temperature)
        return ChosenAnswer(span, float(shares[-1] if span is None else shares[0]))

    def probabilities(self, with_no_answer: bool, temperature: float = 1.0) -> np.ndarray:
        """Returns the softmax of the scores over a temperature (Guo et al. 2017, arXiv 1706.04599).

        Args:
            with_no_answer: whether "no answer" is among the candidates. Without spans it always is.
            temperature: the divisor of the scores; 1 leaves them as they are.

        Returns:
            float64 [spans + 1]: the probability of each span, and last that of "no answer".

        Example:
            >>> candidates = AnswerCandidates([AnswerSpan(0, 5, score=4.0)], no_answer_score=4.0)
            >>> candidates.probabilities(with_no_answer=True).tolist()
            [0.5, 0.5]
        """
        scores = self.scores(with_no_answer) / temperature
        shares = np.exp(scores - scores.max())
        return shares / shares.sum()

    def scores(self, with_no_answer: bool) -> np.ndarray:
        """Returns the score of each span, and last that of "no answer": float64 [spans + 1].

        Args:
            with_no_answer: as for `probabilities`; where it is not among the candidates, its score
                is -inf.
        """
        last = self.no_answer_score if with_no_answer or not self.spans else -np.inf
        return np.array([*(span.score for span in self.spans), last], np.float64)


def find_answers(
    start_logits: np.ndarray,
    end_logits: np.ndarray,
    example_ids: np.ndarray,
    offset_mapping: np.ndarray,
    *,
    n_best: int = N_BEST,
    max_answer_tokens: int = MAX_ANSWER_TOKENS,
) -> list[AnswerCandidates]:
    """Returns the best answers to each question over all windows of its context.

    Args:
        start_logits: float [rows, length], how likely each token is to begin the answer.
        end_logits: float [rows, length], how likely each token is to end the answer.
        example_ids: int [rows], the question of each row; see `QuestionEncodings`.
        offset_mapping: int [rows, length, 2], the characters of each token; see
            `QuestionEncodings`.
        n_best: the largest number of answers to a question.
        max_answer_tokens: the largest number of tokens of an answer.

    Example:
        >>> logits = np.array([[0.0, 5.0, 1.0]])
        >>> offset_mapping = np.array([[[-1, -1], [0, 4], [5, 9]]])
        >>> (candidates,) = find_answers(logits, logits, np.array([0]), offset_mapping, n_best=1)
        >>> candidates.spans
        [AnswerSpan(start=0, end=4, score=10.0)]
    """
    count = int(example_ids[-1]) + 1 if len(example_ids) else 0
    searches = [AnswerSearch(n_best, max_answer_tokens) for _ in range(count)]
    for starts, ends, example, offsets in zip(
        start_logits, end_logits, example_ids, offset_mapping, strict=True
    ):
        searches[example].add_window(starts, ends, offsets)
    return [search.candidates() for search in searches]


class AnswerSearch:
    """The best answers to one question so far, window by window of its context.

    Args:
        n_best: the largest number of answers.
        max_answer_tokens: the largest number of tokens of an answer.
    """

    def __init__(self, n_best: int = N_BEST, max_answer_tokens: int = MAX_ANSWER_TOKENS) -> None:
        self._n_best = n_best
        self._max_answer_tokens = max_answer_tokens
        self._scores: dict[tuple[int, int], float] = {}
        self._no_answer_score = float("inf")

    def add_window(
        self, start_logits: np.ndarray, end_logits: np.ndarray, offset_mapping: np.ndarray
    ) -> None:
        """Adds the answers of a window.

        Args:
            start_logits: float [length], how likely each token is to begin the answer.
            end_logits: float [length], how likely each token is to end the answer.
            offset_mapping: int [length, 2], the characters of each token; see
                `QuestionEncodings`.
        """
        no_answer_score = float(start_logits[0]) + float(end_logits[0])
        self._no_answer_score = min(self._no_answer_score, no_answer_score)
        tokens = np.flatnonzero(offset_mapping[:, 0] >= 0)
        for first, last, score in _best_pairs(
            start_logits[tokens], end_logits[tokens], self._n_best, self._max_answer_tokens
        ):
            span = int(offset_mapping[tokens[first], 0]), int(offset_mapping[tokens[last], 1])
            # Two windows may hold the same answer.
            self._scores[span] = max(score, self._scores.get(span, score))
        # A long context has any number of windows.
        if len(self._scores) > 4 * self._n_best:
            self._scores = dict(self._best())

    def candidates(self) -> AnswerCandidates:
        """Returns the best answers of all windows."""
        return AnswerCandidates(
            [AnswerSpan(start, end, score) for (start, end), score in self._best()],
            self._no_answer_score,
        )

    def _best(self) -> list[tuple[tuple[int, int], float]]:
        return sorted(self._scores.items(), key=lambda item: (-item[1], item[0]))[: self._n_best]


def _best_pairs(
    starts: np.ndarray, ends: np.ndarray, n_best: int, max_tokens: int
) -> Iterator[tuple[int, int, float]]:
    """Yields the best first token, last token and score; of equal ones the earlier ones."""
    if not len(starts):
        return
    firsts, lasts = np.ogrid[: len(starts), : len(starts)]
    allowed = (lasts >= firsts) & (lasts < firsts + max_tokens)
    scores = np.where(allowed, starts[:, None].astype(np.float64) + ends, -np.inf).ravel()
    count = min(n_best, int(allowed.sum()))
    # Quantized logits often have equal sums. A stable sort of all pairs down to the least score
    # keeps the earliest of them, so that every port of this code finds the same ones.
    least = np.partition(scores, -count)[-count]
    pairs = np.flatnonzero(scores >= least)
    for pair in pairs[np.argsort(-scores[pairs], kind="stable")][:count]:
        first, last = divmod(int(pair), len(starts))
        yield first, last, float(scores[pair])
