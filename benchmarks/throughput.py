"""The Python side: texts per second of tokenization, prediction and training; start-up times."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from converters.runtime.workers import run_in_workers

MULTIPLE_LENGTHS = (32, 64, 128)
_START_UP = {
    "tfsqueeze --help": ["--help"],
    "tfsqueeze info squeezebert-micro": ["info", "squeezebert-micro"],
    "tfsqueeze predict, one text": ["predict", "{model}", "a text to classify"],
}
_TRAINING_STEPS = 40
# What is read together, as `tfsqueeze predict --workers` does; and how often, for each worker.
_BLOCK_TEXTS, _UNTIMED_BLOCKS, _TIMED_BLOCKS = 1024, 2, 2


def measure_throughput(
    data: str,
    preset: str,
    *,
    texts: int = 1000,
    rounds: int = 5,
    max_length: int = 128,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> dict[str, Any]:
    """Measures what Python adds around the runtimes, each part in a fresh process.

    data: what `load_dataset` takes; the first `texts` of its training split are used, as often as
        they are needed.
    preset: the model, with random weights.
    rounds: repetitions; rows hold the median and the 10th and 90th percentile.

    Returns a JSON-able dict: the settings and `throughput`, rows of `name`, `unit` (`texts/s` or
    `ms`), `median`, `p10`, `p90` and `note`.

    Raises UserError where the data or the preset cannot be had.
    """
    from tfsqueeze.data.sources.named_datasets import load_dataset

    report = progress or (lambda *_: None)
    train = load_dataset(data, seed=seed).train
    sample = list(train.texts[:texts])
    parts = [
        ("building the models", build_files, (preset, max_length, sample)),
        ("tokenization", _tokenization, (sample, rounds, max_length)),
        ("training", _training, (preset, sample, rounds, max_length)),
    ]
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-") as folder:
        rows = []
        for index, (text, function, arguments) in enumerate(parts):
            report(index, len(parts) + 2, text)
            rows += run_in_workers(function, [(folder, *arguments)])[0]
        report(len(parts), len(parts) + 2, "prediction")
        for name, threads in (
            ("int8", 1),
            ("int8", 2),
            ("mobile", 1),
            ("mobile", 2),
            ("int8, several lengths", 1),
            ("mobile, several lengths", 1),
        ):
            rows += run_in_workers(_prediction, [(folder, name, threads, sample, rounds)])[0]
        for name in ("int8", "mobile"):
            rows += _prediction_in_workers(folder, name, sample, rounds)
        report(len(parts) + 1, len(parts) + 2, "start-up")
        rows += _start_up(_file(folder, "int8"), rounds)
    report(len(parts) + 2, len(parts) + 2, "done")
    return {
        "data": data,
        "preset": preset,
        "texts": len(sample),
        "rounds": rounds,
        "length": max_length,
        "throughput": rows,
    }


def _row(name: str, unit: str, values: Sequence[float], note: str = "") -> dict[str, Any]:
    p10, p90 = np.percentile(values, [10, 90]).tolist()
    return {
        "name": name,
        "unit": unit,
        "median": statistics.median(values),
        "p10": p10,
        "p90": p90,
        "note": note,
    }


def _rates(
    name: str, count: int, rounds: int, call: Callable[[], Any], note: str = ""
) -> dict[str, Any]:
    call()
    rates = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        rates.append(count / (time.perf_counter() - start))
    return _row(name, "texts/s", rates, note)


def _file(folder: str, name: str) -> Path:
    return Path(folder) / f"{name}.tflite"


def build_files(folder, preset, max_length, texts):
    """Writes packed files of both profiles, of one length and of several."""
    from benchmarks.peers.encoders import randomize
    from converters.conversion.keras_to_tflite import convert_int8
    from converters.tflite.flatbuffer import serialize_model
    from converters.tflite.metadata import pack_metadata
    from converters.tflite.signatures import merge_lengths
    from tfsqueeze.configs.presets import load_preset
    from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification
    from tfsqueeze.quantization import quantize_aware
    from tfsqueeze.tasks import TEXT_CLASSIFICATION
    from tfsqueeze.tokenizers.vocabulary import train_vocabulary
    from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
    from tfsqueeze.training.batches import tokenize

    tokenizer = WordPieceTokenizer(train_vocabulary(texts, vocab_size=8000), max_length=max_length)
    tokenizer.save_pretrained(folder)
    config = load_preset(
        preset, vocab_size=tokenizer.vocab_size, max_position_embeddings=max_length
    )
    model = randomize(SqueezeBertForSequenceClassification(config, input_names=("input_ids",)))
    qat_model = quantize_aware(model, [{"input_ids": tokenize(tokenizer, texts[:64])}])
    lengths = [length for length in MULTIPLE_LENGTHS if length < max_length] + [max_length]
    for profile in ("int8", "mobile"):
        contents = {length: convert_int8(qat_model, length, profile=profile) for length in lengths}
        for name, content in (
            (profile, contents[max_length]),
            (f"{profile}, several lengths", serialize_model(merge_lengths(contents))),
        ):
            _file(folder, name).write_bytes(
                pack_metadata(
                    content,
                    task=TEXT_CLASSIFICATION.name,
                    name="throughput",
                    description="random weights",
                    labels=list(config.id2label.values()),
                    vocabulary=tokenizer.vocabulary,
                    extra={},
                    tokenizer=tokenizer.settings(),
                )
            )
    return []


def _tokenization(folder, texts, rounds, max_length):
    from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
    from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
    from tfsqueeze.training.batches import tokenize

    full = WordPieceTokenizer.from_pretrained(folder)
    device_tokenizer = DeviceTokenizer.from_settings(full.settings(), full.vocabulary)
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    note = f"{1e6 * megabytes / len(texts):.0f} bytes a text"
    return [
        _rates(
            "tokenization for prediction",
            len(texts),
            rounds,
            lambda: device_tokenizer(texts, max_length=max_length),
            note,
        ),
        _rates(
            "tokenization by tensorflow-text",
            len(texts),
            rounds,
            lambda: tokenize(full, texts),
            note,
        ),
    ]


def _training(folder, preset, texts, rounds, max_length):
    import tf_keras as keras

    from tfsqueeze.configs.presets import load_preset
    from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification
    from tfsqueeze.tasks import TEXT_CLASSIFICATION
    from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
    from tfsqueeze.training.batches import TrainingBatches, tokenize

    tokenizer = WordPieceTokenizer.from_pretrained(folder)
    config = load_preset(
        preset, vocab_size=tokenizer.vocab_size, max_position_embeddings=max_length
    )
    batches = TrainingBatches(
        tokenize(tokenizer, texts),
        np.zeros(len(texts), np.int32),
        tokenizer,
        TEXT_CLASSIFICATION.outputs,
        batch_size=32,
        word_dropout=0.1,
        seed=0,
    )
    model = SqueezeBertForSequenceClassification(config, input_names=("input_ids",))
    model.compile(
        keras.optimizers.AdamW(1e-4), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    steps = min(batches.steps, _TRAINING_STEPS)
    data = batches.dataset().take(steps)
    count = 32 * steps

    def read():
        for _ in data:
            pass

    return [
        _rates("training: the input pipeline alone", count, rounds, read, "batches of 32"),
        _rates(
            "training: model.fit",
            count,
            rounds,
            lambda: model.fit(data, verbose=0),
            f"{preset}, all cores",
        ),
    ]


def _prediction(folder, name, threads, texts, rounds):
    from converters.inference.text_classification_predictor import TextClassificationPredictor

    classifier = TextClassificationPredictor.open(_file(folder, name), num_threads=threads)
    label = "1 thread" if threads == 1 else f"{threads} threads"
    return [
        _rates(f"predict, {name}, {label}", len(texts), rounds, lambda: classifier.predict(texts))
    ]


def _prediction_in_workers(folder, name, texts, rounds):
    from converters.inference.prediction_workers import predict_in_workers

    rows = []
    for workers in sorted({1, os.cpu_count() or 1}):
        block = [(text,) for text in itertools.islice(itertools.cycle(texts), _BLOCK_TEXTS)]
        results = predict_in_workers(
            _file(folder, name), itertools.repeat(block), _json, workers=workers
        )
        # All processes have rows waiting then.
        for _ in range(_UNTIMED_BLOCKS * workers):
            next(results)
        rates = []
        for _ in range(rounds):
            start = time.perf_counter()
            for _ in range(_TIMED_BLOCKS * workers):
                next(results)
            taken = time.perf_counter() - start
            rates.append(_TIMED_BLOCKS * workers * _BLOCK_TEXTS / taken)
        results.close()
        title = "1 worker" if workers == 1 else f"{workers} workers"
        ratio = statistics.median(rates) / rows[0]["median"] if rows else None
        note = "" if ratio is None else f"{ratio:.2f} times 1 worker"
        rows.append(_row(f"predict, {name}, {title}", "texts/s", rates, note))
    return rows


def _json(row, prediction):
    return json.dumps(dataclasses.asdict(prediction))


def _start_up(model, rounds):
    rows = []
    for name, arguments in _START_UP.items():
        command = [
            sys.executable,
            "-m",
            "tfsqueeze",
            *(argument.format(model=model) for argument in arguments),
        ]
        taken = []
        for _ in range(rounds + 1):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            taken.append(1e3 * (time.perf_counter() - start))
        imported = subprocess.run(
            [sys.executable, "-X", "importtime", *command[1:]],
            check=True,
            capture_output=True,
            text=True,
        ).stderr
        modules = [
            line.rpartition("|")[2].strip()
            for line in imported.splitlines()
            if line.startswith("import time:")
        ]
        loads = "loads TensorFlow" if "tensorflow" in modules else "no TensorFlow"
        rows.append(_row(name, "ms", taken[1:], f"{len(modules)} modules, {loads}"))
    return rows
