"""Questions about texts, with the answers that the texts hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.data.datasets.column_dataset import ColumnDataset
from tfsqueeze.utils.errors import UserError

# The class names of questions whose context holds an answer, and of other questions.
ANSWER, NO_ANSWER = "answer", "no answer"


@dataclass(frozen=True)
class AnnotatedAnswer:
    """A span of a context that people marked as an answer.

    Args:
        text: the characters of the span.
        start: the position of its first character in the context, from 0.
    """

    text: str
    start: int


@dataclass(frozen=True)
class QuestionDataset(ColumnDataset):
    """Questions, each with the context that may hold its answer.

    Args:
        name: the name that messages and reports call the dataset by.
        questions: the text of each question.
        contexts: the context of each question.
        answers: the marked answers of each question; an empty list if the context does not answer
            the question.
        ids: the id of each question in its file.
        articles: the number of the article that each context comes from.

    Raises:
        UserError: the columns differ in length, or an answer is not in its context at the position
            that it states.

    Example:
        >>> dataset = QuestionDataset(
        ...     "trivia",
        ...     questions=["Where is the Louvre?"],
        ...     contexts=["The Louvre is in Paris."],
        ...     answers=[[AnnotatedAnswer("Paris", 17)]],
        ...     ids=["q1"],
        ...     articles=[0],
        ... )
        >>> len(dataset)
        1
    """

    questions: Sequence[str]
    contexts: Sequence[str]
    answers: Sequence[list[AnnotatedAnswer]]
    ids: Sequence[str]
    articles: Sequence[int] | np.ndarray

    def __post_init__(self) -> None:
        """Checks the lengths of the columns and the positions of the answers."""
        super().__post_init__()
        if self.is_on_disk:
            # It would take long for each part; what reads a file checks each answer.
            return
        for name, context, answers in zip(self.ids, self.contexts, self.answers, strict=True):
            for answer in answers:
                # A negative start would count from the end.
                if answer.start < 0 or not context.startswith(answer.text, answer.start):
                    raise UserError(
                        f"{self.name}: question {name}: the context does not have the answer "
                        f"{answer.text[:40]!r} at {answer.start}"
                    )

    def split(self, fraction: float, seed: int) -> tuple[QuestionDataset, QuestionDataset]:
        """Divides the questions into the rest and a held-out part, by article.

        The questions of an article stay together, so that no context is in both parts. The
        held-out share of the questions is near `fraction` only if the articles are of similar
        size.

        Args:
            fraction: the number of held-out articles as a fraction of all articles, in 0..1.
            seed: fixes which articles are held out.

        Returns:
            The rest and the held-out part.

        Raises:
            UserError: one of the parts would be empty.
        """
        articles = np.unique(self.articles)
        held_out_size = round(fraction * len(articles))
        if not 0 < held_out_size < len(articles):
            raise UserError(
                f"{self.name} has {len(articles):,} articles: too few to hold out {fraction:.0%}"
            )
        order = np.random.default_rng(seed).permutation(len(articles))
        held_out = np.isin(self.articles, articles[order[:held_out_size]])
        return self.take(np.flatnonzero(~held_out)), self.take(np.flatnonzero(held_out))


@dataclass(frozen=True)
class QuestionDatasetSplits:
    """The splits of a dataset of questions.

    Args:
        train: the questions to train on.
        validation: the questions that choose among epochs and settings.
        test: the questions to report scores on; None if the authors publish none.

    Example:
        >>> part = QuestionDataset("trivia", ["Who?"], ["Nobody knows."], [[]], ["q1"], [0])
        >>> QuestionDatasetSplits(part, part).label_names
        ['answer', 'no answer']
    """

    train: QuestionDataset
    validation: QuestionDataset
    test: QuestionDataset | None = None

    @property
    def label_names(self) -> list[str]:
        """The kinds of questions in `train`: `ANSWER`, and `NO_ANSWER` if some have no answer."""
        return [ANSWER] if all(self.train.answers) else [ANSWER, NO_ANSWER]
