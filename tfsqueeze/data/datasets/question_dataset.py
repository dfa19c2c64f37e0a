"""Questions about texts in memory, with the answers that the texts hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tfsqueeze.data.datasets.in_memory_dataset import InMemoryDataset, check_column_lengths
from tfsqueeze.utils.errors import UserError

ANSWER, NO_ANSWER = "answer", "no answer"


@dataclass(frozen=True)
class AnnotatedAnswer:
    """A piece of a context: its text, and the place of its first character."""

    text: str
    start: int


@dataclass(frozen=True)
class QuestionDataset(InMemoryDataset):
    """Questions, each with the context to look in.

    answers: what people marked in the context, one or more pieces; none where the context does
        not answer the question.
    ids: the question's name in the file.
    articles: the number of the article that each context is from.

    Raises:
        UserError: the columns differ in length, or an answer is not in its context where it says.
    """

    name: str
    questions: list[str]
    contexts: list[str]
    answers: list[list[AnnotatedAnswer]]
    ids: list[str]
    articles: list[int]

    def __post_init__(self) -> None:
        check_column_lengths(self, "questions", ("contexts", "answers", "ids", "articles"))
        for name, context, answers in zip(self.ids, self.contexts, self.answers, strict=True):
            for answer in answers:
                # A negative start would count from the end.
                if answer.start < 0 or not context.startswith(answer.text, answer.start):
                    raise UserError(
                        f"{self.name}: question {name}: the context does not have the answer "
                        f"{answer.text[:40]!r} at {answer.start}"
                    )

    def __len__(self) -> int:
        return len(self.questions)

    def split(self, fraction: float, seed: int) -> tuple[QuestionDataset, QuestionDataset]:
        """Divides into a rest and a held-out `fraction` of the articles, drawn by `seed`.

        An article's questions stay together, so no context is in both; the fraction of the
        questions is near that of the articles only if these are alike.

        Raises:
            UserError: one of the parts would be empty.
        """
        articles = sorted(set(self.articles))
        held_out_size = round(fraction * len(articles))
        if not 0 < held_out_size < len(articles):
            raise UserError(
                f"{self.name} has {len(articles):,} articles: too few to hold out {fraction:.0%}"
            )
        order = np.random.default_rng(seed).permutation(len(articles))
        chosen = {articles[i] for i in order[:held_out_size]}
        held_out = [article in chosen for article in self.articles]
        return (
            self.take([i for i in range(len(self)) if not held_out[i]]),
            self.take([i for i in range(len(self)) if held_out[i]]),
        )


@dataclass(frozen=True)
class QuestionDatasetSplits:
    """The parts of a dataset of questions; `test` is None where its authors publish none."""

    train: QuestionDataset
    validation: QuestionDataset
    test: QuestionDataset | None = None

    @property
    def label_names(self) -> list[str]:
        """The kinds of questions in `train`: `ANSWER`, and `NO_ANSWER` where some have none."""
        return [ANSWER] if all(self.train.answers) else [ANSWER, NO_ANSWER]
