"""Ways to classify texts side by side: baselines, fine-tuned BERT, and SqueezeBERT."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tf_keras as keras

from converters.conversion.keras_to_tflite import convert_float, convert_int8
from converters.runtime.workers import latency, predict_logits, run_in_workers
from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, pretrained_folder
from tfsqueeze.data.datasets.text_dataset import TextDatasetSplits
from tfsqueeze.evaluation.baselines import majority_baseline, tfidf_baseline
from tfsqueeze.evaluation.classification import classification_metrics
from tfsqueeze.models.architectures import read_config
from tfsqueeze.models.complexity import count_macs
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.batches import evaluation_batches, tokenize
from tfsqueeze.training.examples import with_unlabelled
from tfsqueeze.training.run_folder import claim_folder
from tfsqueeze.training.train_task import train_classifier
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

TEACHER = "all-minilm-l6-v2"
# Every way, in the order of the table, and what it is.
METHODS: dict[str, str] = {
    "majority": "the most frequent label",
    "tfidf": "TF-IDF + logistic regression",
    "teacher": "MiniLM fine-tuned (the teacher)",
    "distilbert": "DistilBERT-type from scratch",
    "albert": "ALBERT-type from scratch",
    "scratch": "SqueezeBERT from scratch",
    "distilled": "SqueezeBERT distilled",
}
_BASELINES = {"majority": majority_baseline, "tfidf": tfidf_baseline}
_LATENCY_ROUNDS = 40


@dataclasses.dataclass(frozen=True)
class ComparisonOptions:
    """Settings of a comparison.

    seeds: each trains every method anew, and draws the validation texts of data without them.
    methods: which of `METHODS`; `distilled` needs `teacher`.
    backbone: the pretrained SqueezeBERT. The models from scratch have its tokenizer and depth;
        SqueezeBERT its sizes, too, and the dense ones half its width.
    max_length: most tokens per text; fewer where 99 of 100 training texts need no more.
    teacher_epochs, scratch_epochs, distilled_epochs, qat_epochs: most passes over the texts, in
        distillation over their variants as well.
    unlabelled: texts that are distilled as well; see `TrainingOptions`.
    distilled_tokens: as many variants of each text are distilled as make a pass about this long.

    Raises UserError for a value out of range.
    """

    seeds: int = 3
    methods: tuple[str, ...] = tuple(METHODS)
    backbone: str = "squeezebert-tiny"
    max_length: int = 128
    teacher_epochs: int = 4
    scratch_epochs: int = 8
    distilled_epochs: int = 3
    qat_epochs: int = 1
    unlabelled: tuple[str, ...] = ()
    distilled_tokens: int = 700_000

    def __post_init__(self):
        unknown = [name for name in self.methods if name not in METHODS]
        if unknown or not self.methods:
            raise UserError(
                f"methods {', '.join(self.methods)!r}: choose some of {', '.join(METHODS)}"
            )
        if "distilled" in self.methods and "teacher" not in self.methods:
            raise UserError("the method distilled needs the method teacher; name both")
        if self.seeds < 1:
            raise UserError(f"seeds must be at least 1, not {self.seeds}")

    def training(
        self, method: str, max_length: int, augmented_copies: int, seed: int, teacher: Path
    ) -> TrainingOptions:
        """Returns the options of one method's training run.

        augmented_copies: of each text in distillation. teacher: the folder of the fine-tuned
        teacher.
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
            "tokenizer": self.backbone,
            "epochs": self.scratch_epochs,
            "learning_rate": 5e-4,
            "word_dropout": 0.15,
            "patience": self.scratch_epochs,
        }
        if method == "teacher":
            return TrainingOptions(
                **shared,
                pretrained=TEACHER,
                epochs=self.teacher_epochs,
                learning_rate=2e-4,
                patience=self.teacher_epochs,
            )
        if method == "distilled":
            return TrainingOptions(
                **{**shared, "qat_epochs": self.qat_epochs, "batch_size": 64},
                pretrained=self.backbone,
                teacher=str(teacher),
                epochs=self.distilled_epochs,
                learning_rate=5e-4,
                patience=self.distilled_epochs,
                unlabelled=self.unlabelled,
                augmented_copies=augmented_copies,
            )
        config = read_config(pretrained_folder(self.backbone) / CONFIG_FILE)
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
            sizes = dict(
                zip(("dim", "n_layers", "n_heads", "hidden_dim"), sizes.values(), strict=True)
            )
        return TrainingOptions(**scratch, model_type=method, model=sizes)


def compare(
    folder: Path,
    data: str,
    load: Callable[[int], TextDatasetSplits],
    options: ComparisonOptions,
    callbacks: Callable[[str, int, int], Sequence] = lambda *_: (),
    progress: Callable[[str, int, int], None] = lambda *_: None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Trains and evaluates every method on one dataset, for every seed.

    folder: takes the runs and results; what is there from an interrupted comparison with the same
        settings is not made again.
    data: the dataset's name. load: gives its parts for a seed; the test part is what counts, or
        the validation part where there is none.
    callbacks, progress: as `train_classifier` takes them, the latter with what is counted first.
    say: called with what begins.

    Returns a JSON-able dict: `data`, `examples` by part, `max_length`, and `rows`. A row is a
    method in float32 or int8: `method`, `precision` (None for baselines), `accuracy` (a fraction
    for each seed), `mean`, `std` (of the sample; None for one seed), and of a .tflite file `bytes`,
    `macs` and `milliseconds` (median of a batch of one on LiteRT with one thread, all files of the
    first seed by turns, in one run). int8 accuracies are those of the .tflite file on LiteRT.
    """
    first = load(0)
    counts = token_counts(
        with_unlabelled(first, options.unlabelled, folder / "unlabelled").texts, options
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
    accuracies: dict[tuple[str, str | None], list[float]] = {}
    facts: dict[tuple[str, str | None], dict[str, Any]] = {}
    for seed in range(options.seeds):
        splits = load(seed)
        for method in options.methods:
            path = folder / f"seed-{seed}" / f"{method}.json"
            if not path.exists():
                say(f"{data}, seed {seed}: {METHODS[method]}")
                result = _evaluate(
                    method,
                    splits,
                    data,
                    options.training(method, max_length, copies, seed, path.with_name("teacher"))
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
                facts.setdefault(key, {k: row.get(k) for k in ("bytes", "macs")})
    times = _latencies(folder, [key for key in accuracies if key[1]], say)
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
                **facts[method, precision],
                "milliseconds": times.get((method, precision)),
            }
            for (method, precision), values in accuracies.items()
        ],
    }


def token_counts(texts: Sequence[str], options: ComparisonOptions) -> np.ndarray:
    """Returns the tokens of each text, special tokens included, at most `options.max_length`."""
    tokenizer = WordPieceTokenizer.from_pretrained(
        pretrained_folder(options.backbone), max_length=options.max_length
    )
    return (tokenize(tokenizer, list(texts)) != tokenizer.pad_token_id).sum(axis=1)


def fitting_length(counts: np.ndarray) -> int:
    """Returns the tokens that 99 of 100 texts fit in, a multiple of 8 or those of the longest."""
    return min(int(counts.max()), int(-(-np.quantile(counts, 0.99) // 8) * 8))


def fitting_copies(counts: np.ndarray, tokens: int) -> int:
    """Returns how many variants of each text make all of them about so many tokens."""
    return max(0, round(tokens / int(counts.sum())) - 1)


def _evaluate(method, splits, data, options, path, callbacks, progress):
    test = splits.test or splits.validation
    if method in _BASELINES:
        result = _BASELINES[method](splits.train, test)
        return [{"method": method, "precision": None, "accuracy": result["accuracy"]}]
    keras.backend.clear_session()
    run = train_classifier(
        path.with_suffix(""),
        splits,
        options,
        lambda stage, *counts: callbacks(f"{method}, {stage}", *counts),
        dataset_name=data,
        teacher_progress=lambda *counts: progress("texts through the teacher", *counts),
    )
    ids = tokenize(run.tokenizer, test.texts)
    labels = test.label_ids(run.label_names)
    files = {
        "float32": convert_float(run.float_model, options.max_length),
        "int8": convert_int8(run.qat_model, options.max_length),
    }
    for precision, content in files.items():
        with write_atomically(_file(path.parent, method, precision)) as temporary:
            temporary.write_bytes(content)
    ((on_device, _),) = run_in_workers(predict_logits, [(files["int8"], ids, "litert", "default")])
    logits = {
        "float32": run.float_model.predict(evaluation_batches(ids), verbose=0),
        "int8": on_device,
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


def _latencies(folder, keys, say) -> dict[tuple[str, str], float]:
    """Those of one run in which all files took turns; measured again where a file is new."""
    if not keys:
        return {}
    names = {f"{method} {precision}": (method, precision) for method, precision in keys}
    kept = folder / "latency.json"
    medians = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    if not medians.keys() >= names.keys():
        say("latency")
        files = {name: _file(folder / "seed-0", *key).read_bytes() for name, key in names.items()}
        (report,) = run_in_workers(latency, [(files, "litert", 1, _LATENCY_ROUNDS)])
        medians = dict(zip(names, (model["median"] for model in report["models"]), strict=True))
        with write_atomically(kept) as temporary:
            temporary.write_text(json.dumps(medians, indent=2) + "\n", "utf-8")
    return {key: medians[name] for name, key in names.items()}


def comparisons(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, float]]:
    """Yields what the project claims of its distilled model, with the measured figure.

    rows: those of `compare` for one dataset; a claim whose rows are not there is left out.
    """
    by_key = {(row["method"], row["precision"]): row for row in rows}

    def differ(text, ours, theirs, measure, combine):
        if ours in by_key and theirs in by_key:
            a, b = by_key[ours][measure], by_key[theirs][measure]
            if a is not None and b is not None:
                yield text, combine(a, b)

    def points(a, b):
        return 100 * (a - b)

    ours, in_float = ("distilled", "int8"), ("distilled", "float32")
    teacher, teacher_int8 = ("teacher", "float32"), ("teacher", "int8")
    yield from differ("points above the teacher", ours, teacher, "mean", points)
    yield from differ("points above TF-IDF", ours, ("tfidf", None), "mean", points)
    yield from differ("points above from scratch", in_float, ("scratch", "float32"), "mean", points)
    yield from differ("points of int8 above its float", ours, in_float, "mean", points)
    for text, measure in (
        ("of the bytes of the teacher's int8", "bytes"),
        ("of the time of the teacher's int8", "milliseconds"),
    ):
        yield from differ(text, ours, teacher_int8, measure, lambda a, b: a / b)
