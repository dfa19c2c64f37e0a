"""From logits of starts and ends to the answers in a context."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# As in BERT's reader of SQuAD.
N_BEST, MAX_ANSWER_TOKENS = 20, 30


@dataclass(frozen=True)
class AnswerSpan:
    """A piece of a context, its characters from `start` to before `end`, and the sum of the logits
    of its first token's start and its last token's end."""

    start: int
    end: int
    score: float


@dataclass(frozen=True)
class AnswerCandidates:
    """What a model finds for one question.

    spans: the best answers, best first; none where the context has no tokens.
    no_answer_score: how well the question is answered by nothing: the smallest sum, over the
        windows, of the first token's logits (Devlin et al. 2019, arXiv 1810.04805, section 4.3).
    """

    spans: list[AnswerSpan]
    no_answer_score: float

    def best(self, no_answer_threshold: float | None) -> AnswerSpan | None:
        """The best span; None where there is none, or where no answer's score is above the best
        span's by more than the threshold, unless that is None."""
        if not self.spans:
            return None
        lead = self.no_answer_score - self.spans[0].score
        return (
            None
            if no_answer_threshold is not None and lead > no_answer_threshold
            else (self.spans[0])
        )


def find_answers(
    start_logits: np.ndarray,
    end_logits: np.ndarray,
    examples: np.ndarray,
    offsets: np.ndarray,
    *,
    n_best: int = N_BEST,
    max_answer_tokens: int = MAX_ANSWER_TOKENS,
) -> list[AnswerCandidates]:
    """Finds the best answers to each question among all of its windows.

    start_logits, end_logits: float [rows, length].
    examples, offsets: those of `QuestionEncodings`.
    n_best: how many answers at most.
    max_answer_tokens: tokens of an answer at most.
    """
    found: list[dict[tuple[int, int], float]] = [{} for _ in range(_count(examples))]
    nothing = np.full(len(found), np.inf)
    for starts, ends, example, places in zip(
        start_logits, end_logits, examples, offsets, strict=True
    ):
        nothing[example] = min(nothing[example], float(starts[0]) + float(ends[0]))
        tokens = np.flatnonzero(places[:, 0] >= 0)
        for first, last, score in _best_pairs(
            starts[tokens], ends[tokens], n_best, max_answer_tokens
        ):
            span = int(places[tokens[first], 0]), int(places[tokens[last], 1])
            # Two windows may hold the same answer.
            found[example][span] = max(score, found[example].get(span, -np.inf))
    return [
        AnswerCandidates(
            [
                AnswerSpan(start, end, score)
                for (start, end), score in sorted(
                    spans.items(), key=lambda item: (-item[1], item[0])
                )[:n_best]
            ],
            float(none),
        )
        for spans, none in zip(found, nothing, strict=True)
    ]


def _best_pairs(starts, ends, n_best, max_tokens):
    """Yields the best (first token, last token, score), the last not before the first; of equals
    those that begin, then end, earlier."""
    if not len(starts):
        return
    firsts, lasts = np.ogrid[: len(starts), : len(starts)]
    allowed = (lasts >= firsts) & (lasts < firsts + max_tokens)
    scores = np.where(allowed, starts[:, None].astype(np.float64) + ends, -np.inf).ravel()
    count = min(n_best, int(allowed.sum()))
    # Quantized logits often make equal sums; of these the first count, so that every port of this
    # code finds the same.
    least = np.partition(scores, -count)[-count]
    places = np.flatnonzero(scores >= least)
    for place in places[np.argsort(-scores[places], kind="stable")][:count]:
        first, last = divmod(int(place), len(starts))
        yield first, last, float(scores[place])


def _count(examples):
    return int(examples[-1]) + 1 if len(examples) else 0
