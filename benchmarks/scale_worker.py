"""A process that trains a model, alone or as one of several workers, when it is told to.

    python -m benchmarks.scale_worker '{"preset": "squeezebert-micro", "core": 0, ...}'

It runs on one core. It prints `ready`, and then, for each line on standard input with a number of
steps, the seconds that they took.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main(case: dict[str, Any]) -> None:
    """Obeys the lines on standard input.

    case: `preset`, `length`, `core`, the `texts` of a step on all workers, and `distribute`, as
    the option of `tfsqueeze train` has it.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {case["core"]})
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import time

    import numpy as np
    import tensorflow as tf

    from benchmarks.training_worker import random_model
    from tfsqueeze.training.distribution import get_distribution

    distribution = get_distribution(case["distribute"])
    share = case["texts"] // distribution.replicas
    draw = np.random.default_rng(0)
    ids = draw.integers(1000, 20_000, (share, case["length"])).astype(np.int32)
    batch = {"input_ids": ids}, draw.integers(0, 8, share)

    def batches(_: Any) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensors(batch).repeat()

    with distribution.scope():
        model = random_model({**case, "stage": "float", "precision": "float32"})
        if distribution.replicas > 1:
            data = iter(distribution.strategy.distribute_datasets_from_function(batches))
        else:
            data = iter(batches(None))
        step = model.make_train_function()
        for _ in range(2):
            step(data)
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            result = step(data)
        float(result["loss"])
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
