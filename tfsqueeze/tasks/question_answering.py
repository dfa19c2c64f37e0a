"""The span of a text that answers a question."""

from __future__ import annotations

import numpy as np

from tfsqueeze.data.datasets.question_dataset import NO_ANSWER, QuestionDataset
from tfsqueeze.decoding.answer_spans import find_answers
from tfsqueeze.evaluation.answers import answer_metrics
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.encodings import Encodings
from tfsqueeze.tasks.outputs import TokenPosition
from tfsqueeze.tasks.task import Task
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.utils.errors import UserError


class QuestionAnswering(Task):
    """Finds answers in contexts.

    The one class of `answers` is `ANSWER`; where some questions have no answer, `NO_ANSWER` is
    another.
    """

    name = TaskName.QUESTION_ANSWERING.value
    title = "finder of answers"
    head = "QuestionAnswering"
    outputs = {
        "start_logits": TokenPosition("How well each token begins the answer."),
        "end_logits": TokenPosition("How well each token ends the answer."),
    }
    scores = (Score("exact_match", "Exact match"), Score("f1", "F1"))

    @property
    def data(self):
        from tfsqueeze.tasks.question_answering_data import QuestionAnsweringData

        return QuestionAnsweringData()

    @property
    def training(self):
        from tfsqueeze.tasks.question_answering_training import QuestionAnsweringTraining

        return QuestionAnsweringTraining(self)

    def classes(self, labels, slots):
        return {"answers": list(labels)}

    def check_dataset(self, dataset, classes, pairs):
        if not isinstance(dataset, QuestionDataset):
            raise UserError(f"{dataset.name} has no questions; the model is for {self.name}")

    def encode(self, tokenizer, dataset, doc_stride=None):
        questions = tokenizer.to_device().encode_questions(
            dataset.questions, dataset.contexts, doc_stride=doc_stride
        )
        return Encodings(
            questions.inputs,
            example_ids=questions.example_ids,
            offset_mapping=questions.offset_mapping,
        )

    def decode(self, logits, encodings, classes):
        """Returns the best span of each question, an `AnswerSpan`.

        None stands for no answer, which is only given where the training data have such questions.
        """
        threshold = 0.0 if NO_ANSWER in classes["answers"] else None
        return {"answers": [answers.best(threshold) for answers in _find(logits, encodings)]}

    def metrics(self, dataset, predictions, classes):
        """Returns the metrics of `answer_metrics`."""
        texts = [
            "" if span is None else context[span.start : span.end]
            for context, span in zip(dataset.contexts, predictions["answers"], strict=True)
        ]
        return answer_metrics(
            [[answer.text for answer in answers] for answers in dataset.answers], texts
        )

    def decisions(self, logits, encodings):
        """Returns the characters of the best span of each question: int [questions, 2].

        There is a span even where no answer would be better.
        """
        spans = [answers.best(None) for answers in _find(logits, encodings, n_best=1)]
        return {
            "answers": np.array(
                [(-1, -1) if span is None else (span.start, span.end) for span in spans]
            )
        }


def _find(logits, encodings, **options):
    return find_answers(
        logits["start_logits"],
        logits["end_logits"],
        encodings.example_ids,
        encodings.offset_mapping,
        **options,
    )
