"""The methods of a comparison: which fit a task, and how each is trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from converters.experiments.comparison_options import ComparisonOptions
from converters.experiments.robustness_baselines import BASELINES
from tfsqueeze.checkpoints.model_sources import (
    CONFIG_FILE,
    has_sentence_vectors,
    pretrained_folder,
)
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.data.datasets.text_examples import TextExamples
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.evaluation.baselines import majority_baseline
from tfsqueeze.models.architectures import read_config, task_model_class
from tfsqueeze.tasks import TEXT_CLASSIFICATION, Task, TaskName
from tfsqueeze.tasks.word_task import WordTask
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

TEACHER = "all-minilm-l6-v2"
# They are fitted, not trained.
FITTED = ("majority", "classical")


def check_comparable(task: Task) -> None:
    """Checks that there is a classical method to compare the models of a task with.

    Raises:
        UserError: there is none.
    """
    if task.name not in BASELINES:
        raise UserError(
            f"compare is for data with labels, numbers, tags or answers, not for {task.name}"
        )


def fitting_methods(
    task: Task, pairs: bool, methods: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    """Returns which methods fit a task, and why the others do not.

    Args:
        task: the task.
        pairs: whether the examples are pairs of texts, or questions with contexts.
        methods: some of `METHODS`.
    """
    left_out = {}
    if task.name != TEXT_CLASSIFICATION.name:
        left_out["majority"] = "is for one label of a text"
    for model_type in ("distilbert", "albert"):
        try:
            task_model_class(model_type, task.head)
        except UserError:
            left_out[model_type] = f"has no head for {task.name}"
    if pairs:
        left_out["distilbert"] = "has no token types for pairs"
    left_out = {method: why for method, why in left_out.items() if method in methods}
    return [method for method in methods if method not in left_out], left_out


def fitted_score(method: str, task: Task, score: str, splits: Any) -> float:
    """Fits a method of `FITTED` to the training part, and returns its score on the test part.

    Args:
        method: one of `FITTED`.
        task: the task.
        score: the name of the score.
        splits: the parts of the data; without a test part the validation part is measured.
    """
    test = splits.test or splits.validation
    if method == "majority":
        return majority_baseline(splits.train, test)[score]
    # Named as in a model of the data.
    config = task.training.configure(SqueezeBertConfig(), splits)
    classes = task.classes(list(config.id2label.values()), config.slot_labels)
    return BASELINES[task.name](splits.train, task, classes, [score]).score(test)[score]


def token_counts(task: Task, dataset: Any, options: ComparisonOptions) -> np.ndarray:
    """Counts the tokens of each row of a dataset.

    Args:
        task: the task.
        dataset: n examples, which are n rows, or more of questions with long contexts.
        options: name the tokenizer and the maximum length.

    Returns:
        The number of tokens of each row, special tokens included: integers [rows], at most
        `options.max_length`.
    """
    tokenizer = WordPieceTokenizer.from_pretrained(
        pretrained_folder(options.backbone), max_length=options.max_length
    )
    input_ids = task.encode(tokenizer, dataset).inputs["input_ids"]
    return (input_ids != tokenizer.pad_token_id).sum(axis=1)


def fitting_length(counts: np.ndarray) -> int:
    """Returns the length that 99 of 100 texts fit in.

    Args:
        counts: tokens of each text, integers [n].

    Returns:
        A multiple of 8 tokens, or the length of the longest text where that is less.
    """
    return min(int(counts.max()), int(-(-np.quantile(counts, 0.99) // 8) * 8))


def fitting_copies(dataset: Any, counts: np.ndarray, tokens: int) -> int:
    """Returns how many variants of each text make about so many tokens in all.

    Args:
        dataset: what there may be variants of; of questions there are none.
        counts: tokens of each text, integers [n].
        tokens: of all texts and variants together.
    """
    if not isinstance(dataset, (TextExamples, TokenDataset)):
        return 0
    return max(0, round(tokens / int(counts.sum())) - 1)


def training_options(
    task: Task,
    options: ComparisonOptions,
    method: str,
    max_length: int,
    augmented_copies: int,
    seed: int,
    teacher: Path,
    *,
    pairs: bool,
) -> TrainingOptions:
    """Returns the options of one method's training run.

    Args:
        task: the task.
        options: the settings of the comparison.
        method: one of `METHODS` that is trained.
        max_length: maximum number of tokens of a text.
        augmented_copies: number of variants of each text in distillation.
        seed: of weights, order and dropout.
        teacher: the folder of the fine-tuned teacher, for distillation.
        pairs: whether the examples are pairs of texts, or questions with contexts.
    """
    finds_answers = task.name == TaskName.QUESTION_ANSWERING.value
    shared = {
        "max_length": max_length,
        "seed": seed,
        "word_dropout": 0.05,
        "batch_size": 8 if finds_answers else 32,
        "qat_epochs": 0,
    }
    scratch = {
        **shared,
        "tokenizer": options.backbone,
        "epochs": options.scratch_epochs,
        "learning_rate": 5e-4,
        "word_dropout": 0.15,
        "patience": options.scratch_epochs,
    }
    if method == "teacher":
        return TrainingOptions(
            **shared,
            pretrained=TEACHER,
            epochs=options.teacher_epochs,
            learning_rate=2e-4,
            patience=options.teacher_epochs,
        )
    if method == "distilled":
        model = {}
        if isinstance(task, WordTask):
            model = {"feed_forward_type": "both"}
        elif pairs and not finds_answers and has_sentence_vectors(options.backbone):
            model = {"pair_encoder": "bi_encoder"}
        return TrainingOptions(
            **{
                **shared,
                "qat_epochs": options.qat_epochs,
                "batch_size": 8 if finds_answers else 64,
            },
            pretrained=options.backbone,
            model=model,
            teacher=str(teacher),
            epochs=options.distilled_epochs,
            learning_rate=5e-4,
            patience=options.distilled_epochs,
            unlabelled=options.unlabelled,
            augmented_copies=augmented_copies,
        )
    config = read_config(pretrained_folder(options.backbone) / CONFIG_FILE)
    if method == "scratch":
        fields = {
            name: value
            for name, value in config.to_dict().items()
            if name not in ("model_type", "id2label", "label2id", "vocab_size", "pad_token_id")
        }
        return TrainingOptions(**scratch, model=fields)
    # Of half the width, a dense layer has as many multiply-accumulates as one in four groups.
    sizes = {
        "hidden_size": config.hidden_size // 2,
        "num_hidden_layers": config.num_hidden_layers,
        "num_attention_heads": config.num_attention_heads // 2,
        "intermediate_size": config.intermediate_size // 2,
    }
    if method == "albert":
        sizes |= {"embedding_size": config.embedding_size, "hidden_dropout_prob": 0.1}
    else:
        sizes = dict(zip(("dim", "n_layers", "n_heads", "hidden_dim"), sizes.values(), strict=True))
    return TrainingOptions(**scratch, model_type=method, model=sizes)
