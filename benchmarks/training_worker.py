"""A process that trains a model step by step, or epoch by epoch, when it is told to.

    python -P benchmarks/training_worker.py '{"preset": "squeezebert-tiny", ...}'

It uses nothing but the public parts of tfsqueeze, so that it can measure an earlier commit too:
PYTHONPATH says of which checkout. It prints `ready`, and then, for each line on standard input
with a number of rounds, the seconds that they took.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

_WARM_UP = 2
_CLASSES = 8


def _step(case: dict[str, Any]) -> Callable[[], Any]:
    """Returns a function that makes one training step on random token ids."""
    import numpy as np
    import tensorflow as tf

    model = random_model(case)
    draw = np.random.default_rng(0)
    ids = draw.integers(1000, 20_000, (case["batch_size"], case["length"])).astype(np.int32)
    targets = draw.integers(0, _CLASSES, case["batch_size"])
    inputs = {"input_ids": ids}
    batch = inputs if case["stage"] == "distillation" else (inputs, targets)
    batches = iter(tf.data.Dataset.from_tensors(batch).repeat())
    train = model.make_train_function()
    return lambda: train(batches)


def _epoch(case: dict[str, Any]) -> Callable[[], Any]:
    """Returns a function that makes one epoch of `fit` on texts of Reuters R8."""
    from tfsqueeze.checkpoints.model_sources import pretrained_folder
    from tfsqueeze.data.sources.named_datasets import load_dataset
    from tfsqueeze.tasks import TEXT_CLASSIFICATION
    from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
    from tfsqueeze.training.batches import TrainingBatches, tokenize

    model = random_model(case)
    data = load_dataset("reuters-r8").train.sample(case["texts"], 0)
    tokenizer = WordPieceTokenizer.from_pretrained(
        pretrained_folder("squeezebert-tiny"), max_length=case["length"]
    )
    batches = TrainingBatches(
        tokenize(tokenizer, data.texts),
        data.label_ids(sorted(set(data.labels))),
        tokenizer,
        TEXT_CLASSIFICATION.outputs,
        batch_size=case["batch_size"],
        word_dropout=0.0,
        seed=0,
    )
    return lambda: model.fit(batches.dataset(), verbose=0)


def random_model(case: dict[str, Any]) -> Any:
    """Returns a compiled model with random weights, or a distiller of one.

    case: `preset`, `stage` and `precision`.
    """
    import numpy as np
    import tf_keras as keras

    from tfsqueeze import (
        BertModel,
        SqueezeBertForSequenceClassification,
        SqueezeBertModel,
        load_preset,
        quantize_aware,
    )
    from tfsqueeze.checkpoints.minilm import minilm_folder
    from tfsqueeze.distillation.distillation_options import DistillationOptions
    from tfsqueeze.distillation.distiller import Distiller
    from tfsqueeze.training.optimizer import AdamW
    from tfsqueeze.utils.autograph import skip_autograph_of_steps

    keras.utils.set_random_seed(0)
    if case["precision"] != "float32":
        keras.mixed_precision.set_global_policy(f"mixed_{case['precision']}")
    # The vocabulary of the teacher and of the packaged tokenizer.
    config = load_preset(case["preset"], vocab_size=30_522)
    config = config.with_labels([f"class {i}" for i in range(_CLASSES)])
    names = ("input_ids",)
    loss: Any = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if case["stage"] == "distillation":
        teacher = BertModel.from_pretrained(minilm_folder(), input_names=names)
        config = config.replace(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
        options = DistillationOptions(last_hidden_state=1.0, sentences=1.0, pooled_sentences=1.0)
        model: Any = Distiller(SqueezeBertModel(config, input_names=names), teacher, options)
        loss = None
    else:
        model = SqueezeBertForSequenceClassification(config, input_names=names)
        if case["stage"] == "qat":
            ids = np.random.default_rng(0).integers(1000, 20_000, (8, 32)).astype(np.int32)
            model = quantize_aware(model, [{"input_ids": ids}])
    model.compile(AdamW(1e-4, weight_decay=0.01, clipnorm=1.0), loss)
    skip_autograph_of_steps(model)
    return model


def main(case: dict[str, Any]) -> None:
    """Obeys the lines on standard input.

    case: `preset`, `stage`, `length`, `precision`, `batch_size` and, for whole epochs, `texts`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    run = _epoch(case) if "texts" in case else _step(case)
    for _ in range(1 if "texts" in case else _WARM_UP):
        run()
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            run()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
