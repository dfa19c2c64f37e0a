"""Every command of the documents runs, on small data, in the order in which a page has it.

Runs are cut to one epoch. What a page leaves out, such as the conversion of a run before `predict`,
is done when a command needs the file.
"""

from __future__ import annotations

import csv
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tfsqueeze import BertConfig, BertForSequenceClassification
from tfsqueeze.cli.main import app
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

pytestmark = pytest.mark.docs

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "coral/README.md", "android_demo/README.md"] + sorted(
    str(path.relative_to(REPOSITORY))
    for path in (REPOSITORY / "docs").glob("*.md")
    # `make docs` copies it from CONTRIBUTING.md, whose example test_registry.py runs.
    if path.name != "contributing.md"
)
_COMMAND = re.compile(r"^\s{3,}tfsqueeze ((?:.*\\\n)*.*)$", re.MULTILINE)
_PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
# What stands for a name in a page.
_NAMES = {
    "DATA": "my_texts/",
    "RUN": "runs/mine",
    "FILE.tflite": "mine.tflite",
    "FOLDER": "report",
    "HELD_OUT": "held_out.csv",
    "reuters-r8": "my_texts/",
}
# Commands with these words are not run, for the reason given.
_LEFT_OUT = {
    "demo": "make demo and tests/test_demo.py run it",
    "compare": "tests/converters/experiments/test_comparison.py runs it",
    "predict-files": "needs Beam; tests/converters/inference/test_beam_prediction.py runs it",
    "prepare": "needs Beam; tests/tfsqueeze/pretraining/test_text_pipeline.py runs it",
    "pretrain": "fetches all-MiniLM-L6-v2; tests/tfsqueeze/pretraining run it with other teachers",
    "all-minilm-l6-v2": "fetches 90 MB",
    "search": "needs a run that learns from 90 MB; tests/tfsqueeze/cli/test_cli.py runs it",
    "runs/teacher": "learns from a run that fetches 90 MB",
    "runs/embedder": "learns from a teacher of 90 MB; tests of each target export such a run",
    "embedder.tflite": "is converted from such a run",
    "--distribute": "needs several processes; tests/distributed runs it",
    "logs/2026-*.tsv.gz": "tests/tfsqueeze/training/test_large_data.py trains on large files",
    "labels/part-*.jsonl": "needs what predict-files writes on Beam",
    "taught": "needs what prepare writes; tests/tfsqueeze/training/test_taught_texts.py runs it",
    "runs/tiny-8/backbone": "is pretrained with 90 MB",
    "runs/r8-micro": "tests/converters/targets/micro verify it on all of Reuters R8",
    "runs/benchmarks/tasks/noise/seed-0/SqueezeBERT, noisy copies": "measures a benchmark's run",
}
# Options that make a run of seconds; the last one of a name counts.
_QUICK = ["--epochs", "1", "--qat-epochs", "0", "--batch-size", "16", "--patience", "1"]


def pages_with(pattern):
    return [page for page in PAGES if pattern.search((REPOSITORY / page).read_text("utf-8"))]


def write_table(path, *rows):
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def workspace(topics_folder, pairs_folder, conll_folder, snips_folder, squad_folder, tmp_path):
    """A folder with all data that the documents name."""
    for name, source in {
        "my_texts": topics_folder,
        "pairs": pairs_folder,
        "entities": conll_folder,
        "snips": snips_folder,
        "wikiann": conll_folder,
    }.items():
        shutil.copytree(source, tmp_path / name)
    shutil.copy(squad_folder / "train.json", tmp_path / "squad.json")
    for name in ("held_out.csv", "labelled.csv"):
        shutil.copy(topics_folder / "test.csv", tmp_path / name)
    with (topics_folder / "train.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    texts = [row["text"] for row in rows]
    shutil.copy(REPOSITORY / "docs" / "first-model" / "questions.csv", tmp_path)
    for name in ("texts.txt", "faq.txt", "others.txt"):
        (tmp_path / name).write_text("\n".join(texts) + "\n")
    (tmp_path / "article.txt").write_text("It was written by Ada in 1843.\n")
    alike = [(text, text, n / 10) for n, text in enumerate(texts[:30])]
    write_table(tmp_path / "pairs.csv", ("text", "other", "score"), *alike)
    for part in ("train", "dev"):
        path = tmp_path / "stsb" / "en" / f"{part}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = [("text", "other", "label"), *alike]
        path.write_text("".join("\t".join(map(str, row)) + "\n" for row in table))
    write_table(
        tmp_path / "mail.csv",
        ("text", "label"),
        *((text, "fraud" if n % 10 == 0 else "ok") for n, text in enumerate(texts)),
    )
    write_table(
        tmp_path / "tickets.csv",
        ("text", "label"),
        *((text, ("late|urgent", "late", "urgent")[n % 3]) for n, text in enumerate(texts)),
    )
    write_table(
        tmp_path / "reviews.csv",
        ("text", "stars"),
        *((text, n % 9 / 2) for n, text in enumerate(texts)),
    )
    for folder, column in (("questions", "second_question"), ("more", "other")):
        shutil.copytree(pairs_folder, tmp_path / folder)
        for path in (tmp_path / folder).glob("*.csv"):
            path.write_text(path.read_text().replace("text,other", f"text,{column}", 1))
    save_checkpoint(tmp_path / "my_checkpoint", texts, sorted({row["label"] for row in rows}))
    return tmp_path


def save_checkpoint(folder, texts, labels):
    words = sorted({word for text in texts for word in re.findall(r"\w+", text.lower())})
    tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words], max_length=16)
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
    )
    BertForSequenceClassification(config.with_labels(labels)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def run(*words):
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, f"{shlex.join(words)}\n{result.output}"


def prepared(words):
    """The words of a command on small data; None for one that is not run."""
    if _LEFT_OUT.keys() & set(words):
        return None
    words = [_NAMES.get(word, word) for word in words]
    if words[0] == "train":
        # A teacher of vectors is MiniLM, which is 90 MB.
        if "sentence-embeddings" in words and "--text-pair-column" not in words:
            return None
        words += _QUICK
        if not {"--size", "--target", "--preset", "--pretrained"} & set(words):
            words += ["--target", "micro"]
        if "--max-length" not in words and "--target" in words:
            words += ["--max-length", "16"]
    if words[0] == "convert" and "--max-length" in words and "any.tflite" in words:
        words = ["convert", "runs/mine", "-o", "any.tflite", "--max-length", "8"]
    if words[0] == "diff":
        words = ["report" if word.startswith("report-") else word for word in words]
    if words[0] == "robustness":
        words += ["--texts", "5", "--noise", "keyboard", "--attack", "none"]
    return words


def output_of(words):
    return next(words[n + 1] for n, word in enumerate(words) if word in ("-o", "--output"))


@pytest.mark.parametrize("page", pages_with(_COMMAND))
def test_commands(page, workspace, monkeypatch):
    monkeypatch.chdir(workspace)
    last = None
    for command in _COMMAND.findall((REPOSITORY / page).read_text("utf-8")):
        words = prepared(shlex.split(command.replace("\\\n", " "), comments=True))
        if words is None:
            continue
        if words[0] == "train":
            last = output_of(words)
            shutil.rmtree(last, ignore_errors=True)
        else:
            for word in words[1:]:
                if word == "mine-hub" and "huggingface" not in words:
                    continue
                if word.startswith("runs/") and not Path(word).exists() and "/" not in word[5:]:
                    train_for(word)
                    last = word
            model = words[1] if words[1].endswith(".tflite") else None
            if model is not None and not Path(model).exists():
                run("convert", last or train_for("runs/mine"), "-o", model)
        run(*words)


def train_for(folder):
    """Trains a run that a page takes for granted."""
    data, length = ("squad.json", "384") if folder.endswith("answers") else ("my_texts/", "16")
    run("train", data, "-o", folder, "--target", "micro", *_QUICK, "--max-length", length)
    return folder


@pytest.mark.parametrize("page", pages_with(_PYTHON))
def test_python(page, workspace, monkeypatch, capsys):
    monkeypatch.chdir(workspace)
    with (workspace / "my_texts" / "train.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:32]
    names = sorted({row["label"] for row in rows})
    namespace = {
        "texts": [row["text"] for row in rows],
        "label_ids": np.array([names.index(row["label"]) for row in rows]),
        "names": names,
        "labels": [row["label"] for row in rows],
    }
    for block in _PYTHON.findall((REPOSITORY / page).read_text("utf-8")):
        # What a page shows of another library needs that library.
        if "import torch" in block or "from transformers" in block:
            continue
        exec(compile(block, page, "exec"), namespace)
    assert capsys.readouterr().out
