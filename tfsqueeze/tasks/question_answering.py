"""The span of a text that answers a question."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tfsqueeze.data.datasets.question_dataset import NO_ANSWER, QuestionDataset
from tfsqueeze.evaluation.answers import answer_metrics
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.encodings import Encodings
from tfsqueeze.tasks.found_answers import answer_texts, candidates, span_text
from tfsqueeze.tasks.outputs import TokenPosition
from tfsqueeze.tasks.task import Task
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.utils.errors import UserError


class QuestionAnswering(Task):
    """Finds answers in contexts.

    The one class of `answers` is `ANSWER`; where some questions have no answer, `NO_ANSWER` is
    another.

    Args:
        no_answer_threshold: no answer is given, where there may be none, if its score exceeds that
            of the best span by more than this. `with_decoding` sets it and the temperature.
        temperature: the divisor of the scores whose softmax is the probability of an answer.
    """

    name = TaskName.QUESTION_ANSWERING.value
    title = "finder of answers"
    head = "QuestionAnswering"
    outputs = {
        "start_logits": TokenPosition("How well each token begins the answer."),
        "end_logits": TokenPosition("How well each token ends the answer."),
    }
    scores = (Score("exact_match", "Exact match"), Score("f1", "F1"))

    def __init__(self, no_answer_threshold: float = 0.0, temperature: float = 1.0) -> None:
        self.no_answer_threshold = no_answer_threshold
        self.temperature = temperature

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

    def threshold_for(self, classes: Mapping[str, Sequence[str]]) -> float | None:
        """Returns the threshold of "no answer"; None if each question has an answer.

        Args:
            classes: the names of each output's classes.
        """
        return self.no_answer_threshold if NO_ANSWER in classes["answers"] else None

    def with_decoding(self, decoding, labels):
        """Returns the task with the `no_answer_threshold` and the `temperature` of validation.

        Without them, as in runs of earlier versions and in checkpoints, they are 0 and 1.
        """
        threshold = decoding.get("no_answer_threshold", 0.0)
        temperature = decoding.get("temperature", 1.0)
        if (
            not all(type(value) in (int, float) for value in (threshold, temperature))
            or not all(map(math.isfinite, (threshold, temperature)))
            or temperature <= 0
        ):
            raise UserError(
                "no_answer_threshold and temperature must be finite numbers, and temperature "
                "above 0"
            )
        return QuestionAnswering(threshold, temperature) if decoding else self

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
        """Returns the answer to each question, a `ChosenAnswer`.

        There is only none where the training data have such questions.
        """
        threshold = self.threshold_for(classes)
        return {
            "answers": [
                answers.choose(threshold, self.temperature)
                for answers in candidates(logits, encodings)
            ]
        }

    def metrics(self, dataset, predictions, classes):
        """Returns the metrics of `answer_metrics`, those of probabilities too."""
        chosen = predictions["answers"]
        texts = [
            span_text(context, span)
            for context, (span, _) in zip(dataset.contexts, chosen, strict=True)
        ]
        return answer_metrics(
            answer_texts(dataset), texts, [probability for _, probability in chosen]
        )

    def decisions(self, logits, encodings, classes):
        """Returns the characters of the best span of each question: int [questions, 2].

        There is a span even where no answer would be better.
        """
        spans = [answers.best(None) for answers in candidates(logits, encodings, n_best=1)]
        return {
            "answers": np.array(
                [(-1, -1) if span is None else (span.start, span.end) for span in spans]
            )
        }
