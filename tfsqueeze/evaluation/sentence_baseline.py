"""A baseline of answers to questions: the sentence that is most like the question."""

from __future__ import annotations

import functools
import re
from typing import Any

from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.decoding.answer_spans import AnswerSpan, ChosenAnswer

# It ends where a space follows, or at the end of the text.
_SENTENCE = re.compile(r".+?(?:[.!?](?=\s)|\Z)", re.DOTALL)
# The contexts whose sentences are kept. An attack asks many questions about each.
_KEPT_CONTEXTS = 1024


class MostAlikeSentence:
    """Answers with the sentence that is most like the question, by cosine of TF-IDF.

    It learns from no answers.

    Args:
        dataset: questions with contexts, from which it counts how frequent words are.

    Example:
        >>> contexts = ["It was cold. Ada wrote it."]
        >>> dataset = QuestionDataset("notes", ["Who wrote it?"], contexts, [[]], ["q"], [0])
        >>> (answer,) = MostAlikeSentence(dataset).predict(dataset)
        >>> contexts[0][answer.span.start : answer.span.end].strip()
        'Ada wrote it.'
    """

    name = "the sentence most alike"

    def __init__(self, dataset: QuestionDataset) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer: Any = TfidfVectorizer(sublinear_tf=True)
        self._vectorizer.fit([*set(dataset.contexts), *dataset.questions])
        self._sentences = functools.lru_cache(_KEPT_CONTEXTS)(self._read_sentences)

    def predict(self, dataset: QuestionDataset) -> list[ChosenAnswer]:
        """Returns the answer to each question; the cosine stands for its probability.

        An empty context has no answer.

        Args:
            dataset: questions with contexts; their answers are not read.
        """
        chosen = []
        questions = self._vectorizer.transform(dataset.questions)
        for question, context in zip(questions, dataset.contexts, strict=True):
            spans, vectors = self._sentences(context)
            if not spans:
                chosen.append(ChosenAnswer(None, 0.0))
                continue
            alike = (vectors @ question.T).toarray().ravel()
            best = int(alike.argmax())
            cosine = float(alike[best])
            chosen.append(ChosenAnswer(AnswerSpan(*spans[best], cosine), cosine))
        return chosen

    def _read_sentences(self, context: str) -> tuple[list[tuple[int, int]], Any]:
        """Returns the characters and the vectors of the sentences of a context."""
        sentences = list(_SENTENCE.finditer(context))
        if not sentences:
            return [], None
        vectors = self._vectorizer.transform([sentence[0] for sentence in sentences])
        return [sentence.span() for sentence in sentences], vectors
