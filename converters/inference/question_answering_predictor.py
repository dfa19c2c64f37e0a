"""Answers to questions from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from converters.inference.predictor import Predictor, checked_texts
from tfsqueeze.data.datasets.question_dataset import NO_ANSWER
from tfsqueeze.decoding.answer_spans import MAX_ANSWER_TOKENS, N_BEST, AnswerSearch
from tfsqueeze.tasks import QUESTION_ANSWERING
from tfsqueeze.tasks.found_answers import span_text
from tfsqueeze.tasks.question_answering import QuestionAnswering
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class Answer:
    """A span of a context that may answer a question.

    Args:
        text: the characters of the span.
        start: its first character in the context.
        end: the character after its last.
        probability: its share of the probability among the candidates.
    """

    text: str
    start: int
    end: int
    probability: float


@dataclass(frozen=True)
class QuestionPrediction:
    """The answer to a question.

    Args:
        question: the question.
        answer: the answer; empty where the context has none.
        start: its first character in the context; None without an answer.
        end: the character after its last; None without an answer.
        probability: of the answer, or of there being none.
        no_answer_score: by how much the logits of no answer exceed those of the best candidate;
            None without candidates.
        candidates: the best spans of the context, best first.
    """

    question: str
    answer: str
    start: int | None
    end: int | None
    probability: float
    no_answer_score: float | None
    candidates: list[Answer]


class QuestionAnsweringPredictor(Predictor):
    """Finds the spans of texts that answer questions.

    Example:
        predictor = QuestionAnsweringPredictor.open("answers.tflite")
        print(predictor.predict(["who wrote it?"], ["It was written by Ada."])[0].answer)
    """

    task: QuestionAnswering = QUESTION_ANSWERING
    _examples_per_batch = 64  # each question has several rows

    @property
    def has_no_answer_class(self) -> bool:
        """Whether the model was also trained on questions without answers."""
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
        """Returns the answers to any number of questions, in order.

        Long contexts are read in overlapping windows. Probabilities are the softmax, over the
        candidates and no answer if the model has that class, of the sums of the logits of start
        and end, divided by the temperature that training fitted on validation.

        Args:
            questions: the questions.
            contexts: the text to search for each question; a single one is for all questions.
            n_best: the most candidates.
            max_answer_tokens: the most tokens of an answer.
            doc_stride: see `tfsqueeze.tokenizers.question_encodings.question_windows`.
            no_answer_threshold: no answer is given if `no_answer_score` is above it. If
                `has_no_answer_class`, the default is what training chose on validation; otherwise
                there always is an answer by default.

        Raises:
            UserError: `questions` or `contexts` is a single string, or holds something that is
                not a string; there are not as many contexts as questions; or a number is below 1.
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
        if no_answer_threshold is None:
            no_answer_threshold = self.task.threshold_for(self.classes)
        found = []
        for question, context in zip(questions, contexts, strict=True):
            search = AnswerSearch(n_best, max_answer_tokens)
            for encodings in self._tokenizer.encode_question(
                question, context, windows=self._examples_per_batch, doc_stride=doc_stride
            ):
                logits = self._logits(encodings.inputs)
                for window in zip(
                    logits["start_logits"],
                    logits["end_logits"],
                    encodings.offset_mapping,
                    strict=True,
                ):
                    search.add_window(*window)
            found.append(
                self._prediction(question, context, search.candidates(), no_answer_threshold)
            )
        return found

    def _prediction(self, question, context, answers, threshold):
        span, probability = answers.choose(threshold, self.task.temperature)
        shares = answers.probabilities(threshold is not None, self.task.temperature)
        candidates = [
            Answer(span_text(context, each), each.start, each.end, float(share))
            # The last share is that of no answer.
            for each, share in zip(answers.spans, shares, strict=False)
        ]
        return QuestionPrediction(
            question,
            span_text(context, span),
            None if span is None else span.start,
            None if span is None else span.end,
            probability,
            answers.no_answer_lead,
            candidates,
        )
