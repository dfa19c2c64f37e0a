"""How many tokens a second training takes, beside an earlier commit."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.configs.presets import load_preset
from tfsqueeze.models.complexity import count_macs
from tfsqueeze.utils.errors import UserError

STAGES = ("float", "qat", "distillation", "epoch")
_WORKER = Path(__file__).with_name("training_worker.py")
_TOKENS = 4096
_TEXTS = 1600
_BATCH_OF_EPOCH = 32
# The products of a step: those of the forward pass, of the inputs' and of the weights' gradients.
_PASSES = 3


def measure_training(
    presets: Sequence[str],
    stages: Sequence[str],
    lengths: Sequence[int],
    precisions: Sequence[str] = ("float32",),
    *,
    before: Path | None = None,
    rounds: int = 7,
    steps: int = 3,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> list[dict[str, Any]]:
    """Measures training steps on random ids, and whole epochs of `fit` on texts of Reuters R8.

    presets: the shapes of the models. stages: of `STAGES`; `epoch` is the float stage with its
    input pipeline. lengths: tokens of a text; of an epoch, the most. precisions: `float32` or
    `bfloat16`. before: a checkout of another commit, which takes turns with this one, in float32.
    rounds: turns of each. steps: steps of a turn.

    Returns a JSON-able dict for each case: `tokens_per_second` of each checkout (median over the
    rounds; of an epoch, padding not counted), `speedup` of this one (median of the rounds' ratios)
    with its 10th and 90th percentile, and `gflops`, the rate of the products of this one.
    """
    if before is not None and not (before / "tfsqueeze").is_dir():
        raise UserError(f"{before} is no checkout of this project: it has no folder tfsqueeze")
    checkouts = {"this": Path(__file__).parent.parent, **({"before": before} if before else {})}
    cases = list(itertools.product(presets, stages, lengths, precisions))
    rows = []
    for number, (preset, stage, length, precision) in enumerate(cases):
        progress(number, len(cases), f"{preset}, {stage}, {length} tokens, {precision}")
        case = {"preset": preset, "stage": stage, "length": length, "precision": precision}
        case["batch_size"] = _TOKENS // length
        turns = steps
        if stage == "epoch":
            case |= {"batch_size": _BATCH_OF_EPOCH, "texts": _TEXTS}
            turns = 1
        seconds = _take_turns(case, checkouts, rounds, turns)
        rows.append({**case, **_figures(case, seconds, turns)})
    return rows


def _take_turns(
    case: dict[str, Any], checkouts: dict[str, Path], rounds: int, turns: int
) -> dict[str, list[float]]:
    workers = {
        name: subprocess.Popen(
            [
                sys.executable,
                "-P",
                os.fspath(_WORKER),
                json.dumps(case if name == "this" else {**case, "precision": "float32"}),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": os.fspath(folder), "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        for name, folder in checkouts.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in workers}
    try:
        for name, worker in workers.items():
            if _read(worker) != "ready":
                raise UserError(f"the worker of {checkouts[name]} ended; run {_WORKER} by hand")
        for _, (name, worker) in itertools.product(range(rounds), workers.items()):
            print(turns, file=worker.stdin, flush=True)
            seconds[name].append(float(_read(worker)))
    finally:
        for worker in workers.values():
            worker.kill()
            worker.wait()
    return seconds


def _read(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


def _figures(case: dict[str, Any], seconds: dict[str, list[float]], turns: int) -> dict[str, Any]:
    tokens = _tokens_of_epoch(case) if "texts" in case else _TOKENS * turns
    rates = {name: float(tokens / np.median(values)) for name, values in seconds.items()}
    figures: dict[str, Any] = {"tokens_per_second": rates, "speedup": None, "gflops": None}
    if "before" in seconds:
        ratios = np.array(seconds["before"]) / np.array(seconds["this"])
        figures["speedup"] = float(np.median(ratios))
        figures["speedup_p10"], figures["speedup_p90"] = np.percentile(ratios, [10, 90]).tolist()
    if case["stage"] in ("float", "qat"):
        config, length = load_preset(case["preset"]), case["length"]
        first_token_only = config.classifies_first_token
        macs = sum(count_macs(config, length, first_token_only=first_token_only).values()) / length
        figures["gflops"] = 2 * _PASSES * macs * rates["this"] / 1e9
    return figures


def _tokens_of_epoch(case: dict[str, Any]) -> int:
    from tfsqueeze.checkpoints.model_sources import pretrained_folder
    from tfsqueeze.data.sources.named_datasets import load_dataset
    from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
    from tfsqueeze.training.batches import tokenize

    tokenizer = WordPieceTokenizer.from_pretrained(
        pretrained_folder("squeezebert-tiny"), max_length=case["length"]
    )
    texts = load_dataset("reuters-r8").train.sample(case["texts"], 0).texts
    return int((tokenize(tokenizer, texts) != tokenizer.pad_token_id).sum())


def product_gflops(precision: str = "float32", seconds: float = 1.0) -> float:
    """Returns the rate of a product of 4,096 x 768 by 768 x 768 in TensorFlow, 10^9/s."""
    import tensorflow as tf

    x, y = (tf.cast(tf.random.normal([rows, 768]), precision) for rows in (4096, 768))
    multiply = tf.function(lambda: tf.reduce_sum(tf.matmul(x, y)[0]))
    multiply()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        multiply().numpy()
        times.append(time.perf_counter() - start)
    return 2 * 4096 * 768 * 768 / min(times) / 1e9
