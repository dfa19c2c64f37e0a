"""How fast data of any size are read and trained on, and how much memory that takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.utils.errors import UserError

_LABELS, _WORDS_OF_TEXT = 20, 8
_VOCABULARY = 50_000
_ROWS_AT_ONCE = 100_000


def measure_large_data(
    rows: list[int],
    *,
    steps: int = 200,
    batch_size: int = 128,
    preset: str = "squeezebert-micro",
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> list[dict[str, Any]]:
    """Measures each size of data in a process of its own, and small ones in memory beside.

    rows: the numbers of rows. steps: training steps. batch_size: texts of a step. preset: that of
    the model.

    Returns a JSON-able dict for each step of each process: `rows`, `way` (`stream` or `memory`),
    `step`, `seconds`, `rate` in rows per second, and `peak_bytes`, the most memory of the process
    until then.
    """
    found = []
    ways = [(count, "stream") for count in rows] + [(min(rows), "memory")]
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-") as folder:
        for number, (count, way) in enumerate(ways):
            progress(number, len(ways), f"{count:,} rows, {way}")
            path = Path(folder) / f"{count}.tsv"
            if not path.exists():
                _write(path, count)
            case = {"path": str(path), "rows": count, "way": way, "steps": steps}
            case |= {"batch_size": batch_size, "preset": preset}
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.large_data", json.dumps(case)],
                capture_output=True,
                text=True,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            )
            if done.returncode:
                raise UserError(f"{count:,} rows, {way}: {done.stderr.strip()[-500:]}")
            found += json.loads(done.stdout.splitlines()[-1])
    return found


def _write(path: Path, rows: int) -> None:
    """Writes a table of short texts whose words are as unequally frequent as those of a language.

    A twentieth of the words tells the label.
    """
    draw = np.random.default_rng(0)
    words = np.array([f"w{number}" for number in range(_VOCABULARY)])
    with path.open("w", encoding="utf-8") as file:
        file.write("text\tlabel\n")
        for start in range(0, rows, _ROWS_AT_ONCE):
            count = min(_ROWS_AT_ONCE, rows - start)
            ranks = np.minimum(draw.zipf(1.3, (count, _WORDS_OF_TEXT)), _VOCABULARY) - 1
            labels = draw.integers(0, _LABELS, count)
            texts = [" ".join(row) for row in words[ranks].tolist()]
            file.writelines(
                f"topic{label} {text}\tlabel {label}\n"
                for text, label in zip(texts, labels.tolist(), strict=True)
            )


def _measure(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Does what `train_task` does, step by step."""
    from tfsqueeze.data.readers import large_files

    large_files.LARGE_BYTES = -1 if case["way"] == "stream" else 1 << 62
    found: list[dict[str, Any]] = []
    count = case["rows"]

    def step(name: str, rows: int, function: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = function()
        seconds = time.perf_counter() - start
        found.append(
            {
                "rows": count,
                "way": case["way"],
                "step": name,
                "seconds": seconds,
                "rate": rows / seconds,
                "peak_bytes": _peak_bytes(),
            }
        )
        return result

    from tfsqueeze.recipes.preparation import prepare_training

    given = {"preset": case["preset"], "batch_size": case["batch_size"], "epochs": 1}
    prepared = step("reading", count, lambda: prepare_training(case["path"], given=given))
    task, splits, options = prepared.task, prepared.splits, prepared.options

    from tfsqueeze.tokenizers.vocabulary import train_vocabulary
    from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
    from tfsqueeze.training.batches import TrainingBatches, validation_batches
    from tfsqueeze.training.encoding import encode_dataset, encode_examples, keras_targets
    from tfsqueeze.training.examples import Examples, Origin
    from tfsqueeze.training.fit import compile_for_task
    from tfsqueeze.training.model_setup import model_config, new_model
    from tfsqueeze.training.run_folder import Seconds

    train = len(splits.train)
    texts = task.training.vocabulary_texts(splits.train)
    vocabulary = step("vocabulary", train, lambda: train_vocabulary(texts, options.vocab_size))
    tokenizer = WordPieceTokenizer(vocabulary, max_length=options.max_length)
    config = task.training.configure(model_config(tokenizer, task, options), splits)
    classes = task.classes(list(config.id2label.values()), ())
    with tempfile.TemporaryDirectory() as folder:
        encoded = step(
            "tokenization",
            train,
            lambda: encode_examples(
                Examples.originals(splits.train),
                task,
                tokenizer,
                classes,
                ("input_ids",),
                teacher=None,
                folder=Path(folder),
                seconds=Seconds(Path(folder) / "seconds.json"),
                seed=0,
                encoded_folder=Path(folder) / "encoded",
            ),
        )

    def make_batches() -> TrainingBatches:
        rows = encoded.take(np.flatnonzero(encoded.origins == Origin.ORIGINAL))
        return TrainingBatches(
            rows.inputs,
            keras_targets(task, rows.targets),
            tokenizer,
            task.outputs,
            batch_size=case["batch_size"],
            word_dropout=0.1,
            seed=0,
        )

    def first_stage() -> None:
        batches = make_batches()
        model = new_model(config, task, ("input_ids",), tokenizer, options)
        compile_for_task(model, task, classes, 1e-3, batches.steps, options)
        data = batches.dataset()
        step("first batch", 1, lambda: next(iter(data)))
        count = case["steps"] * case["batch_size"]
        part = data.take(case["steps"])
        step("input of training", count, lambda: [0 for _ in part])
        step("training", count, lambda: model.fit(part, epochs=1, verbose=0))
        encodings, targets = encode_dataset(splits.validation, task, tokenizer, classes)
        validation = validation_batches(
            encodings.select(("input_ids",)), keras_targets(task, targets), tokenizer, task.outputs
        )
        step("validation", len(encodings), lambda: model.evaluate(validation, verbose=0))

    first_stage()
    # Quantization-aware training follows, on the same rows.
    step("first batch of the next stage", 1, lambda: next(iter(make_batches().dataset())))
    return found


def _peak_bytes() -> int | None:
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    print(json.dumps(_measure(json.loads(sys.argv[1]))))
