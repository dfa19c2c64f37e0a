"""The C of an export around the network: tokenizer, decoding, and tfsqueeze.h."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.runtime.interpreters import TFLiteModel, open_model
from converters.targets.micro.c_syntax import string_literal
from converters.targets.micro.decoder_sources import DECODERS, DecodedOutput
from converters.targets.micro.generated_sources import tokenizer_sources
from converters.targets.micro.golden_sources import GOLDEN_TEXTS, golden_sources
from converters.targets.micro.network_interface import NetworkInterface
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.tasks.word_task import WordTask
from tfsqueeze.tokenizers.words import split_words
from tfsqueeze.utils.wording import with_article

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

_PACKAGE = "converters.targets.micro"
# The first golden texts of models that read two.
PAIR = ("How do I open an account?", "What do I need to open a bank account?")


@dataclass(frozen=True)
class _Form:
    """How the C function of an export takes its input.

    Attributes:
        parameters: the C parameters.
        docs: what they are.
        call: the arguments of an example.
        encode: the statement that tokenizes them.
        encode_golden: the same for a golden text; of a long context for its first part.
        run: the statements that run the network on what was tokenized, and decode it.
    """

    parameters: str
    docs: str
    call: str
    encode: str
    encode_golden: str
    run: str = "if (network_run()) return -1;\n  tfsqueeze_decode(result);"


_TEXT_DOCS = (
    " * text: UTF-8; invalid bytes are skipped, and no terminating 0 is needed.\n"
    " * length: the size of the text in bytes."
)
_TEXT = _Form(
    "const char *text, size_t length",
    _TEXT_DOCS,
    "text, strlen(text)",
    "tokenizer_encode(text, length, input_ids, NETWORK_MAX_LENGTH);",
    "(void)result;\n    tokenizer_encode(golden->text, strlen(golden->text), input_ids, "
    "NETWORK_MAX_LENGTH);",
)
_TEXT_PAIR = _Form(
    "const char *text, size_t length, const char *text_pair,\n    size_t pair_length",
    f"{_TEXT_DOCS}\n * text_pair: the second text of the pair.\n * pair_length: its size in bytes.",
    "text, strlen(text), other, strlen(other)",
    "tokenizer_encode_pair(text, length, text_pair, pair_length, input_ids,\n"
    "                        network_token_type_ids(), NETWORK_MAX_LENGTH);",
    "(void)result;\n    tokenizer_encode_pair(golden->text, strlen(golden->text), "
    "golden->text_pair,\n"
    "                          strlen(golden->text_pair), input_ids, network_token_type_ids(),\n"
    "                          NETWORK_MAX_LENGTH);",
)
_WORDS = _Form(
    "const char *text, size_t length",
    _TEXT_DOCS,
    "text, strlen(text)",
    "tokenizer_encode_words(text, length, input_ids, NETWORK_MAX_LENGTH, result->words,\n"
    "                         &result->word_count);",
    "tokenizer_encode_words(golden->text, strlen(golden->text), input_ids, NETWORK_MAX_LENGTH,\n"
    "                           result->words, &result->word_count);",
)
_QUESTION = _Form(
    "const char *question, size_t question_length,\n    const char *context, size_t context_length",
    " * question: UTF-8; invalid bytes are skipped, and no terminating 0 is needed.\n"
    " * question_length: its size in bytes.\n"
    " * context: the text that the answer is a part of. The network runs once for each part of it\n"
    " *     that fits a row.\n"
    " * context_length: its size in bytes.",
    "question, strlen(question), context, strlen(context)",
    "size_t first = 0;",
    "tokenizer_encode_question(golden->text, strlen(golden->text), golden->text_pair,\n"
    "                              strlen(golden->text_pair), 0, input_ids,\n"
    "                              network_token_type_ids(), NETWORK_MAX_LENGTH, &result->window,\n"
    "                              result->spans);",
    "do {\n"
    "    first = tokenizer_encode_question(question, question_length, context, context_length, "
    "first,\n"
    "                                      input_ids, network_token_type_ids(), "
    "NETWORK_MAX_LENGTH,\n"
    "                                      &result->window, result->spans);\n"
    "    if (network_run()) return -1;\n"
    "    tfsqueeze_decode(result);\n"
    "  } while (first);",
)
# The name of the function, and what it does.
_FUNCTIONS = {
    TaskName.TEXT_CLASSIFICATION: ("tfsqueeze_classify", "Tells the label of a text."),
    TaskName.MULTI_LABEL_CLASSIFICATION: ("tfsqueeze_classify", "Tells the labels of a text."),
    TaskName.REGRESSION: ("tfsqueeze_predict", "Tells the number of a text."),
    TaskName.TOKEN_CLASSIFICATION: ("tfsqueeze_tag", "Tags the words of a text."),
    TaskName.INTENT_AND_SLOTS: (
        "tfsqueeze_classify",
        "Tells the intent and the slots of a command.",
    ),
    TaskName.QUESTION_ANSWERING: ("tfsqueeze_answer", "Finds the answer to a question."),
    TaskName.SENTENCE_EMBEDDINGS: ("tfsqueeze_embed", "Computes the vector of a text."),
}


@dataclass(frozen=True)
class Library:
    """The C sources of an export that are the same for each runtime.

    Attributes:
        texts: the sources by file name.
        table_bytes: the size in flash of the tables of tokenizer, decoding and self-test.
        search_bytes: how much of it the texts take that an embedder finds.
        function: the name of the function that runs a text.
        call: the arguments of the function as a reader would write them.
        example: C statements that define the texts of the example.
        arguments: the arguments of the function for these texts.
    """

    texts: dict[str, str]
    table_bytes: int
    search_bytes: int
    function: str
    call: str
    example: str
    arguments: str

    @property
    def c_sources(self) -> list[str]:
        """The names of the C sources to compile."""
        return sorted(name for name in self.texts if name.endswith(".c"))


def library_sources(
    run: TrainedRun,
    model: bytes,
    interface: NetworkInterface,
    search_texts: Sequence[str] = (),
    *,
    has_interpreter: bool,
) -> Library:
    """Returns the sources around the network.

    Args:
        run: a run whose task has decoders.
        model: the bytes of its int8 .tflite file.
        interface: that of the file.
        search_texts: the texts that an embedder finds.
        has_interpreter: whether an interpreter runs the network, whose plan is in the arena.

    Raises:
        UserError: the vocabulary or the classes have what the C cannot hold.
    """
    opened = open_model(model, kernels="reference")
    form = _form(run)
    tokenizer = tokenizer_sources(
        run.tokenizer, tells_words=form is _WORDS, takes_questions=form is _QUESTION
    )
    texts = {**tokenizer.texts}
    table_bytes, search_bytes = tokenizer.constant_bytes, 0
    vectors = np.zeros((0, 0), np.int8)
    if search_texts:
        inputs = _encode(run, [(text,) for text in search_texts], interface)
        (vectors,) = _run(opened, interface, inputs).values()
    for name, decoder in DECODERS[run.task.name].items():
        decoded = DecodedOutput(
            run.task,
            name,
            run.classes,
            interface.outputs,
            interface.max_length,
            search_texts,
            vectors,
        )
        tables = decoder.generate(decoded)
        texts |= tables.texts
        table_bytes += tables.constant_bytes
        if search_texts:
            search_bytes += tables.constant_bytes
        texts |= dict(_files("decoders", decoder.folder))
    golden = _golden_texts(form)
    inputs = _encode(run, golden, interface)
    checks = golden_sources(interface, golden, inputs, _run(opened, interface, inputs))
    texts |= checks.texts
    table_bytes += checks.constant_bytes
    function, summary = _FUNCTIONS[TaskName(run.task.name)]
    values = {
        "description": with_article(run.task.title, "A"),
        "function": function,
        "call": form.call,
        "parameters": form.parameters,
        "parameter_docs": form.docs,
        "summary": summary.replace("a text", "a pair of texts") if run.reads_pairs else summary,
        "encode": form.encode,
        "encode_golden": form.encode_golden,
        "run": form.run,
        "compare_outputs": _comparisons(interface),
        "arena": "alignas(16) static uint8_t arena[NETWORK_ARENA_BYTES];"
        if has_interpreter
        else "static int32_t arena[NETWORK_ARENA_BYTES / 4];",
        "alignment": 16 if has_interpreter else 4,
        "arena_use": ""
        if has_interpreter
        else " Between two texts it may serve for something\n * else.",
        "init_error": ", or the interpreter\n * refuses the model" if has_interpreter else "",
        "run_error": ", or if the interpreter fails" if has_interpreter else "",
    }
    for name, text in _files():
        if name.startswith("tfsqueeze."):
            text = string.Template(text).substitute(values)
        texts[name] = text
    texts |= dict(_files("tasks", run.task.name))
    example = golden[0]
    return Library(
        texts,
        table_bytes,
        search_bytes,
        function,
        form.call,
        example="".join(
            f"static const char {name}[] = {string_literal(text)};\n"
            for name, text in zip(("text", "other"), example, strict=False)
        ),
        arguments=", ".join(
            f"{name}, sizeof {name} - 1" for name in ("text", "other")[: len(example)]
        ),
    )


def _files(*folder: str) -> Iterator[tuple[str, str]]:
    """Yields the names and contents of the templates of a folder."""
    place: Traversable = resources.files(_PACKAGE) / "templates"
    for part in folder:
        place = place / part
    for file in sorted(place.iterdir(), key=lambda file: file.name):
        if file.is_file():
            yield file.name, file.read_text("utf-8")


def _form(run: TrainedRun) -> _Form:
    """Returns how the C function of a run takes its input."""
    if isinstance(run.task, WordTask):
        return _WORDS
    if run.task.name == TaskName.QUESTION_ANSWERING:
        return _QUESTION
    return _TEXT_PAIR if run.reads_pairs else _TEXT


def _golden_texts(form: _Form) -> list[tuple[str, ...]]:
    if form in (_TEXT_PAIR, _QUESTION):
        return [PAIR, *zip(GOLDEN_TEXTS, reversed(GOLDEN_TEXTS), strict=True)]
    return [(text,) for text in GOLDEN_TEXTS]


def _encode(
    run: TrainedRun, texts: Sequence[Sequence[str]], interface: NetworkInterface
) -> dict[str, np.ndarray]:
    """Tokenizes texts as the task does: int32 [texts, length] by the input's name.

    Of a question there is the row with the first part of its context.
    """
    tokenizer, length = run.tokenizer, interface.max_length
    inputs: Mapping[str, Any]
    if isinstance(run.task, WordTask):
        words = [split_words(text) for (text,) in texts]
        inputs = tokenizer.encode_words(words, max_length=length).inputs
    elif run.task.name == TaskName.QUESTION_ANSWERING:
        rows = tokenizer.to_device().encode_questions(*zip(*texts, strict=True), max_length=length)
        _, firsts = np.unique(rows.example_ids, return_index=True)
        inputs = {name: values[firsts] for name, values in rows.inputs.items()}
    else:
        columns = [list(column) for column in zip(*texts, strict=True)]
        inputs = tokenizer(*columns, max_length=length)
    return {name: np.asarray(inputs[name], np.int32) for name in interface.inputs}


def _run(
    opened: TFLiteModel, interface: NetworkInterface, inputs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Returns the int8 outputs of rows by the output's name."""
    count = len(inputs["input_ids"])
    rows = [
        opened.run_all({name: inputs[name][index : index + 1] for name in interface.inputs})
        for index in range(count)
    ]
    return {name: np.concatenate([row[name] for row in rows]) for name in interface.outputs}


def _comparisons(interface: NetworkInterface) -> str:
    return "\n".join(
        f"    is_equal &= !memcmp(network_{name}(), golden->{name}, sizeof golden->{name});"
        for name in interface.outputs
    )
