"""Targets and configuration of models that answer questions."""

from __future__ import annotations

import itertools

import numpy as np

from tfsqueeze.data.datasets.question_dataset import AnnotatedAnswer, QuestionDataset
from tfsqueeze.decoding.answer_spans import N_BEST
from tfsqueeze.evaluation.answers import choose_no_answer_threshold, score_answer
from tfsqueeze.evaluation.confidence import choose_temperature
from tfsqueeze.tasks.encodings import IGNORE_INDEX
from tfsqueeze.tasks.found_answers import answer_texts, candidates, span_text
from tfsqueeze.tasks.outputs import TokenPosition
from tfsqueeze.tasks.task_training import TaskTraining, require_dataset_type

# The number of windows without the answer that are trained on, as a share of those with it.
_EMPTY_WINDOWS = 0.25


class QuestionAnsweringTraining(TaskTraining):
    """Trains models that find the start and the end of an answer."""

    monitored = ("start_accuracy", "end_accuracy")
    allows_word_dropout = False

    def input_names(self, dataset):
        return ("input_ids", "token_type_ids")

    def configure(self, config, splits):
        require_dataset_type(splits, QuestionDataset, self.task)
        return config.with_labels(splits.label_names)

    def vocabulary_texts(self, dataset):
        # The questions about a context follow each other.
        contexts = (context for context, _ in itertools.groupby(dataset.contexts))
        return itertools.chain(dataset.questions, contexts)

    def targets(self, dataset, encodings, classes):
        """Returns the targets of the first and the last token of the first answer that is marked.

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
        possible = TokenPosition.possible(encodings)
        targets = np.where(possible, 0, IGNORE_INDEX).astype(np.int32)[None].repeat(2, axis=0)
        for row, (example, tokens) in enumerate(zip(encodings.example_ids, inside, strict=True)):
            whole = len(tokens) and needed[example] == set(encodings.offset_mapping[row, tokens, 0])
            first, last = (tokens[0], tokens[-1]) if whole else (0, 0)
            targets[0, row, first] = targets[1, row, last] = 1
        return {"start_logits": targets[0], "end_logits": targets[1]}

    def training_rows(self, dataset, encodings, targets, seed):
        """Returns the rows to train on: those with an answer, and some of the others.

        A long context has many windows beside the answer, which teach little else than to point at
        the first token. All windows of questions without an answer stay.
        """
        is_empty = targets["start_logits"][:, 0] == 1
        has_answer = np.array([bool(answers) for answers in dataset.answers])
        empty = np.flatnonzero(is_empty & has_answer[encodings.example_ids])
        kept = int(_EMPTY_WINDOWS * np.count_nonzero(~is_empty))
        dropped = np.random.default_rng(seed).permutation(empty)[kept:]
        return np.setdiff1d(np.arange(len(encodings)), dropped)

    def choose_decoding(self, dataset, encodings, targets, classes, predict):
        """Returns the `temperature`, and the `no_answer_threshold` where there may be no answer.

        `choose_no_answer_threshold` and then `choose_temperature` choose them.
        """
        found, golds = candidates(predict(), encodings), answer_texts(dataset)
        decoding, threshold = {}, self.task.threshold_for(classes)
        if threshold is not None:
            spans = [answers.best(None) for answers in found]
            texts = [span_text(*row) for row in zip(dataset.contexts, spans, strict=True)]
            # Without any span the answer is the same whatever the threshold is.
            leads = [answers.no_answer_lead or 0.0 for answers in found]
            threshold = choose_no_answer_threshold(golds, texts, leads)
            decoding["no_answer_threshold"] = threshold
        given = [answers.best(threshold) for answers in found]
        texts = map(span_text, dataset.contexts, given)
        right = [score_answer(*row).exact_match == 1 for row in zip(golds, texts, strict=True)]
        scores = np.full((len(found), N_BEST + 1), -np.inf)
        for row, answers in zip(scores, found, strict=True):
            *spans, row[-1] = answers.scores(threshold is not None)
            row[: len(spans)] = spans
        chosen = [-1 if span is None else 0 for span in given]
        decoding["temperature"] = choose_temperature(scores, np.array(chosen), np.array(right))
        return decoding
