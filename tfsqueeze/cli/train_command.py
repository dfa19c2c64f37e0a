"""`tfsqueeze train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Data, Json, LabelColumn, TextColumn, TextPairColumn
from tfsqueeze.cli.console import counting_progress, output, print_json, step, training_progress
from tfsqueeze.utils.logging import load_tensorflow


def train(
    data: Data,
    output_folder: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Where the run goes. The same command continues a run that was interrupted.",
        ),
    ],
    task: Annotated[
        str,
        typer.Option(
            help="`text-classification`, of texts or pairs of texts; `token-classification`, such as "
            "named entities; `intent-and-slots`; `question-answering`; `sentence-embeddings`; or "
            "`masked-lm`."
        ),
    ] = "text-classification",
    preset: Annotated[str, typer.Option(help="The shape of the model.")] = "squeezebert-micro",
    pretrained: Annotated[
        str | None,
        typer.Option(
            help="Weights and tokenizer to start from, in place of --preset and --vocab-size: "
            "`squeezebert-tiny`, a folder in Hugging Face's layout, or a hub id. Use a lower "
            "--learning-rate, such as 3e-4."
        ),
    ] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(
            help="A run to learn from instead of from the labels, as "
            "`tfsqueeze train --pretrained all-minilm-l6-v2` makes one; of sentence-embeddings "
            "the folder of another teacher than all-minilm-l6-v2."
        ),
    ] = None,
    unlabelled: Annotated[
        list[str] | None,
        typer.Option(
            help="Texts without labels that the teacher is asked about, too: a file of plain text, a "
            "folder of .txt files, or a dataset's name; repeatable."
        ),
    ] = None,
    augmented_copies: Annotated[
        int, typer.Option(help="Variants of each text that the teacher is asked about, too.")
    ] = 0,
    temperature: Annotated[
        float, typer.Option(help="What the teacher's and the model's logits are divided by.")
    ] = 2.0,
    noisy_copies: Annotated[
        int,
        typer.Option(
            help="Copies of each text with typing, reading and other errors to learn from as well; "
            "sentences of tagged words get errors within words alone."
        ),
    ] = 0,
    noise_level: Annotated[
        float,
        typer.Option(help="Share of letters, words or spaces that a noisy copy's errors touch."),
    ] = 0.1,
    epochs: Annotated[
        int, typer.Option(help="Most passes in float; 0 leaves pretrained weights as they are.")
    ] = 8,
    qat_epochs: Annotated[int, typer.Option(help="Most passes quantization-aware.")] = 2,
    max_length: Annotated[int, typer.Option(help="Tokens per text.")] = 128,
    vocab_size: Annotated[int, typer.Option(help="Most entries of the vocabulary.")] = 8000,
    new_vocabulary: Annotated[
        bool,
        typer.Option(
            "--new-vocabulary",
            help="Give a pretrained model a vocabulary of the texts; its tokens "
            "begin as means of the old ones.",
        ),
    ] = False,
    cased: Annotated[
        bool,
        typer.Option("--cased", help="A vocabulary of the texts that knows capitals and accents."),
    ] = False,
    batch_size: Annotated[int, typer.Option(help="Texts per step.")] = 32,
    learning_rate: Annotated[float, typer.Option(help="Highest rate of the float stage.")] = 2e-3,
    qat_learning_rate: Annotated[
        float, typer.Option(help="Highest rate of the quantization-aware stage.")
    ] = 5e-5,
    convolutions: Annotated[
        bool,
        typer.Option(
            "--convolutions",
            help="Put a convolution over neighbouring tokens, a squeeze-expand "
            "block, beside each feed-forward layer; good for entities and "
            "slots.",
        ),
    ] = False,
    dropout: Annotated[
        float | None, typer.Option(help="Dropout of the hidden layers; the preset's by default.")
    ] = None,
    word_dropout: Annotated[
        float, typer.Option(help="Chance that a training token becomes [[UNK]].")
    ] = 0.15,
    subword_dropout: Annotated[
        float,
        typer.Option(
            help="Share of tokens that are split into shorter ones, anew each epoch: for entities and "
            "slots whose words are not among those of the training texts."
        ),
    ] = 0.0,
    spelling_vectors: Annotated[
        bool,
        typer.Option(
            "--spelling-vectors",
            help="Learn the embeddings of tokens with vectors that those share "
            "which are spelled alike; for entities and slots from "
            "scratch.",
        ),
    ] = False,
    label_smoothing: Annotated[float, typer.Option(help="Share spread over all labels.")] = 0.0,
    patience: Annotated[
        int, typer.Option(help="Epochs without a better validation score before a stage stops.")
    ] = 4,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and dropout.")] = 0,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    text_pair_column: TextPairColumn = None,
    json: Json = False,
) -> None:
    """Trains a model of a task, such as a classifier of texts: first in float, then
    quantization-aware.

    Logs for TensorBoard are in OUTPUT/float/logs and OUTPUT/qat/logs.

    Examples:

      tfsqueeze train reuters-r8 --output runs/r8

      tfsqueeze train my_folder/ -o runs/mine --text-column question --label-column intent

      tfsqueeze train questions/ -o runs/same --text-pair-column other_question

      tfsqueeze train conll_folder/ -o runs/entities --task token-classification

      tfsqueeze train squad.json -o runs/answers --task question-answering --max-length 192

      tfsqueeze train texts.txt -o runs/embedder --task sentence-embeddings \\
        --pretrained squeezebert-tiny --learning-rate 5e-4

      tfsqueeze train my_folder/ -o runs/mine --pretrained squeezebert-tiny --learning-rate 3e-4
    """
    from tfsqueeze.tasks import find_task
    from tfsqueeze.training.training_options import TrainingOptions

    model = {} if dropout is None else {"hidden_dropout_prob": dropout}
    if convolutions:
        model["feed_forward_type"] = "both"
    options = TrainingOptions(
        preset=preset,
        pretrained=pretrained,
        model=model,
        teacher=None if teacher is None else str(teacher),
        unlabelled=unlabelled or (),
        augmented_copies=augmented_copies,
        temperature=temperature,
        noisy_copies=noisy_copies,
        noise_level=noise_level,
        vocab_size=vocab_size,
        new_vocabulary=new_vocabulary,
        lowercase=not cased,
        max_length=max_length,
        epochs=epochs,
        qat_epochs=qat_epochs,
        learning_rate=learning_rate,
        qat_learning_rate=qat_learning_rate,
        batch_size=batch_size,
        word_dropout=word_dropout,
        subword_dropout=subword_dropout,
        spelling_vectors=spelling_vectors,
        label_smoothing=label_smoothing,
        patience=patience,
        seed=seed,
    )
    chosen = find_task(task)
    step(f"loading {data}")
    splits = chosen.data.load_splits(
        data,
        text_column=text_column,
        label_column=label_column,
        text_pair_column=text_pair_column,
        seed=seed,
    )
    names = getattr(splits, "tag_names", None) or splits.label_names
    labels = f" with {len(names)} labels" if names else ""
    step(f"training on {len(splits.train):,} examples{labels}")
    load_tensorflow()
    from tfsqueeze.training.fit import monitor
    from tfsqueeze.training.train_task import train_task

    with counting_progress() as progress:
        run = train_task(
            output_folder,
            chosen,
            splits,
            options,
            training_progress,
            dataset_name=data,
            teacher_progress=lambda *counts: progress("texts through the teacher", *counts),
        )
    score = monitor(chosen)
    best = {
        stage: max((row[score] for row in rows), default=None)
        for stage, rows in run.history.items()
    }
    score = score.removeprefix("val_")
    if json:
        print_json(
            {
                "run": str(output_folder),
                f"validation_{score}": best,
                "history": run.history,
                "seconds": run.seconds,
            }
        )
        return
    for stage, value in best.items():
        if value is not None:
            output.print(f"best validation {score}, {stage}: {100 * value:.2f} %")
    output.print(f"next: tfsqueeze convert {output_folder} --output model.tflite", soft_wrap=True)
