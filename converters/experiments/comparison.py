"""Compares ways to classify texts or pairs: baselines, a fine-tuned BERT, and SqueezeBERT."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tf_keras as keras

from converters.conversion.keras_to_tflite import convert_float, convert_int8
from converters.experiments.comparison_options import METHODS, ComparisonOptions
from converters.runtime.workers import latency, predict_outputs, run_in_workers
from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, pretrained_folder
from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.evaluation.baselines import majority_baseline, tfidf_baseline
from tfsqueeze.evaluation.classification import classification_metrics
from tfsqueeze.models.architectures import read_config
from tfsqueeze.models.complexity import count_macs
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.examples import Examples, add_unlabelled
from tfsqueeze.training.keras_outputs import keras_outputs
from tfsqueeze.training.run_folder import claim_folder, lock_folder
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.files import write_atomically

TEACHER = "all-minilm-l6-v2"
_BASELINES = {"majority": majority_baseline, "tfidf": tfidf_baseline}
# DistilBERT has no token types.
_WITHOUT_PAIRS = frozenset({"distilbert"})
_LATENCY_ROUNDS = 40


@dataclasses.dataclass(frozen=True)
class Claim:
    """One claim on the distilled model, with the measured figure.

    Args:
        text: what the figure is, after the figure itself: `points above the teacher`.
        value: the figure.
        unit: `points` of accuracy between two models, or a `ratio` of their costs.

    Example:
        >>> Claim("of the bytes of the teacher's int8", 0.25, "ratio").value
        0.25
    """

    text: str
    value: float
    unit: Literal["points", "ratio"]


def compare(
    folder: Path,
    data: str,
    load: Callable[[int], TextDatasetSplits],
    options: ComparisonOptions,
    callbacks: Callable[[str, int, int], Sequence] = lambda *_: (),
    progress: Callable[[str, int, int], None] = lambda *_: None,
    announce: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Trains and evaluates every method on one dataset, for every seed.

    Args:
        folder: for the runs and results. Results of an interrupted comparison with the same
            settings are not made again.
        data: the dataset's name.
        load: returns the dataset's parts for a seed. Methods are evaluated on the test part, or on
            the validation part where there is no test part.
        options: the settings.
        callbacks: as `train_task` takes them, of method and stage.
        progress: as `train_task` takes it, with what is counted as first argument.
        announce: called with the name of each step that begins.

    Returns:
        A JSON-able dictionary: `data`, `max_length`, `seeds`, `examples` by part, `evaluated_on`
        and `rows`. A row is a method in float32 or int8: `method`, `precision` (None for
        baselines), `accuracy` (a fraction of 1 for each seed), `mean`, `std` (of the sample; None
        for one seed), and for a .tflite file `bytes`, `macs` and `milliseconds` (median of a batch
        of one on LiteRT with one thread, where all files of the first seed take turns). int8
        accuracies are those of the .tflite file on LiteRT.

    Raises:
        UserError: the folder holds a comparison with other settings, or another process writes to
            it.
    """
    with lock_folder(folder):
        return _compare(folder, data, load, options, callbacks, progress, announce)


def _compare(
    folder: Path,
    data: str,
    load: Callable[[int], TextDatasetSplits],
    options: ComparisonOptions,
    callbacks: Callable[[str, int, int], Sequence],
    progress: Callable[[str, int, int], None],
    announce: Callable[[str], None],
) -> dict[str, Any]:
    """Compares in a folder that no other process writes to; see `compare`."""
    first = load(0)
    counts = token_counts(
        add_unlabelled(
            Examples.originals(first.train), first, options.unlabelled, folder / "unlabelled"
        ).dataset,
        options,
    )
    max_length = fitting_length(counts[: len(first.train)])
    copies = fitting_copies(np.minimum(counts, max_length), options.distilled_tokens)
    settings = json.loads(json.dumps(dataclasses.asdict(options)))
    # More seeds or methods may come later.
    del settings["seeds"], settings["methods"]
    claim_folder(
        folder,
        {"data": data, "examples": len(first.train), "max_length": max_length, "options": settings},
    )
    methods = [
        method
        for method in options.methods
        if first.train.text_pairs is None or method not in _WITHOUT_PAIRS
    ]
    for method in sorted(set(options.methods).difference(methods)):
        announce(f"{data}: without {METHODS[method]}, which has no token types for pairs")
    accuracies: dict[tuple[str, str | None], list[float]] = {}
    costs: dict[tuple[str, str | None], dict[str, Any]] = {}
    for seed in range(options.seeds):
        splits = load(seed)
        for method in methods:
            path = folder / f"seed-{seed}" / f"{method}.json"
            if not path.exists():
                announce(f"{data}, seed {seed}: {METHODS[method]}")
                result = _evaluate(
                    method,
                    splits,
                    data,
                    _training_options(
                        options, method, max_length, copies, seed, path.with_name("teacher")
                    )
                    if method not in _BASELINES
                    else None,
                    path,
                    callbacks,
                    progress,
                )
                with write_atomically(path) as temporary:
                    temporary.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
            for row in json.loads(path.read_text("utf-8")):
                key = row["method"], row["precision"]
                accuracies.setdefault(key, []).append(row["accuracy"])
                costs.setdefault(key, {name: row.get(name) for name in ("bytes", "macs")})
    times = _latencies(folder, [key for key in accuracies if key[1]], announce)
    test = first.test or first.validation
    return {
        "data": data,
        "max_length": max_length,
        "seeds": options.seeds,
        "examples": {
            "train": len(first.train),
            "validation": len(first.validation),
            "evaluated": len(test),
        },
        "evaluated_on": "test" if first.test else "validation",
        "rows": [
            {
                "method": method,
                "precision": precision,
                "accuracy": values,
                "mean": float(np.mean(values)),
                "std": float(np.std(values, ddof=1)) if len(values) > 1 else None,
                **costs[method, precision],
                "milliseconds": times.get((method, precision)),
            }
            for (method, precision), values in accuracies.items()
        ],
    }


def token_counts(dataset: TextDataset, options: ComparisonOptions) -> np.ndarray:
    """Counts the tokens of texts or pairs.

    Args:
        dataset: n texts, or n pairs of texts.
        options: name the tokenizer and the maximum length.

    Returns:
        The number of tokens of each text or pair, special tokens included: integers [n], at most
        `options.max_length`.
    """
    tokenizer = WordPieceTokenizer.from_pretrained(
        pretrained_folder(options.backbone), max_length=options.max_length
    )
    input_ids = TEXT_CLASSIFICATION.encode(tokenizer, dataset).inputs["input_ids"]
    return (input_ids != tokenizer.pad_token_id).sum(axis=1)


def fitting_length(counts: np.ndarray) -> int:
    """Returns the length that 99 of 100 texts fit in.

    Args:
        counts: tokens of each text, integers [n].

    Returns:
        A multiple of 8 tokens, or the length of the longest text where that is less.
    """
    return min(int(counts.max()), int(-(-np.quantile(counts, 0.99) // 8) * 8))


def fitting_copies(counts: np.ndarray, tokens: int) -> int:
    """Returns how many variants of each text make about so many tokens in all.

    Args:
        counts: tokens of each text, integers [n].
        tokens: of all texts and variants together.
    """
    return max(0, round(tokens / int(counts.sum())) - 1)


def _training_options(
    options: ComparisonOptions,
    method: str,
    max_length: int,
    augmented_copies: int,
    seed: int,
    teacher: Path,
) -> TrainingOptions:
    """Returns the options of one method's training run.

    Args:
        options: the settings of the comparison.
        method: one of `METHODS` that is trained.
        max_length: maximum number of tokens of a text.
        augmented_copies: number of variants of each text in distillation.
        seed: of weights, order and dropout.
        teacher: the folder of the fine-tuned teacher, for distillation.
    """
    shared = {
        "max_length": max_length,
        "seed": seed,
        "word_dropout": 0.05,
        "batch_size": 32,
        "qat_epochs": 0,
    }
    scratch = {
        **shared,
        "tokenizer": options.backbone,
        "epochs": options.scratch_epochs,
        "learning_rate": 5e-4,
        "word_dropout": 0.15,
        "patience": options.scratch_epochs,
    }
    if method == "teacher":
        return TrainingOptions(
            **shared,
            pretrained=TEACHER,
            epochs=options.teacher_epochs,
            learning_rate=2e-4,
            patience=options.teacher_epochs,
        )
    if method == "distilled":
        return TrainingOptions(
            **{**shared, "qat_epochs": options.qat_epochs, "batch_size": 64},
            pretrained=options.backbone,
            teacher=str(teacher),
            epochs=options.distilled_epochs,
            learning_rate=5e-4,
            patience=options.distilled_epochs,
            unlabelled=options.unlabelled,
            augmented_copies=augmented_copies,
        )
    config = read_config(pretrained_folder(options.backbone) / CONFIG_FILE)
    if method == "scratch":
        fields = {
            name: value
            for name, value in config.to_dict().items()
            if name not in ("model_type", "id2label", "label2id", "vocab_size", "pad_token_id")
        }
        return TrainingOptions(**scratch, model=fields)
    # Of half the width, a dense layer has as many multiply-accumulates as one in four groups.
    sizes = {
        "hidden_size": config.hidden_size // 2,
        "num_hidden_layers": config.num_hidden_layers,
        "num_attention_heads": config.num_attention_heads // 2,
        "intermediate_size": config.intermediate_size // 2,
    }
    if method == "albert":
        sizes |= {"embedding_size": config.embedding_size, "hidden_dropout_prob": 0.1}
    else:
        sizes = dict(zip(("dim", "n_layers", "n_heads", "hidden_dim"), sizes.values(), strict=True))
    return TrainingOptions(**scratch, model_type=method, model=sizes)


def _evaluate(method, splits, data, options, path, callbacks, progress):
    test = splits.test or splits.validation
    if method in _BASELINES:
        result = _BASELINES[method](splits.train, test)
        return [{"method": method, "precision": None, "accuracy": result["accuracy"]}]
    keras.backend.clear_session()
    run = train_task(
        path.with_suffix(""),
        TEXT_CLASSIFICATION,
        splits,
        options,
        lambda stage, *counts: callbacks(f"{method}, {stage}", *counts),
        dataset_name=data,
        teacher_progress=lambda *counts: progress("texts through the teacher", *counts),
    )
    inputs = TEXT_CLASSIFICATION.encode(run.tokenizer, test).select(run.float_model.input_names)
    labels = test.label_ids(run.label_names)
    files = {
        "float32": convert_float(run.float_model, options.max_length),
        "int8": convert_int8(run.qat_model, options.max_length),
    }
    for precision, content in files.items():
        with write_atomically(_file(path.parent, method, precision)) as temporary:
            temporary.write_bytes(content)
    ((on_device, _),) = run_in_workers(
        predict_outputs, [(files["int8"], inputs, "litert", "default")]
    )
    logits = {
        "float32": keras_outputs(run.float_model, TEXT_CLASSIFICATION, inputs)["logits"],
        "int8": on_device["logits"],
    }
    macs = sum(count_macs(run.config, options.max_length, first_token_only=True).values())
    return [
        {
            "method": method,
            "precision": precision,
            "bytes": len(files[precision]),
            "macs": macs,
            "history": run.history,
            "seconds": run.seconds,
            "accuracy": classification_metrics(
                labels, logits[precision].argmax(axis=1), run.label_names
            )["accuracy"],
        }
        for precision in files
    ]


def _file(folder, method, precision):
    return folder / f"{method}-{precision}.tflite"


def _latencies(folder, keys, announce) -> dict[tuple[str, str], float]:
    """Returns the medians of one run in which all files take turns.

    They are measured again where a file is new.
    """
    if not keys:
        return {}
    names = {f"{method} {precision}": (method, precision) for method, precision in keys}
    kept = folder / "latency.json"
    medians = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    if not medians.keys() >= names.keys():
        announce("latency")
        files = {name: _file(folder / "seed-0", *key).read_bytes() for name, key in names.items()}
        (report,) = run_in_workers(latency, [(files, "litert", 1, _LATENCY_ROUNDS)])
        medians = dict(zip(names, (model["median"] for model in report["models"]), strict=True))
        with write_atomically(kept) as temporary:
            temporary.write_text(json.dumps(medians, indent=2) + "\n", "utf-8")
    return {key: medians[name] for name, key in names.items()}


def find_claims(rows: Sequence[dict[str, Any]]) -> list[Claim]:
    """Returns what the project claims of its distilled model, as measured.

    Args:
        rows: those of `compare` for one dataset.

    Returns:
        The claims whose rows were all measured.
    """
    by_key = {(row["method"], row["precision"]): row for row in rows}
    int8, float32 = ("distilled", "int8"), ("distilled", "float32")
    teacher, teacher_int8 = ("teacher", "float32"), ("teacher", "int8")
    pairs = (
        ("points above the teacher", int8, teacher, "mean"),
        ("points above TF-IDF", int8, ("tfidf", None), "mean"),
        ("points above from scratch", float32, ("scratch", "float32"), "mean"),
        ("points of int8 above its float", int8, float32, "mean"),
        ("of the bytes of the teacher's int8", int8, teacher_int8, "bytes"),
        ("of the time of the teacher's int8", int8, teacher_int8, "milliseconds"),
    )
    claims = []
    for text, model, other, measure in pairs:
        ours, theirs = (by_key.get(key, {}).get(measure) for key in (model, other))
        if ours is None or theirs is None:
            continue
        if measure == "mean":
            claims.append(Claim(text, 100 * (ours - theirs), "points"))
        else:
            claims.append(Claim(text, ours / theirs, "ratio"))
    return claims
