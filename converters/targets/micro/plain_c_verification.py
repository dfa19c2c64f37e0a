"""Compares the plain C of a run with the reference kernels of the runtimes on the same texts."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.runtime.interpreters import available_runtimes
from converters.runtime.workers import run_in_workers
from converters.targets.micro.micro_model import micro_model
from converters.targets.micro.micro_verification import (
    MICRO,
    count_mismatches,
    dequantized,
    encode_part,
    quantized_outputs,
    score_outputs,
)
from converters.targets.micro.plain_c import PlainC, plain_c
from converters.targets.micro.plain_c_program import (
    ProgramOutputs,
    read_outputs,
    write_ids,
    write_program,
    write_texts,
)
from converters.targets.target import PartVerification, TargetVerification
from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.data.datasets.text_examples import TextExamples
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.decoding.bio import bio_spans
from tfsqueeze.tasks.encodings import Encodings
from tfsqueeze.tasks.outputs import WordTag
from tfsqueeze.tokenizers.words import locate_words
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

# The number of texts of which the program finds other spans than Python.
SPANS = "spans by Python"
_OPTIONS = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Werror")
_ARENA_BYTES = 1 << 20  # of TensorFlow Lite Micro, which has no limit to keep here


def verify_plain_c(run: TrainedRun, parts: Mapping[str, TextExamples]) -> TargetVerification:
    """Runs every text of some parts of a dataset by a program for this machine.

    The program has the whole way from texts to outputs, the tokenizer included. Sentences whose
    words are given have no text, so the program gets their ids; the words of the sentences, joined
    by spaces, are texts whose spans it has to find as Python does. Of questions, which may have
    several rows, it gets the ids of each row; it has to find the answers that Python finds.
    TensorFlow Lite Micro runs the file of `micro_model`, and the runtimes that of `convert_int8`.

    Args:
        run: a model that `MicroTarget` supports.
        parts: labelled texts by the name of the part.

    Returns:
        The task's scores of the program on each part; how many texts have other outputs on each
        runtime, and on TensorFlow Lite Micro where it is installed; and how many have other spans.

    Raises:
        UserError: there is no C compiler, or the kernels in C lack an operator of the model; or a
            part is no data of the task, or has labels that the model lacks.
    """
    # It imports TensorFlow, and worker processes import this module without it.
    from converters.conversion.keras_to_tflite import convert_int8

    model = convert_int8(run.qat_model, run.options.max_length)
    sources = plain_c(run, model)
    has_micro = importlib.util.find_spec("tflite_micro") is not None
    models: dict[Any, bytes] = dict.fromkeys(available_runtimes(), model)
    if has_micro:
        models[MICRO] = micro_model(model)
    results = {}
    for name, part in parts.items():
        part, encodings = encode_part(run, part)
        inputs = encodings.select(run.qat_model.input_names)
        if isinstance(part, (TokenDataset, QuestionDataset)):
            outputs = run_ids_on_host(sources, inputs).outputs
        else:
            outputs = run_on_host(sources, texts_of_rows(part, run.reads_pairs)).outputs
        references = run_in_workers(
            quantized_outputs,
            [(each, inputs, runtime, _ARENA_BYTES) for runtime, each in models.items()],
        )
        mismatches = count_mismatches(outputs, list(models), references)
        if isinstance(part, TokenDataset):
            mismatches[SPANS] = _count_other_spans(run, model, sources, part)
        elif isinstance(part, QuestionDataset):
            mismatches[SPANS] = _count_other_answers(
                run, sources, part, encodings, dequantized(model, outputs)
            )
        results[name] = PartVerification(
            examples=len(part),
            scores=score_outputs(run, part, encodings, dequantized(model, outputs)),
            mismatches=mismatches,
        )
    return TargetVerification(sources.network_bytes, sources.arena_bytes, results)


def texts_of_rows(part: Any, reads_pairs: bool) -> list[tuple[str, ...]]:
    """Returns the one or two texts of each example of a part; of sentences the words with spaces.

    Args:
        part: examples of any task.
        reads_pairs: whether the model reads the two texts of a pair in one row.
    """
    if isinstance(part, TokenDataset):
        return [(" ".join(words),) for words in part.sentences]
    if isinstance(part, QuestionDataset):
        return list(zip(part.questions, part.contexts, strict=True))
    if part.text_pairs is None:
        return [(text,) for text in part.texts]
    pairs = list(zip(part.texts, part.text_pairs, strict=True))
    # An embedder reads both texts of a pair, one after the other.
    return pairs if reads_pairs else [(text,) for pair in pairs for text in pair]


def _count_other_spans(run: TrainedRun, model: bytes, sources: PlainC, part: TokenDataset) -> int:
    """Returns of how many texts the program finds other spans than Python."""
    (output,) = (name for name, x in run.task.outputs.items() if isinstance(x, WordTag))
    names = run.classes[output]
    rows = texts_of_rows(part, run.reads_pairs)
    located = [list(locate_words(text)) for (text,) in rows]
    encodings = run.task.encode(
        run.tokenizer,
        TokenDataset(part.name, [[word.text for word in words] for words in located]),
    )
    inputs = encodings.select(run.qat_model.input_names)
    (quantized,) = run_in_workers(quantized_outputs, [(model, inputs, "litert", 0)])
    logits = dequantized(model, quantized)[output]
    tags = WordTag.name_tags(WordTag.best_tags(logits, encodings, names), encodings, names)
    types = sorted({name[2:] for name in names if name != "O"})
    found = run_on_host(sources, rows).spans
    count = 0
    for (text,), words, row, spans in zip(rows, located, tags, found, strict=True):
        expected = [
            (
                len(text[: words[first].start].encode()),
                len(text[: words[last - 1].end].encode()),
                types.index(kind),
            )
            for first, last, kind in bio_spans(row)
        ]
        count += expected != [span[:3] for span in spans]
    return count


def _count_other_answers(
    run: TrainedRun,
    sources: PlainC,
    part: QuestionDataset,
    encodings: Encodings,
    logits: dict[str, np.ndarray],
) -> int:
    """Returns to how many questions the program finds another answer than Python."""
    chosen = run.task.decode(logits, encodings, run.classes)["answers"]
    found = run_on_host(sources, texts_of_rows(part, run.reads_pairs)).spans
    count = 0
    for context, answer, spans in zip(part.contexts, chosen, found, strict=True):
        expected = (
            []
            if answer.span is None
            else [
                tuple(len(context[:end].encode()) for end in (answer.span.start, answer.span.end))
            ]
        )
        count += expected != [span[:2] for span in spans]
    return count


def run_on_host(
    sources: PlainC, rows: Sequence[Sequence[str]], options: Sequence[str] = ()
) -> ProgramOutputs:
    """Compiles the C of a run for this machine, and runs texts with it.

    Args:
        sources: the C of the run.
        rows: one or two texts for each row.
        options: further options of the compiler, such as sanitizers.

    Raises:
        UserError: there is no C compiler, or it refuses the sources, or the program fails.
    """
    return _run_program(sources, len(rows), lambda folder: write_texts(rows, folder), options)


def run_ids_on_host(sources: PlainC, inputs: Mapping[str, np.ndarray]) -> ProgramOutputs:
    """Compiles the C of a run for this machine, and runs ids with it.

    Args:
        sources: the C of the run.
        inputs: int32 [rows, length] by the input's name.

    Raises:
        UserError: as `run_on_host`.
    """
    return _run_program(
        sources,
        len(inputs["input_ids"]),
        lambda folder: write_ids(sources.interface, inputs, folder),
    )


def _run_program(
    sources: PlainC,
    count: int,
    write_input: Callable[[Path], None],
    options: Sequence[str] = (),
) -> ProgramOutputs:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise UserError(
            "checking the C needs a C compiler; install one, on Debian: apt-get install gcc "
            "libc6-dev"
        )
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-c-") as name:
        folder = Path(name)
        files = write_program(sources, folder)
        write_input(folder)
        program = folder / "program"
        _run([compiler, *_OPTIONS, *options, *map(str, files), "-o", str(program)], folder)
        _run([str(program)], folder)
        return read_outputs(sources, count, folder)


def _run(command: list[str], folder: Path) -> None:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = result.stderr.strip().splitlines() or ["it printed nothing"]
        raise UserError(
            f"{Path(command[0]).name} ended with {result.returncode} on the exported C: {lines[0]}"
        )
