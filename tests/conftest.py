"""Fixtures that every test folder shares."""

from __future__ import annotations

import csv
import dataclasses
import gc
import hashlib
import os
import random
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
if "PYTEST_XDIST_WORKER" in os.environ:
    # There is a worker for each core; more threads would only wait for each other.
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")

REPOSITORY = Path(__file__).resolve().parents[1]
_FIGURES = pytest.StashKey[list[str]]()
_DAY = 86_400
_TARGETS = ("tests/converters/targets/edgetpu", "tests/converters/targets/ethos_u", "tests/coral")


# The files that take longest, longest first: workers start with them, so that all end together.
_LONGEST = (
    "test_demo.py",
    "test_end_to_end.py",
    "test_micro_verification.py",
    "test_notebooks.py",
    "test_conversion_bytes.py",
    "test_every_task.py",
    "test_tasks.py",
    "test_comparison.py",
    "test_backbone.py",
    "test_on_arm64.py",
    "test_c_tokenizer.py",
    "test_throughput.py",
    "test_teaching.py",
    "test_large_data.py",
    "test_pretrain.py",
    "test_keras_to_tflite.py",
    "test_cli.py",
    "test_dense_models.py",
    "test_qat.py",
    "test_post_training.py",
    "test_pretrained_heads.py",
    "test_pairs.py",
    "test_intent_and_slots.py",
    "test_token_classification.py",
    "test_question_answering.py",
    "test_pretrained_and_distilled.py",
    "test_multilingual_distillation.py",
    "test_quantization_aware_stage.py",
    "test_train_task.py",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(REPOSITORY) and item.path.relative_to(
            REPOSITORY
        ).as_posix().startswith(_TARGETS):
            item.add_marker("targets")
    order = {name: index for index, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


def pytest_collection_finish():
    if "tensorflow" in sys.modules:
        # To optimize the graph of a tiny model takes longer than to run it as it is.
        sys.modules["tensorflow"].config.optimizer.set_experimental_options(
            {"disable_meta_optimizer": True}
        )
    # `forget_models` then need not look at what importing TensorFlow made.
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def report(pytestconfig) -> Callable[[str], None]:
    """A function that prints a line at the end of the run, even if output is captured."""
    return pytestconfig.stash.setdefault(_FIGURES, []).append


def pytest_sessionfinish(session):
    # A worker's lines go to the process that prints.
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = session.config.stash.get(_FIGURES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    node.config.stash.setdefault(_FIGURES, []).extend(node.workeroutput.get("figures", []))


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash.get(_FIGURES, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="module", autouse=True)
def forget_models():
    """Frees what TensorFlow keeps of the models of a module."""
    yield
    if "tf_keras" in sys.modules:
        sys.modules["tf_keras"].backend.clear_session()
    gc.collect()


@pytest.fixture(scope="session")
def made_once() -> Callable[[str, Callable[[Path], None]], Path]:
    """A function that returns a folder by name, made by the first process that asks for it.

    The folders are shared by worker processes and by later runs, until a source file changes. Those
    of other sources stay for a day, for another run may read them.
    """
    digest = hashlib.sha256()
    sources = [
        path for name in ("tfsqueeze", "converters") for path in (REPOSITORY / name).rglob("*.py")
    ]
    fixtures = (REPOSITORY / "tests").rglob("conftest.py")
    for path in sorted([*fixtures, *sources]):
        digest.update(path.read_bytes())
    root = REPOSITORY / "build" / "test-models"
    folder = root / digest.hexdigest()[:16]
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / "lock"):
        for other in root.iterdir():
            if other.is_dir() and time.time() - other.stat().st_mtime > _DAY:
                shutil.rmtree(other)
        folder.mkdir(exist_ok=True)
        os.utime(folder)

    def make(name: str, fill: Callable[[Path], None]) -> Path:
        from tfsqueeze.utils.files import write_atomically

        path = folder / name
        with FileLock(folder / f"{name}.lock"):
            if not path.exists():
                with write_atomically(path) as temporary:
                    fill(temporary)
        return path

    return make


@pytest.fixture(scope="session")
def goldens_dir() -> Path:
    """The reference outputs that this repository carries."""
    return REPOSITORY / "tests" / "goldens"


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real datasets beside the checkout; skips the test where it is absent."""
    folder = Path(os.environ.get("TFSQUEEZE_SHARED", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no shared datasets at {folder} (set TFSQUEEZE_SHARED)")
    return folder


WORDS = {
    "animals": "cat dog horse cow sheep goat hen duck fox wolf bear".split(),
    "food": "bread cheese apple soup rice cake salad egg honey butter".split(),
    "weather": "rain snow wind storm sun cloud fog hail thunder frost".split(),
}


@pytest.fixture(scope="session")
def topics_folder(made_once) -> Path:
    """A labelled dataset of three topics that a few steps of training tell apart."""
    return made_once("topics", _write_topics)


def _write_topics(folder: Path) -> None:
    draw = random.Random(0)
    folder.mkdir()
    for part, count in (("train", 180), ("val", 30), ("test", 30)):
        with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as lines:
            table = csv.writer(lines)
            table.writerow(("text", "label"))
            for index in range(count):
                label = list(WORDS)[index % len(WORDS)]
                words = draw.choices(WORDS[label], k=draw.randint(2, 10))
                table.writerow((" ".join(["the", *words]), label))


@pytest.fixture(scope="session")
def generate_strings():
    """Makes strings of all kinds of characters, lone surrogates too, and pieces of tokens."""
    difficult = (
        "aAbBéÉßıİΣσςſKÅ.,!'-_[]#@ \t\n\r\x00\x85\u00a0\u200b\u2028\u3000\ufeff\ufffd"
        "東京ไทย한국어1½™ǅﬁ\u0301\u0334\u302e\u1b44\U0001d165\U0001d15e\U0001f600\U000e0001"
    )

    def generate(count: int, vocabulary, seed: int) -> list[str]:
        draw = random.Random(seed)
        words = [token.removeprefix("##") for token in vocabulary]

        def character():
            return chr(
                draw.choice(
                    (
                        draw.randrange(0x80),
                        draw.randrange(0x800),
                        draw.randrange(0x10000),
                        draw.randrange(sys.maxunicode + 1),
                    )
                )
            )

        kinds = (
            lambda: draw.choice(words),
            lambda: draw.choice(words) + " ",
            lambda: draw.choice(words).upper(),
            lambda: draw.choice(difficult),
            character,
            lambda: "".join(character() for _ in range(draw.randrange(12))),
            lambda: draw.choice("aZ9é") * draw.choice((99, 100, 101, 133, 200, 201, 399, 401)),
        )
        weights = (30, 30, 5, 20, 15, 5, 0.2)
        return [
            "".join(draw.choices(kinds, weights)[0]() for _ in range(draw.randrange(30)))
            for _ in range(count)
        ]

    return generate


@pytest.fixture(scope="session")
def tiny_options():
    """Settings of a training run that takes seconds."""
    from tfsqueeze.training.training_options import TrainingOptions

    return TrainingOptions(
        preset="squeezebert-micro",
        model={
            "hidden_size": 32,
            "num_attention_heads": 2,
            "intermediate_size": 64,
            "hidden_dropout_prob": 0.0,
        },
        vocab_size=200,
        max_length=16,
        epochs=3,
        qat_epochs=1,
        batch_size=16,
        learning_rate=1e-2,
        qat_learning_rate=1e-3,
        word_dropout=0.0,
    )


@pytest.fixture(scope="session")
def one_layer_options(tiny_options):
    """`tiny_options` with one layer, for tests of training whose model may be any."""
    return dataclasses.replace(
        tiny_options,
        model={**tiny_options.model, "num_hidden_layers": 1, "layer_types": ["attention"]},
    )


@pytest.fixture(scope="session")
def trained_run(topics_folder, tiny_options, made_once):
    """A finished run on `topics_folder`. Tests must leave its folder as it is."""
    from tfsqueeze.data.sources.named_datasets import load_dataset
    from tfsqueeze.tasks import TEXT_CLASSIFICATION
    from tfsqueeze.training.train_task import train_task
    from tfsqueeze.training.trained_run import load_run

    return load_run(
        made_once(
            "topics-run",
            lambda folder: train_task(
                folder, TEXT_CLASSIFICATION, load_dataset(topics_folder), tiny_options
            ),
        )
    )


@pytest.fixture(scope="session")
def mixed_folder(made_once) -> Path:
    """Texts of no topic, of one or of several: their `label`, and how many words as a `number`."""
    return made_once("mixed", _write_mixed)


def _write_mixed(folder: Path) -> None:
    draw = random.Random(0)
    folder.mkdir()
    for part, count in (("train", 240), ("val", 60), ("test", 40)):
        with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as lines:
            table = csv.writer(lines)
            table.writerow(("text", "label", "number"))
            for _ in range(count):
                labels = [label for label in WORDS if draw.random() < 0.4]
                words = [word for label in labels for word in draw.choices(WORDS[label], k=2)]
                draw.shuffle(words)
                text = " ".join(["the", *words])
                table.writerow((text, "|".join(labels), 20.5 - 10 * len(words)))


@pytest.fixture(scope="session")
def labels_run(mixed_folder, one_layer_options, made_once):
    """A finished run of several labels for a text. Tests must leave its folder as it is."""
    from tfsqueeze.tasks import MULTI_LABEL_CLASSIFICATION

    return _mixed_run(
        MULTI_LABEL_CLASSIFICATION, "label", mixed_folder, one_layer_options, made_once
    )


@pytest.fixture(scope="session")
def number_run(mixed_folder, one_layer_options, made_once):
    """A finished run of a number for a text. Tests must leave its folder as it is."""
    from tfsqueeze.tasks import REGRESSION

    return _mixed_run(REGRESSION, "number", mixed_folder, one_layer_options, made_once)


def _mixed_run(task, label_column, folder, options, made_once):
    from tfsqueeze.training.train_task import train_task
    from tfsqueeze.training.trained_run import load_run

    splits = task.data.load_splits(str(folder), label_column=label_column)
    return load_run(
        made_once(
            f"mixed-{label_column}-run",
            lambda path: train_task(path, task, splits, options, dataset_name=str(folder)),
        )
    )


@pytest.fixture(scope="session")
def topics_model(trained_run, made_once) -> Path:
    """The int8 .tflite of `trained_run`, with its labels and vocabulary inside."""
    from converters.conversion.runs import convert_run

    return made_once(
        "topics.tflite", lambda path: path.write_bytes(convert_run(trained_run)) and None
    )
