"""Targets and configuration of models that answer questions."""

from __future__ import annotations

import numpy as np

from tfsqueeze.data.datasets.question_dataset import AnnotatedAnswer, QuestionDataset
from tfsqueeze.tasks.task_training import TaskTraining, require_dataset_type


class QuestionAnsweringTraining(TaskTraining):
    """Trains models that find the start and the end of an answer."""

    monitored = ("start_accuracy", "end_accuracy")

    def input_names(self, dataset):
        return ("input_ids", "token_type_ids")

    def configure(self, config, splits):
        require_dataset_type(splits, QuestionDataset, self.task)
        return config.with_labels(splits.label_names)

    def vocabulary_texts(self, dataset):
        return [*dataset.questions, *dict.fromkeys(dataset.contexts)]

    def targets(self, dataset, encodings, classes):
        """Returns the first and the last token of the first answer that is marked.

        Where the window does not hold the whole answer, both are the first token of the row.
        """
        inside, needed = [], [set() for _ in range(len(dataset))]
        for example, offsets in zip(encodings.example_ids, encodings.offset_mapping, strict=True):
            # Where there is no answer, no token is inside of it.
            answer = next(iter(dataset.answers[example]), AnnotatedAnswer("", 0))
            starts, ends = offsets.T
            inside.append(
                np.flatnonzero(
                    (starts >= 0)
                    & (ends > answer.start)
                    & (starts < answer.start + len(answer.text))
                )
            )
            needed[example].update(starts[inside[-1]])
        positions = np.zeros((2, len(encodings)), np.int32)
        for row, (example, tokens) in enumerate(zip(encodings.example_ids, inside, strict=True)):
            if len(tokens) and needed[example] == set(encodings.offset_mapping[row, tokens, 0]):
                positions[:, row] = tokens[0], tokens[-1]
        return {"start_logits": positions[0], "end_logits": positions[1]}
