"""`tfsqueeze train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tfsqueeze.cli.arguments import (
    Data,
    DistributeOption,
    GradientAccumulationSteps,
    Json,
    KeepNanLabels,
    LabelColumn,
    LabelSeparator,
    TextColumn,
    TextPairColumn,
    TrainingPrecision,
    choices,
)
from tfsqueeze.cli.console import (
    counting_progress,
    output,
    print_json,
    print_step,
    training_progress,
)
from tfsqueeze.cli.distributed_start import start_distribution
from tfsqueeze.configs.encoder_config import FeedForwardType, PairEncoder
from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.recipes.sizes import Device, Size
from tfsqueeze.robustness.attacks import ATTACKS
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.training.training_options import ClassWeight, TrainingOptions
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import load_tensorflow

_DEFAULTS = TrainingOptions()
_FROM_DATA = "from the data"
Attack = choices("Attack", tuple(ATTACKS))
Monitor = Literal["accuracy", "macro_f1", "balanced_accuracy"]


def train(
    data: Data,
    output_folder: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Folder for the run. The same command continues a run that was interrupted.",
        ),
    ],
    task: Annotated[
        TaskName | None,
        typer.Option(
            metavar="TASK",
            help=f"The task: {', '.join(name.value for name in TaskName)}.",
            show_default=_FROM_DATA,
        ),
    ] = None,
    size: Annotated[
        Size | None,
        typer.Option(
            metavar="SIZE",
            help="Size of the model: micro, tiny, small, or base, that of BERT.",
            show_default="tiny",
        ),
    ] = None,
    target: Annotated[
        Device | None,
        typer.Option(
            metavar="DEVICE",
            help="Kind of device that the model is for, in place of --size: micro, edgetpu or "
            "android.",
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="Preset that gives the shape of a model that learns from scratch, in place of "
            "--size."
        ),
    ] = None,
    pretrained: Annotated[
        str | None,
        typer.Option(
            help="Weights and tokenizer to start from: `squeezebert-tiny`, a folder in Hugging "
            "Face's layout, a hub id with or without `@revision`, or the folder of an earlier run. "
            "Takes the place of --size and --preset.",
            show_default=_FROM_DATA,
        ),
    ] = _DEFAULTS.pretrained,
    teacher: Annotated[
        Path | None,
        typer.Option(
            help="Run to learn from instead of from the labels, such as one that `tfsqueeze train "
            "--pretrained all-minilm-l6-v2` wrote. For sentence-embeddings of single texts: folder "
            "of a teacher other than all-minilm-l6-v2."
        ),
    ] = None,
    unlabelled: Annotated[
        list[str] | None,
        typer.Option(
            help="Texts without labels, for which the teacher gives the targets: a file of plain "
            "text, a folder of .txt files, or a dataset's name. Repeatable."
        ),
    ] = None,
    augmented_copies: Annotated[
        int,
        typer.Option(
            help="Number of variants of each text, in which similar words replace some words. The "
            "teacher gives the targets; without a teacher, they have the text's label."
        ),
    ] = _DEFAULTS.augmented_copies,
    replaced_words: Annotated[
        float, typer.Option(help="Share of the words that a variant replaces, in 0..1.")
    ] = _DEFAULTS.replaced_words,
    temperature: Annotated[
        float,
        typer.Option(help="With a teacher, the divisor of its logits and of those of the model."),
    ] = _DEFAULTS.temperature,
    both_orders: Annotated[
        bool,
        typer.Option(
            "--both-orders",
            help="Learn from each pair of texts in both orders. Good for labels that do not depend "
            "on the order, such as `duplicate`.",
        ),
    ] = _DEFAULTS.both_orders,
    noisy_copies: Annotated[
        int,
        typer.Option(
            help="Number of noisy copies of each text to learn from as well, with typing, OCR and "
            "other errors. Sentences of tagged words get errors within words only."
        ),
    ] = _DEFAULTS.noisy_copies,
    noise_level: Annotated[
        float,
        typer.Option(help="Share of letters, words or spaces that the errors of a copy change."),
    ] = _DEFAULTS.noise_level,
    adversarial: Annotated[
        list[Attack] | None,
        typer.Option(
            help="Attack to withstand, for classifiers: after training the model is attacked, and "
            "learns from the texts that were changed until it was wrong. Repeatable.",
        ),
    ] = None,
    adversarial_rounds: Annotated[
        int, typer.Option(help="Number of times that the model is attacked and learns.")
    ] = _DEFAULTS.adversarial_rounds,
    adversarial_texts: Annotated[
        int, typer.Option(help="Number of training texts that are attacked each time.")
    ] = _DEFAULTS.adversarial_texts,
    epochs: Annotated[
        int | None,
        typer.Option(
            help="Maximum number of epochs of the float stage. 0 keeps pretrained weights as they "
            "are.",
            show_default=_FROM_DATA,
        ),
    ] = None,
    qat_epochs: Annotated[
        int | None,
        typer.Option(
            help="Maximum number of epochs of the quantization-aware stage.",
            show_default=_FROM_DATA,
        ),
    ] = None,
    max_length: Annotated[
        int | None,
        typer.Option(help="Maximum number of tokens of a text.", show_default=_FROM_DATA),
    ] = None,
    match_types: Annotated[
        bool,
        typer.Option(
            "--match-types",
            help="Give words that both texts of a pair share, or question and context, token "
            "types of their own. On by default only for question-answering from a pretrained "
            "SqueezeBERT.",
        ),
    ] = False,
    # Not --match-types/--no-match-types: its column would take the room of the help texts.
    no_match_types: Annotated[
        bool,
        typer.Option("--no-match-types", help="Train question-answering without --match-types."),
    ] = False,
    vocab_size: Annotated[
        int | None,
        typer.Option(
            help="Maximum size of the vocabulary, which is trained from the texts. Pretrained "
            "models get it as with --new-vocabulary.",
            show_default=_FROM_DATA,
        ),
    ] = None,
    new_head: Annotated[
        bool,
        typer.Option(
            "--new-head",
            help="Give a pretrained model a new head, for labels that its own head does not have.",
        ),
    ] = _DEFAULTS.new_head,
    new_vocabulary: Annotated[
        bool,
        typer.Option(
            "--new-vocabulary",
            help="Give a pretrained model a vocabulary that is trained from the texts. The new "
            "embeddings start as means of the old ones.",
        ),
    ] = _DEFAULTS.new_vocabulary,
    cased: Annotated[
        bool,
        typer.Option(
            "--cased",
            help="Train a vocabulary that distinguishes case and accents. Pretrained models get it "
            "as with --new-vocabulary.",
        ),
    ] = False,
    batch_size: Annotated[
        int | None,
        typer.Option(
            help="Number of texts, or pairs of texts, in a batch.", show_default=_FROM_DATA
        ),
    ] = None,
    batch_tokens: Annotated[
        int | None,
        typer.Option(
            help="Number of tokens in a batch, padding included, instead of --batch-size. Short "
            "texts then come in larger batches."
        ),
    ] = _DEFAULTS.batch_tokens,
    gradient_accumulation_steps: GradientAccumulationSteps = _DEFAULTS.gradient_accumulation_steps,
    precision: TrainingPrecision = _DEFAULTS.precision,
    distribute: DistributeOption = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Peak learning rate of the float stage.", show_default=_FROM_DATA),
    ] = None,
    qat_learning_rate: Annotated[
        float, typer.Option(help="Peak learning rate of the quantization-aware stage.")
    ] = _DEFAULTS.qat_learning_rate,
    feed_forward_type: Annotated[
        FeedForwardType | None,
        typer.Option(
            metavar="TYPE",
            help="Kind of feed-forward layer: dense; squeeze_expand, a block with a convolution "
            "over neighbouring tokens; or both, which is good for entities and slots.",
            show_default=_FROM_DATA,
        ),
    ] = None,
    pair_encoder: Annotated[
        PairEncoder | None,
        typer.Option(
            metavar="TYPE",
            help="How pairs are encoded: cross_encoder, both texts together; or bi_encoder, each "
            "text by itself, and their mean vectors are compared.",
            show_default=_FROM_DATA,
        ),
    ] = None,
    dropout: Annotated[
        float | None,
        typer.Option(help="Dropout of the hidden layers.", show_default=_FROM_DATA),
    ] = None,
    word_dropout: Annotated[
        float | None,
        typer.Option(
            help="Probability that a training token becomes [UNK].", show_default=_FROM_DATA
        ),
    ] = None,
    subword_dropout: Annotated[
        float | None,
        typer.Option(
            help="Share of tokens that are split into shorter ones, anew in each epoch. Good for "
            "entities and slots whose words are not in the training texts.",
            show_default=_FROM_DATA,
        ),
    ] = None,
    spelling_vectors: Annotated[
        bool,
        typer.Option(
            "--spelling-vectors",
            help="Learn token embeddings with vectors that tokens of similar spelling share. Good "
            "for entities and slots, for models that are not pretrained.",
        ),
    ] = False,
    label_smoothing: Annotated[
        float | None,
        typer.Option(
            help="Share of each target that is spread over all labels.", show_default=_FROM_DATA
        ),
    ] = None,
    class_weight: Annotated[
        list[str] | None,
        typer.Option(
            metavar="balanced|NAME=WEIGHT",
            help="Weight of a class in the loss of text-classification. Repeatable. `balanced` "
            "makes rare classes count as much as common ones.",
        ),
    ] = None,
    monitor: Annotated[
        Monitor | None,
        typer.Option(
            help="Score on validation that chooses the epoch of text-classification. By default "
            "accuracy, or with --class-weight balanced_accuracy, the mean of recall over classes."
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            help="Number of epochs without a better validation score after which a stage stops.",
            show_default=_FROM_DATA,
        ),
    ] = None,
    search: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Train N times in float with other learning rates, epochs, batch sizes and word "
            "dropout, and then with those that do best on validation.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and dropout.")] = _DEFAULTS.seed,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    text_pair_column: TextPairColumn = None,
    keep_nan_labels: KeepNanLabels = False,
    max_per_source: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Maximum number of training questions from each subfolder of DATA, for "
            "question-answering.",
        ),
    ] = None,
    label_separator: LabelSeparator = LABEL_SEPARATOR,
    json: Json = False,
) -> None:
    r"""Train a model on data, first in float and then quantization-aware.

    What you leave open follows from the data: the task, what the model starts
    from, lengths, learning rates, epochs. Each choice is printed with its
    reason, and OUTPUT/run.json keeps it. Logs for TensorBoard are in
    OUTPUT/float/logs and OUTPUT/qat/logs.

    Examples:
      tfsqueeze train reuters-r8 --output runs/r8

      tfsqueeze train tickets.csv -o runs/mine --text-column question --label-column intent

      tfsqueeze train questions/ -o runs/same --text-pair-column other_question

      tfsqueeze train tickets.csv -o runs/topics --task multi-label-classification

      tfsqueeze train conll_folder/ -o runs/entities

      tfsqueeze train squad.json -o runs/answers --max-length 192

      tfsqueeze train mail.csv -o runs/fraud --class-weight balanced

      tfsqueeze train my_folder/ -o runs/mine --target micro
    """
    if match_types and no_match_types:
        raise UserError("--match-types and --no-match-types exclude each other; name one")
    model: dict[str, Any] = {} if dropout is None else {"hidden_dropout_prob": dropout}
    if feed_forward_type is not None:
        model["feed_forward_type"] = feed_forward_type
    if pair_encoder is not None:
        model["pair_encoder"] = pair_encoder
    given = {
        "preset": preset,
        "pretrained": pretrained,
        "model": model,
        "teacher": None if teacher is None else str(teacher),
        "unlabelled": unlabelled or (),
        "augmented_copies": augmented_copies,
        "replaced_words": replaced_words,
        "temperature": temperature,
        "both_orders": both_orders,
        "noisy_copies": noisy_copies,
        "noise_level": noise_level,
        "adversarial": [attack.value for attack in adversarial or ()],
        "adversarial_rounds": adversarial_rounds,
        "adversarial_texts": adversarial_texts,
        "vocab_size": vocab_size,
        "new_head": new_head,
        "new_vocabulary": new_vocabulary or None,
        "lowercase": False if cased else None,
        "max_length": max_length,
        "match_types": False if no_match_types else match_types or None,
        "epochs": epochs,
        "qat_epochs": qat_epochs,
        "learning_rate": learning_rate,
        "qat_learning_rate": qat_learning_rate,
        "batch_size": batch_size,
        "batch_tokens": batch_tokens,
        "gradient_accumulation_steps": gradient_accumulation_steps,
        "precision": precision,
        "word_dropout": word_dropout,
        "subword_dropout": subword_dropout,
        "spelling_vectors": spelling_vectors or None,
        "label_smoothing": label_smoothing,
        "class_weight": _class_weight(class_weight or []),
        "monitor": monitor,
        "patience": patience,
        "seed": seed,
    }
    distribution = start_distribution(distribute, output_folder)
    print_step(f"loading {data}")
    from tfsqueeze.recipes.preparation import prepare_training

    prepared = prepare_training(
        data,
        task=task,
        size=size,
        target=target,
        text_column=text_column,
        label_column=label_column,
        text_pair_column=text_pair_column,
        label_separator=label_separator,
        given={name: value for name, value in given.items() if value is not None},
        max_per_source=max_per_source,
        keep_nan_labels=keep_nan_labels,
    )
    for choice in prepared.choices:
        print_step(str(choice))
    splits = prepared.splits
    names = getattr(splits, "tag_names", None) or splits.label_names
    labels = f" with {len(names)} labels" if names else ""
    print_step(f"training on {len(splits.train):,} examples{labels}")
    load_tensorflow()
    from tfsqueeze.tasks import score_text
    from tfsqueeze.training import fit
    from tfsqueeze.training.train_task import train_task

    if search is not None:
        from tfsqueeze.recipes.setting_search import search_best

        if distribute is not None:
            raise UserError(
                "--search trains on one device; search without --distribute, and train with the "
                "settings that it prints"
            )
        score = fit.monitor(prepared.task, prepared.options.monitor)
        prepared = search_best(
            output_folder,
            prepared,
            search,
            training_progress(prepared.task, prepared.options.monitor),
            fixed=[name for name, value in given.items() if value is not None],
            report=lambda trial: print_step(trial.line(score)),
        )
    with counting_progress() as progress:
        run = train_task(
            output_folder,
            prepared.task,
            splits,
            prepared.options,
            training_progress(prepared.task, prepared.options.monitor),
            dataset_name=data,
            teacher_progress=lambda *counts: progress("texts through the teacher", *counts),
            attack_progress=lambda *counts: progress("texts attacked", *counts),
            choices=prepared.choices,
            distribution=distribution,
        )
    if distribution is not None and not distribution.is_chief:
        return
    score = fit.monitor(prepared.task, prepared.options.monitor)
    best = {
        stage: max((row[score] for row in rows), default=None)
        for stage, rows in run.history.items()
    }
    score = score.removeprefix("val_")
    if json:
        print_json(
            {
                "run": str(output_folder),
                "choices": [choice._asdict() for choice in prepared.choices],
                f"validation_{score}": best,
                "history": run.history,
                "seconds": run.seconds,
            }
        )
        return
    for stage, value in best.items():
        if value is not None:
            output.print(f"best validation {score}, {stage}: {score_text(score, value)}")
    output.print(f"next: tfsqueeze convert {output_folder} --output model.tflite", soft_wrap=True)


def _class_weight(values: list[str]) -> ClassWeight:
    """Returns the option of `balanced`, or of names and weights."""
    if "balanced" in values:
        if len(values) > 1:
            raise UserError("--class-weight is balanced, or a NAME=WEIGHT for each class; not both")
        return "balanced"
    weights = {}
    for value in values:
        # A label may hold the sign as well.
        name, sign, number = value.rpartition("=")
        try:
            weights[name] = float(number)
        except ValueError:
            sign = ""
        if not sign:
            raise UserError(f"--class-weight {value!r} is neither balanced nor NAME=WEIGHT")
    return weights or None
