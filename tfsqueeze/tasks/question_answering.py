"""The piece of a text that answers a question."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfsqueeze.data.datasets.question_dataset import NO_ANSWER, AnnotatedAnswer, QuestionDataset
from tfsqueeze.data.readers.squad import load_squad, read_squad
from tfsqueeze.decoding.answer_spans import find_answers
from tfsqueeze.evaluation.answers import answer_metrics
from tfsqueeze.tasks.task import Encodings, Task, require_kind


class QuestionAnswering(Task):
    """Finds answers in contexts; the data are files in SQuAD's JSON.

    The one class of `answers` is `ANSWER`; where some questions have none, `NO_ANSWER` is another.
    """

    name = "question-answering"
    title = "finder of answers"
    head = "QuestionAnswering"
    outputs = {"start_logits": "place", "end_logits": "place"}
    monitored = ("start_accuracy", "end_accuracy")
    scores = ("exact_match", "f1")

    def load_splits(self, name_or_path, *, seed=0, **columns):
        return load_squad(name_or_path, seed=seed)

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        if Path(name_or_path).is_file():
            return read_squad(name_or_path)
        return self.load_held_out(name_or_path, seed=seed)

    def input_names(self, dataset):
        return ("input_ids", "token_type_ids")

    def configure(self, config, splits):
        require_kind(splits, QuestionDataset, self)
        return config.with_labels(splits.label_names)

    def classes(self, labels, slots):
        return {"answers": list(labels)}

    def texts(self, dataset):
        return [*dataset.questions, *dict.fromkeys(dataset.contexts)]

    def rows(self, tokenizer, dataset, doc_stride=None):
        found = tokenizer.to_device().encode_questions(
            dataset.questions, dataset.contexts, doc_stride=doc_stride
        )
        return Encodings(found.inputs, examples=found.examples, offset_mapping=found.offset_mapping)

    def targets(self, dataset, rows, classes):
        """The first and the last token of the first answer that was marked; the first token of the
        row where the window does not hold all of it."""
        inside, needed = [], [set() for _ in range(len(dataset))]
        for example, offsets in zip(rows.examples, rows.offset_mapping, strict=True):
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
        places = np.zeros((2, len(rows)), np.int32)
        for row, (example, tokens) in enumerate(zip(rows.examples, inside, strict=True)):
            if len(tokens) and needed[example] == set(rows.offset_mapping[row, tokens, 0]):
                places[:, row] = tokens[0], tokens[-1]
        return {"start_logits": places[0], "end_logits": places[1]}

    def predictions(self, outputs, rows, classes):
        """The best span of each question, an `AnswerSpan`; None for no answer, which is only
        given where the data of training have such questions."""
        threshold = 0.0 if NO_ANSWER in classes["answers"] else None
        return {
            "answers": [
                answers.best(threshold)
                for answers in find_answers(
                    outputs["start_logits"],
                    outputs["end_logits"],
                    rows.examples,
                    rows.offset_mapping,
                )
            ]
        }

    def metrics(self, dataset, predictions, classes):
        """As `answer_metrics`."""
        texts = [
            "" if span is None else context[span.start : span.end]
            for context, span in zip(dataset.contexts, predictions["answers"], strict=True)
        ]
        return answer_metrics(
            [[answer.text for answer in answers] for answers in dataset.answers], texts
        )

    def counted(self, outputs, rows):
        """The logits of the tokens that may begin or end an answer, and of each row's first."""
        counted = rows.offset_mapping[:, :, 0] >= 0
        counted[:, 0] = True
        return {name: outputs[name][counted] for name in self.outputs}

    def decisions(self, outputs, rows):
        """The best span of each question, whether or not nothing is better: its characters."""
        spans = [
            answers.best(None)
            for answers in find_answers(
                outputs["start_logits"],
                outputs["end_logits"],
                rows.examples,
                rows.offset_mapping,
                n_best=1,
            )
        ]
        return {
            "answers": np.array(
                [(-1, -1) if span is None else (span.start, span.end) for span in spans]
            )
        }
