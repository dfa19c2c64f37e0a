"""Models of each task in C: texts get the outputs of the reference kernels, and their meaning."""

from __future__ import annotations

import json
import subprocess
from importlib import resources

import numpy as np
import pytest
from typer.testing import CliRunner

from converters.conversion.runs import convert_run
from converters.cortex_m.cortex_m_run import run_on_cortex_m
from converters.inference.predictor import predictor_class
from converters.runtime.interpreters import available_runtimes, open_model
from converters.targets.micro.golden_sources import GOLDEN_TEXTS
from converters.targets.micro.library_sources import PAIR
from converters.targets.micro.plain_c import plain_c
from converters.targets.micro.plain_c_verification import SPANS, run_on_host
from converters.tflite.metadata import read_metadata
from tests.converters.targets.micro.conftest import SANITIZERS, WARNINGS
from tests.converters.targets.task_runs import TASKS
from tfsqueeze.cli.main import app

pytestmark = pytest.mark.micro

TEXTS = [
    "",
    "Ada Lovelace was seen near Berlin, today",
    "play me some hip hop please",
    "na\u00efve \u2603 \u4e1c\u4eac! ...",
    "\x00 \x01a\x85b\u3000c \u200b",
    "cat dog horse " * 30,
]


# Runs of other fixtures, with the columns of their data.
MIXED = {"labels": ("labels_run", {}), "number": ("number_run", {"label_column": "number"})}
NAMES = [*TASKS, *MIXED]
EACH_TASK = pytest.mark.parametrize("name", NAMES, scope="module")
# Intents come with tags.
WITHOUT_TAGS = pytest.mark.parametrize(
    "name", [name for name in NAMES if name != "tags"], scope="module"
)


@pytest.fixture(scope="module")
def run(name, task_run, request):
    return request.getfixturevalue(MIXED[name][0]) if name in MIXED else task_run(name)


@pytest.fixture(scope="module")
def predictor(run):
    """Python's predictor of the file, on the reference kernels."""
    content = convert_run(run)
    return predictor_class(run.task.name)(
        open_model(content, kernels="reference"), read_metadata(content)
    )


@pytest.fixture(scope="module")
def rows(run):
    """One or two texts for each row."""
    return (
        list(zip(TEXTS, reversed(TEXTS), strict=True))
        if run.reads_pairs
        else [(text,) for text in TEXTS]
    )


def command(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments), "--target", "micro", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@WITHOUT_TAGS
@pytest.mark.parametrize("runtime", ["c", "tflite-micro"])
def test_the_held_out_texts_have_the_outputs_of_the_reference_kernels(name, run, runtime):
    columns = [
        word
        for option, value in (MIXED[name][1] if name in MIXED else TASKS[name][2]).items()
        for word in (f"--{option.replace('_', '-')}", value)
    ]
    facts = command("verify", run.folder, "--runtime", runtime, *columns)
    for part in facts["parts"].values():
        expected = set(available_runtimes())
        if runtime == "c":
            has_spans = name in ("tags", "intents", "answers")
            expected |= {"tflite-micro"} | ({SPANS} if has_spans else set())
        assert part["mismatches"] == dict.fromkeys(expected, 0)


@pytest.fixture(scope="module")
def sources(run, predictor):
    return plain_c(run, convert_run(run))


@EACH_TASK
def test_any_text_is_read_as_python_reads_it(run, sources, predictor, rows):
    found = run_on_host(sources, rows, (*WARNINGS, *SANITIZERS))
    if run.task.name == "question-answering":
        questions, contexts = zip(*rows, strict=True)
        for context, spans, prediction in zip(
            contexts, found.spans, predictor.predict(questions, contexts), strict=True
        ):
            answers = [context.encode()[span.start : span.end].decode() for span in spans]
            assert answers == ([] if prediction.start is None else [prediction.answer])
            for span in spans:
                assert span.probability == pytest.approx(prediction.probability, rel=1e-5)
    elif found.spans and any(found.spans):
        texts = [text for (text,) in rows]
        types = sorted({tag[2:] for tag in predictor.classes[_tag_output(run)] if tag != "O"})
        for text, spans, prediction in zip(
            texts, found.spans, predictor.predict(texts), strict=True
        ):
            entities = getattr(prediction, "entities", None) or getattr(prediction, "slots", [])
            assert [
                (text.encode()[span.start : span.end].decode(), types[span.type]) for span in spans
            ] == [(entity.text, entity.type) for entity in entities]
            np.testing.assert_allclose(
                [span.probability for span in spans],
                [entity.score for entity in entities],
                rtol=1e-5,
            )
    elif run.task.name == "text-classification":
        labels = [run.label_names[index] for index in found.outputs["logits"].argmax(axis=1)]
        predictions = predictor.predict(
            *zip(*rows, strict=True) if run.reads_pairs else ([text for (text,) in rows],)
        )
        assert labels == [prediction.label for prediction in predictions]


def _tag_output(run):
    return "slot_logits" if run.task.name == "intent-and-slots" else "logits"


@EACH_TASK
def test_the_examples_of_both_runtimes_print_the_same(run, sources, run_example, tmp_path):
    folder, micro = tmp_path / "c", tmp_path / "micro"
    command("export", run.folder, "--output", folder, "--runtime", "c")
    command("export", run.folder, "--output", micro, "--runtime", "tflite-micro")
    subprocess.run(["cmake", "-S", folder, "-B", tmp_path], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", tmp_path], check=True, capture_output=True)
    # It ends with status 2 if a golden text differs.
    printed = subprocess.run(
        [tmp_path / "tfsqueeze_example"], capture_output=True, text=True, check=True
    ).stdout
    texts = PAIR if "text_pair" in (folder / "golden.h").read_text() else GOLDEN_TEXTS[:1]
    outputs = run_on_host(sources, [tuple(texts)]).outputs
    # The stand-in for the interpreter gives each text the outputs of the first.
    arena, self_test, *lines = run_example(
        micro,
        *(values[0].tolist() for values in outputs.values()),
        inputs=len(sources.interface.inputs),
    ).splitlines()
    assert arena.startswith("arena: ") and self_test.startswith("self-test: ")
    expected = printed.splitlines()[-len(lines) :]
    if run.task.name == "question-answering":
        # The context takes several rows, whose outputs differ.
        lines, expected = ([line.rpartition(",")[0] for line in x] for x in (lines, expected))
    assert lines and lines == expected


@WITHOUT_TAGS
@pytest.mark.parametrize("cpu", ["cortex-m3", "cortex-m4"])
def test_outputs_and_spans_on_a_cortex_m_are_the_same(cpu, sources, rows):
    expected = run_on_host(sources, rows)
    found = run_on_cortex_m(sources, rows, cpu)
    assert found.outputs.keys() == expected.outputs.keys()
    for name, values in found.outputs.items():
        np.testing.assert_array_equal(values, expected.outputs[name])
    assert found.spans == expected.spans


def test_an_embedder_finds_the_nearest_texts_in_flash(task_run, tmp_path):
    run, texts = task_run("vectors"), ["cat dog", "bread and cheese", "rain", "a cold wind"]
    (tmp_path / "texts.txt").write_text("\n".join(texts) + "\n")
    folder = tmp_path / "out"
    options = ("--search-texts", tmp_path / "texts.txt", "--runtime", "c")
    command("export", run.folder, "--output", folder, *options)
    for file in ("README.md", "tfsqueeze.h", "library.properties"):
        assert "An embedder of sentences" in (folder / file).read_text()
    content = convert_run(run)
    predictor = predictor_class(run.task.name)(
        open_model(content, kernels="reference"), read_metadata(content)
    )
    example = (folder / "example" / "main.c").read_text()
    for query in ("a dog", "soup"):
        (folder / "example" / "main.c").write_text(
            example.replace(example.split("text[] = ")[1].split(";")[0], f'"{query}"')
        )
        files = [*folder.glob("*.c"), folder / "example" / "main.c"]
        subprocess.run(["gcc", f"-I{folder}", *files, "-o", tmp_path / "program"], check=True)
        printed = subprocess.run([tmp_path / "program"], capture_output=True, text=True, check=True)
        (matches,) = predictor.search(texts, [query], top_k=3)
        assert printed.stdout.splitlines() == [
            f"{query}: {match.text}, cosine {round(1000 * match.score)} per mille"
            for match in matches
        ]


def test_cosines_are_printed_rounded(tmp_path):
    tasks = resources.files("converters.targets.micro") / "templates" / "tasks"
    cosines = [0.9996, 0.1234, -0.1234, -0.1236, -0.9996]
    (tmp_path / "tfsqueeze.h").write_text(
        f"""#include <stddef.h>
        #define EMBEDDER_CHANNELS 1
        typedef struct {{ size_t text; float cosine; }} embedder_match;
        typedef struct {{ int vector; }} tfsqueeze_result;
        static const char *const embedder_texts[] = {{"text"}};
        static int row;
        static size_t embedder_search(int vector, embedder_match *matches, size_t count) {{
          static const float cosines[] = {{{", ".join(f"{cosine}f" for cosine in cosines)}}};
          matches[0].text = vector, matches[0].cosine = cosines[row++];
          return count > 0;
        }}
        """
    )
    (tmp_path / "main.c").write_text(
        f"""#include <stdio.h>
        #define PRINT(...) (printf(__VA_ARGS__), putchar('\\n'))
        #include "{tasks / "sentence-embeddings" / "print_result.h"}"
        int main(void) {{
          const tfsqueeze_result result = {{0}};
          for (int i = 0; i < {len(cosines)}; i++) print_result(&result, "query");
          return 0;
        }}
        """
    )
    gcc = ["gcc", "-std=c99", "-Wall", "-Werror", f"-I{tmp_path}", tmp_path / "main.c"]
    subprocess.run([*gcc, "-o", tmp_path / "program"], check=True)
    printed = subprocess.run([tmp_path / "program"], capture_output=True, text=True, check=True)
    assert [int(line.split()[-3]) for line in printed.stdout.splitlines()] == [
        1000, 123, -123, -124, -1000,
    ]  # fmt: skip


def test_only_an_embedder_searches(task_run, tmp_path):
    (tmp_path / "texts.txt").write_text("rain\n")
    arguments = ["export", str(task_run("pairs").folder), "--target", "micro", "--runtime", "c"]
    arguments += ["--output", str(tmp_path / "out"), "--search-texts", str(tmp_path / "texts.txt")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert "only a model for sentence-embeddings searches texts" in " ".join(result.stderr.split())
    assert not (tmp_path / "out").exists()
