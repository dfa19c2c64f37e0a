"""`tfsqueeze pretrain`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import (
    DistributeOption,
    GradientAccumulationSteps,
    Json,
    TrainingPrecision,
)
from tfsqueeze.cli.console import (
    counting_progress,
    output,
    print_json,
    print_step,
    training_progress,
)
from tfsqueeze.cli.distributed_start import start_distribution
from tfsqueeze.pretraining.pretraining_options import (
    PRETRAINING_LOSSES,
    Objective,
    PretrainingOptions,
)
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import load_tensorflow
from tfsqueeze.utils.unused_options import refuse_unused

_DEFAULTS = PretrainingOptions()
# The options that some runs do not read, and their fields of `PretrainingOptions`.
_FIELDS = {
    "--loss": "losses",
    "--vocab-size": "vocab_size",
    "--cased": "lowercase",
    "--teacher-language": "teacher_language",
    "--noisy-copies": "noisy_copies",
    "--ranking": "ranking",
}


def pretrain(
    texts: Annotated[
        list[Path],
        typer.Argument(
            help="Files of plain text with a text or paragraph on each line, folders of .txt "
            "files, or .tsv files with a pair of texts on each line. Or one folder that "
            "`tfsqueeze prepare` wrote. For `multilingual`, .tsv files whose first line names the "
            "language of each column, or folders of files such as en.txt and de.txt."
        ),
    ],
    output_folder: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Folder for the run. The same command continues a run that was interrupted.",
        ),
    ],
    objective: Annotated[
        Objective,
        typer.Option(
            help="`distill` learns the hidden states of all-MiniLM-L6-v2. `mlm` is masked language "
            "modelling. `multilingual` learns the sentence vectors of all-MiniLM-L6-v2 for texts "
            "and their translations."
        ),
    ] = _DEFAULTS.objective,
    preset: Annotated[
        str, typer.Option(help="Preset that gives the shape of the model.")
    ] = _DEFAULTS.preset,
    pretrained: Annotated[
        str | None,
        typer.Option(
            help="Backbone to go on from, a folder or a name such as squeezebert-tiny, in place of "
            "a preset."
        ),
    ] = _DEFAULTS.pretrained,
    num_hidden_layers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of layers. If `--pretrained` has more, `distill` keeps layers at equal "
            "distances.",
        ),
    ] = None,
    loss: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=WEIGHT",
            help="Weight of a part of the loss, for `distill`: "
            f"{', '.join(PRETRAINING_LOSSES)}. Repeatable.",
            show_default=" ".join(f"{name}={value:g}" for name, value in _DEFAULTS.losses.items()),
        ),
    ] = None,
    epochs: Annotated[int, typer.Option(help="Number of epochs.")] = _DEFAULTS.epochs,
    max_length: Annotated[
        int, typer.Option(help="Maximum number of tokens of a row of text.")
    ] = _DEFAULTS.max_length,
    batch_tokens: Annotated[
        int, typer.Option(help="Number of tokens in a batch.")
    ] = _DEFAULTS.batch_tokens,
    gradient_accumulation_steps: GradientAccumulationSteps = _DEFAULTS.gradient_accumulation_steps,
    precision: TrainingPrecision = _DEFAULTS.precision,
    distribute: DistributeOption = None,
    vocab_size: Annotated[
        int, typer.Option(help="Maximum size of the vocabulary, for `mlm` and `multilingual`.")
    ] = _DEFAULTS.vocab_size,
    cased: Annotated[
        bool, typer.Option("--cased", help="Keep capitals and accents, for `multilingual`.")
    ] = False,
    teacher_language: Annotated[
        str, typer.Option(help="Language that the teacher reads, for `multilingual`.")
    ] = _DEFAULTS.teacher_language,
    noisy_copies: Annotated[
        int, typer.Option(min=0, help="Number of noisy copies of each text, for `multilingual`.")
    ] = _DEFAULTS.noisy_copies,
    ranking: Annotated[
        float,
        typer.Option(
            min=0,
            help="For sentence vectors, the weight of finding the teacher's vector of a text among "
            "those of its batch.",
        ),
    ] = _DEFAULTS.ranking,
    learning_rate: Annotated[
        float, typer.Option(help="Peak learning rate.")
    ] = _DEFAULTS.learning_rate,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and masks.")] = _DEFAULTS.seed,
    json: Json = False,
) -> None:
    """Pretrain a backbone on plain text, without labels.

    The result is in OUTPUT/backbone, in Hugging Face's layout.

    Example:
      tfsqueeze pretrain my_texts/ --output runs/backbone --preset squeezebert-small
    """
    options = PretrainingOptions(
        objective=objective,
        preset=preset,
        model={} if num_hidden_layers is None else {"num_hidden_layers": num_hidden_layers},
        pretrained=pretrained,
        losses=dict(map(_weight, loss)) if loss else dict(_DEFAULTS.losses),
        ranking=ranking,
        teacher_language=teacher_language,
        noisy_copies=noisy_copies,
        vocab_size=vocab_size,
        lowercase=not cased,
        max_length=max_length,
        epochs=epochs,
        batch_tokens=batch_tokens,
        gradient_accumulation_steps=gradient_accumulation_steps,
        precision=precision,
        learning_rate=learning_rate,
        seed=seed,
    )
    named = [
        option
        for option, name in _FIELDS.items()
        if getattr(options, name) != getattr(_DEFAULTS, name)
    ]
    refuse_unused(named, _unused(options, texts))
    distribution = start_distribution(distribute, output_folder)
    print_step(f"pretraining {pretrained or preset} by {objective}")
    load_tensorflow()
    from tfsqueeze.pretraining.pretrain import pretrain as run_pretraining

    with counting_progress() as progress:
        run = run_pretraining(
            output_folder, texts, options, training_progress(), progress, distribution
        )
    if distribution is not None and not distribution.is_chief:
        return
    if json:
        print_json({"backbone": str(run.backbone), "history": run.history})
        return
    for row in run.history:
        output.print(f"epoch {row['epoch']}: loss {row['loss']:.4f}")
    output.print(f"backbone: {run.backbone}", soft_wrap=True)


def _unused(options: PretrainingOptions, texts: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Yields the options that a run would ignore, and for each what it is for."""
    from tfsqueeze.data.readers.prepared_folders import is_prepared, read_manifest

    prepared = [read_manifest(folder) for folder in texts if is_prepared(folder)]
    objective = options.objective
    learns_vectors = objective == "multilingual" or (
        objective == "distill" and any(manifest.vector_size for manifest in prepared)
    )
    if objective != "distill" or learns_vectors:
        yield "--loss", "the objective distill, on texts without a teacher's sentence vectors"
    if not learns_vectors:
        yield "--ranking", "sentence vectors, which this run does not learn"
    if objective != "multilingual":
        for option in ("--cased", "--teacher-language", "--noisy-copies"):
            yield option, "the objective multilingual"
        if objective == "distill" or options.pretrained is not None or prepared:
            yield "--vocab-size", "a vocabulary that is trained, and this run has one already"


def _weight(text: str) -> tuple[str, float]:
    name, _, weight = text.partition("=")
    try:
        return name, float(weight)
    except ValueError:
        raise UserError(
            f"--loss {text} is not NAME=WEIGHT with a number, such as relations=1"
        ) from None
