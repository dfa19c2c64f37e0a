"""Answers to questions from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from converters.inference.predictor import Predictor, checked_texts, softmax
from tfsqueeze.data.datasets.question_dataset import NO_ANSWER, QuestionDataset
from tfsqueeze.decoding.answer_spans import MAX_ANSWER_TOKENS, N_BEST, find_answers
from tfsqueeze.tasks import QUESTION_ANSWERING
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class Answer:
    """A piece of a context: its characters from `start` to before `end`, and its share of the
    probability among the candidates."""

    text: str
    start: int
    end: int
    probability: float


@dataclass(frozen=True)
class QuestionPrediction:
    """The answer to a question, empty where the context has none.

    start, end: its characters in the context; None where there is none.
    probability: of the answer, or that there is none.
    no_answer_score: by how much the logits of no answer are above those of the best candidate;
        None without candidates.
    candidates: the best pieces of the context, best first.
    """

    question: str
    answer: str
    start: int | None
    end: int | None
    probability: float
    no_answer_score: float | None
    candidates: list[Answer]


class QuestionAnsweringPredictor(Predictor):
    """Finds the pieces of texts that answer questions."""

    task = QUESTION_ANSWERING
    _evaluated_at_once = 64  # each question has several rows

    @property
    def may_find_none(self) -> bool:
        """Whether the model was trained on questions without answers too."""
        return NO_ANSWER in self.classes["answers"]

    def predict(
        self,
        questions: Iterable[str],
        contexts: Iterable[str],
        *,
        n_best: int = N_BEST,
        max_answer_tokens: int = MAX_ANSWER_TOKENS,
        doc_stride: int | None = None,
        no_answer_threshold: float | None = None,
    ) -> list[QuestionPrediction]:
        """The answers to any number of questions, in order.

        Long contexts are read in windows that overlap. Probabilities are the softmax of the sums of
        the logits of start and end over the candidates, and no answer where `may_find_none`.

        contexts: the text to look in for each question; a single one is for all questions.
        n_best: how many candidates at most.
        max_answer_tokens: tokens of an answer at most.
        doc_stride: see `tfsqueeze.tokenizers.question_encodings.build_question_encodings`.
        no_answer_threshold: the `no_answer_score` above which no answer is given; 0 by default
            where `may_find_none`; elsewhere there always is an answer unless this is given.

        Raises:
            UserError: `questions` or `contexts` is a single string, or holds something that is
                none; there are not as many contexts as questions; or a number is below 1.
        """
        questions = checked_texts(questions, "question")
        contexts = checked_texts(contexts, "context")
        if len(contexts) == 1:
            contexts *= len(questions)
        if len(contexts) != len(questions):
            raise UserError(
                f"there are {len(questions)} questions but {len(contexts)} contexts; "
                "give one for all, or one for each"
            )
        if n_best < 1 or max_answer_tokens < 1:
            raise UserError(
                f"n_best {n_best} and max_answer_tokens {max_answer_tokens} must be at least 1"
            )
        if no_answer_threshold is None and self.may_find_none:
            no_answer_threshold = 0.0
        found = []
        for start in range(0, len(questions), self._evaluated_at_once):
            chosen = slice(start, start + self._evaluated_at_once)
            part = _unanswered(questions[chosen], contexts[chosen])
            rows, logits = self._run(part, doc_stride=doc_stride)
            found += [
                self._prediction(question, context, answers, no_answer_threshold)
                for question, context, answers in zip(
                    part.questions,
                    part.contexts,
                    find_answers(
                        logits["start_logits"],
                        logits["end_logits"],
                        rows.examples,
                        rows.offset_mapping,
                        n_best=n_best,
                        max_answer_tokens=max_answer_tokens,
                    ),
                    strict=True,
                )
            ]
        return found

    def _prediction(self, question, context, answers, threshold):
        scores = [span.score for span in answers.spans]
        with_none = threshold is not None or not scores
        *probabilities, none = softmax(
            np.array([*scores, answers.no_answer_score if with_none else -np.inf])
        )
        candidates = [
            Answer(context[span.start : span.end], span.start, span.end, float(share))
            for span, share in zip(answers.spans, probabilities, strict=True)
        ]
        lead = answers.no_answer_score - scores[0] if scores else None
        if answers.best(threshold) is None:
            return QuestionPrediction(question, "", None, None, float(none), lead, candidates)
        best = candidates[0]
        return QuestionPrediction(
            question, best.text, best.start, best.end, best.probability, lead, candidates
        )

    def _check(self, dataset):
        if not isinstance(dataset, QuestionDataset):
            raise UserError(f"{dataset.name} has no questions; the model is for {self.task.name}")


def _unanswered(questions, contexts):
    count = len(questions)
    return QuestionDataset(
        "questions",
        questions,
        contexts,
        [[] for _ in range(count)],
        list(map(str, range(count))),
        [0] * count,
    )
