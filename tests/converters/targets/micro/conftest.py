"""Builds exported sources for this machine and for an emulated Cortex-M, and runs them."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from converters import cortex_m

PROGRAMS = Path(__file__).parent / "programs"
CORTEX_M_FILES = Path(cortex_m.__file__).parent
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror")
SANITIZERS = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
CORTEX_M = ("-mcpu=cortex-m3", "-mthumb", "-Os")
QEMU = (
    "qemu-system-arm",
    "-M",
    "mps2-an385",
    "-nographic",
    "-monitor",
    "none",
    "-serial",
    "none",
    "-semihosting-config",
    "enable=on,target=native",
    "-kernel",
)
_LOGITS, _PAIR, _WORDS, _QUESTION = range(0xFFFFFFFF, 0xFFFFFFFB, -1)
# What of an export needs no network.
_WITHOUT_NETWORK = {"tokenizer", "classifier", "regressor", "tagger", "answerer", "embedder"}


def _require(tool, hint):
    """`make micro` installs the tools; where a fast test lacks one it is skipped."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed ({hint})")
    return tool


@pytest.fixture(scope="session")
def compiler():
    """The C compiler of this machine."""
    return _require("gcc", "`make micro` installs it")


class Program:
    """The exported tokenizer and decoder as a program (programs/check.c)."""

    def __init__(self, command, folder, max_length):
        self._command, self._folder, self._max_length = command, folder, max_length

    def _run(self, records):
        (self._folder / "input.bin").write_bytes(b"".join(records))
        subprocess.run(self._command, cwd=self._folder, check=True, timeout=500)
        return (self._folder / "output.bin").read_bytes()

    def encode(self, texts: list[bytes]) -> np.ndarray:
        """Token ids int32 [texts, max_length]."""
        output = self._run(struct.pack("<I", len(text)) + text for text in texts)
        return np.frombuffer(output, "<i4").reshape(len(texts), self._max_length)

    def encode_pairs(self, pairs: list[tuple[bytes, bytes]]) -> np.ndarray:
        """Token ids and token types, int32 [pairs, 2, max_length]."""
        output = self._run(
            struct.pack("<I", _PAIR)
            + b"".join(struct.pack("<I", len(text)) + text for text in pair)
            for pair in pairs
        )
        return np.frombuffer(output, "<i4").reshape(len(pairs), 2, self._max_length)

    def encode_words(self, texts: list[bytes]) -> list[tuple[list[int], list[tuple]]]:
        """Of each text the ids, and start, end and position of each word."""
        output = self._run(struct.pack("<II", _WORDS, len(text)) + text for text in texts)
        numbers, rows = np.frombuffer(output, "<i4").tolist(), []
        while numbers:
            count = numbers[0]
            ids, words = np.split(
                np.array(numbers[1 : 1 + self._max_length + 3 * count]), [self._max_length]
            )
            rows.append((ids.tolist(), [tuple(word) for word in words.reshape(-1, 3).tolist()]))
            numbers = numbers[1 + self._max_length + 3 * count :]
        return rows

    def encode_questions(self, pairs: list[tuple[bytes, bytes]]) -> list[list[tuple]]:
        """Of each question the rows: ids, token types, and start and end of each token."""
        output = self._run(
            struct.pack("<I", _QUESTION)
            + b"".join(struct.pack("<I", len(text)) + text for text in pair)
            for pair in pairs
        )
        numbers = np.frombuffer(output, "<i4").reshape(-1, 1 + 4 * self._max_length)
        rows, length = [[]], self._max_length
        for row in numbers:
            rows[-1].append(
                (row[1 : length + 1], row[length + 1 : 2 * length + 1], row[-2 * length :])
            )
            if row[0] == 0:  # There is no next row.
                rows.append([])
        return rows[:-1]

    def decode(self, logits: np.ndarray, fields: list[tuple]) -> np.ndarray:
        """What programs/TASK.c writes for int8 logits [rows, n], as an array of the fields."""
        output = self._run(
            struct.pack("<I", _LOGITS) + row.astype(np.int8).tobytes() for row in logits
        )
        return np.frombuffer(output, fields)

    def classify(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Labels [rows], real values [rows, labels] and probabilities [rows, labels]."""
        labels = logits.shape[1]
        rows = self.decode(
            logits,
            [("label", "<i4"), ("values", "<f4", labels), ("probabilities", "<f4", labels)],
        )
        return rows["label"], rows["values"], rows["probabilities"]

    def choose(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which labels a text has, real values and probabilities, each [rows, labels]."""
        labels = logits.shape[1]
        rows = self.decode(
            logits,
            [
                ("has_label", "<i4", labels),
                ("values", "<f4", labels),
                ("probabilities", "<f4", labels),
            ],
        )
        return rows["has_label"], rows["values"], rows["probabilities"]

    def tell(self, logits: np.ndarray) -> tuple[list[float], list[str]]:
        """The number of each row of logits, [rows, 1], and its text."""
        rows = self.decode(logits, [("number", "<f8"), ("text", "S16")])
        return rows["number"].tolist(), [text.decode() for text in rows["text"]]


@pytest.fixture(scope="session")
def write_sources(tmp_path_factory):
    """Writes the C sources of a tokenizer and of a task's decoder without a model."""
    from importlib import resources

    from converters.targets.micro.decoder_sources import DECODERS, DecodedOutput
    from converters.targets.micro.generated_sources import tokenizer_sources
    from converters.tflite.tflite_operators import Tensor
    from tfsqueeze.tasks import TEXT_CLASSIFICATION

    def write(
        tokenizer,
        labels=("no", "yes"),
        scale=0.05,
        zero_point=3,
        task=TEXT_CLASSIFICATION,
        tensors=None,
        **search,
    ) -> Path:
        folder = tmp_path_factory.mktemp("sources")
        shape = (1, max(1, len(labels)))
        logits = Tensor(0, "logits", "int8", shape, (scale,), zero_point, False, False, True)
        # Of intents and slots the slots.
        *_, (name, decoder) = DECODERS[task.name].items()
        decoded = DecodedOutput(
            task,
            name,
            {name: labels, "answers": labels},
            dict.fromkeys(task.outputs, logits) | (tensors or {}),
            tokenizer.max_length,
            **search,
        )
        for sources in (
            tokenizer_sources(tokenizer, tells_words=True, takes_questions=True),
            decoder.generate(decoded),
        ):
            for file, text in sources.texts.items():
                (folder / file).write_text(text, "utf-8")
        templates = resources.files("converters.targets.micro") / "templates"
        for stem, part in (
            ("tokenizer", templates),
            (decoder.name, templates / "decoders" / decoder.folder),
        ):
            for file in (f"{stem}.h", f"{stem}.c"):
                (folder / file).write_text((part / file).read_text("utf-8"), "utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def compile_sources(tmp_path_factory):
    """Compiles exported sources with a program; returns the executable."""

    def compile_(compiler, folder, options, programs) -> Path:
        executable = tmp_path_factory.mktemp("build") / "program"
        subprocess.run(
            [
                _require(compiler, "`make micro` installs it"),
                *WARNINGS,
                *options,
                f"-I{folder}",
                *(
                    path
                    for path in sorted(folder.glob("*.c"))
                    if path.stem.removesuffix("_tables") in _WITHOUT_NETWORK
                ),
                *(PROGRAMS / name for name in programs),
                "-o",
                executable,
            ],
            check=True,
        )
        return executable

    return compile_


@pytest.fixture(scope="session")
def host_program(compile_sources):
    """Builds the program for this machine, with sanitizers where asked."""

    def build(folder, max_length, options=("-O2",), task_name="text-classification") -> Program:
        options = (*options, f"-DMAX_LENGTH={max_length}")
        executable = compile_sources("gcc", folder, options, ["check.c", f"{task_name}.c"])
        return Program([executable], executable.parent, max_length)

    return build


@pytest.fixture(scope="session")
def cortex_m_program(compile_sources):
    """Builds the program for a Cortex-M3 and runs it under QEMU with semihosting."""

    def build(folder, max_length, task_name="text-classification") -> Program:
        _require(QEMU[0], "`make micro` installs it")
        executable = compile_sources(
            "arm-none-eabi-gcc",
            folder,
            [
                *CORTEX_M,
                f"-DMAX_LENGTH={max_length}",
                "--specs=rdimon.specs",
                "-T",
                CORTEX_M_FILES / "mps2.ld",
            ],
            ["check.c", f"{task_name}.c", CORTEX_M_FILES / "startup.c"],
        )
        return Program([*QEMU, executable], executable.parent, max_length)

    return build


@pytest.fixture(scope="session")
def fuzz(compile_sources, tmp_path_factory):
    """Fuzzes exported sources with one of `programs`, under the sanitizers of clang."""

    def run(folder, program, seeds=(), runs=50_000) -> None:
        corpus = tmp_path_factory.mktemp("corpus")
        for index, seed in enumerate(seeds):
            (corpus / str(index)).write_bytes(seed)
        options = ("-O1", "-g", "-fsanitize=fuzzer,address,undefined")
        fuzzer = compile_sources(
            "clang", folder, [*options, "-fno-sanitize-recover=undefined"], [program]
        )
        subprocess.run(
            [
                fuzzer,
                f"-runs={runs}",
                "-seed=1",
                "-max_len=2000",
                # Linux counts the memory of the process that started it, too.
                "-rss_limit_mb=0",
                "-malloc_limit_mb=500",
                f"-artifact_prefix={corpus}/",
                corpus,
            ],
            check=True,
            timeout=300,
        )

    return run


@pytest.fixture(scope="session")
def run_example(tmp_path_factory):
    """Runs an exported folder's example, whose model gives the outputs, with what it prints."""

    def run(folder, *outputs: list[int], inputs: int = 1) -> str:
        build = tmp_path_factory.mktemp("example")
        includes = [f"-I{PROGRAMS / 'tflite_micro'}", f"-I{folder}"]
        for compiler, options, sources in (
            (_require("gcc", "`make micro` installs it"), WARNINGS, sorted(folder.glob("*.c"))),
            (
                _require("g++", "`make micro` installs it"),
                ("-std=c++17", "-Wall", "-Wextra", "-Werror", "-DTF_LITE_STATIC_MEMORY"),
                [folder / "example" / "main.cc", *sorted(folder.glob("*.cc"))],
            ),
        ):
            subprocess.run([compiler, *options, *includes, "-c", *sources], cwd=build, check=True)
        subprocess.run(["g++", *build.glob("*.o"), "-o", "example"], cwd=build, check=True)
        numbers = [np.array(values, np.int8).tobytes() for values in outputs]
        (build / "outputs.bin").write_bytes(
            struct.pack("<II", inputs, len(outputs))
            + b"".join(struct.pack("<I", len(values)) + values for values in numbers)
        )
        return subprocess.run(
            [build / "example"], cwd=build, check=False, capture_output=True, text=True
        ).stdout

    return run


@pytest.fixture(scope="session")
def generate_texts(generate_strings):
    """Makes texts of all kinds of characters, some of them not UTF-8."""

    def generate(count: int, vocabulary, seed: int) -> list[bytes]:
        draw = random.Random(seed)

        def text(made: str) -> bytes:
            encoded = bytearray(made.encode("utf-8", "ignore"))
            if encoded and draw.random() < 0.2:  # damage
                for _ in range(draw.randrange(1, 5)):
                    position = draw.randrange(len(encoded))
                    encoded[position : position + draw.randrange(3)] = draw.randbytes(
                        draw.randrange(3)
                    )
                    if not encoded:
                        break
            return bytes(encoded)

        return [text(made) for made in generate_strings(count, vocabulary, seed)]

    return generate


@pytest.fixture(scope="session")
def expect_ids():
    """The ids that a WordPieceTokenizer gives byte strings, int32 [texts, max_length]."""

    def expect(tokenizer, texts):
        return np.concatenate(
            [
                tokenizer(texts[start : start + 1000])["input_ids"].numpy()
                for start in range(0, len(texts), 1000)
            ]
        )

    return expect
