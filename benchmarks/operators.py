"""Single operators of a SqueezeBERT against the limits of the machine (a roofline).

The roofline (Williams et al. 2009, "Roofline: an insightful visual performance model") says that
an operator takes at least its multiply-accumulates over the best rate of the machine, and at
least the bytes it moves over the bandwidth. The best rate is that of the fastest matrix product of
the same dtype in the same run, on any of the runtimes; the bandwidth is that of a copy within the
cache, since the activations of one text fit there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import builders
from benchmarks.backends import TFLITE_BACKENDS
from benchmarks.harness import Candidate, measure
from benchmarks.models import MODELS_FOLDER, ModelSpec, ensure_models
from benchmarks.probes import DTYPES, SHAPES, best_rates, copy_bandwidth, make_probes
from converters.runtime.workers import run_in_workers
from converters.tflite.inspection import list_operators, offending_operators
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig

_ITEM_BYTES = {"float32": 4, "int8": 1}
_SOURCES = ("benchmarks/peers/operators.py", "benchmarks/peers/tflite.py")


@dataclasses.dataclass(frozen=True)
class OperatorCase:
    """An operator to time.

    kind, sizes: what `benchmarks.peers.operators.KINDS` makes it from.
    count: how often a forward pass of the model runs it; 0 for alternatives.
    macs: multiply-accumulates. elements: values read and written, weights included.
    """

    name: str
    kind: str
    sizes: tuple[int, ...]
    count: int
    macs: int
    elements: int

    def spec(self, dtype: str) -> ModelSpec:
        """The .tflite file of the operator in a dtype."""
        sizes = "x".join(map(str, self.sizes))
        return ModelSpec(
            f"operator-{self.kind}-{sizes}",
            dtype,
            self.sizes[0],
            ".tflite",
            self.macs,
            builders.build_operator,
            (self.kind, self.sizes, dtype),
            _SOURCES,
        )


def operator_cases(config: SqueezeBertConfig, length: int) -> list[OperatorCase]:
    """Returns the operators of a SqueezeBERT of the paper's kind, and alternatives to them.

    They are those that our converter writes in the profile `int8`.

    The float32 rows are the same forms; the profile `mobile` has those of softmax and layer
    normalization (as moments). Counts are those of the layers alone, the last one whole: the head
    and the embeddings are a hundredth of the time.
    """
    layers, hidden, inner = config.num_hidden_layers, config.hidden_size, config.intermediate_size
    heads, size = config.num_attention_heads, config.attention_head_size
    wide, scores, inside = (length, hidden), (heads, length, length), (length, inner)
    per_head = (heads, length, size)
    head_macs = length**2 * hidden
    products: dict[tuple[int, int, int], int] = {}
    for groups, inputs, outputs in (
        (config.q_groups, hidden, hidden),
        (config.k_groups, hidden, hidden),
        (config.v_groups, hidden, hidden),
        (config.post_attention_groups, hidden, hidden),
        (config.intermediate_groups, hidden, inner),
        (config.output_groups, inner, hidden),
    ):
        products[inputs, outputs, groups] = products.get((inputs, outputs, groups), 0) + layers
    cases = [
        _product(
            f"dense {inputs}->{outputs}" + (f", {groups} groups" if groups > 1 else ""),
            "dense" if groups == 1 else "grouped_dense",
            (length, inputs, outputs),
            groups,
            count,
        )
        for (inputs, outputs, groups), count in products.items()
    ]
    cases += [
        OperatorCase(
            "q by k",
            "queries_by_symmetric_keys",
            per_head,
            layers,
            head_macs,
            2 * length * hidden + heads * length**2,
        ),
        OperatorCase(
            "mask by minimum", "mask_by_minimum", (heads, length), layers, 0, 2 * heads * length**2
        ),
        OperatorCase("softmax", "softmax", scores, layers, 0, 2 * heads * length**2),
        OperatorCase(
            "softmax by v",
            "probabilities_by_transposed_values",
            per_head,
            layers,
            head_macs,
            2 * length * hidden + heads * length**2,
        ),
        OperatorCase(
            "layer norm", "layer_norm_without_offset", wide, 2 * layers, 0, 2 * length * hidden
        ),
        OperatorCase("gelu", "gelu", inside, layers, 0, 2 * length * inner),
        OperatorCase("add", "add", wide, 2 * layers, 0, 3 * length * hidden),
        OperatorCase(
            "transpose of heads", "split_heads", per_head, 4 * layers, 0, 2 * length * hidden
        ),
        OperatorCase(
            "alternative: q by k, keys with a zero point",
            "queries_by_keys",
            per_head,
            0,
            head_macs,
            2 * length * hidden + heads * length**2,
        ),
        OperatorCase(
            "alternative: softmax by v, values by tokens",
            "probabilities_by_symmetric_values",
            per_head,
            0,
            head_macs,
            2 * length * hidden + heads * length**2,
        ),
        OperatorCase(
            "alternative: softmax by v, values by tokens with a zero point",
            "probabilities_by_values",
            per_head,
            0,
            head_macs,
            2 * length * hidden + heads * length**2,
        ),
        OperatorCase(
            "alternative: mask by sum", "mask_by_sum", (heads, length), 0, 0, 2 * heads * length**2
        ),
        OperatorCase(
            "alternative: layer norm by a difference, with its offset",
            "layer_norm_with_offset",
            wide,
            0,
            0,
            2 * length * hidden,
        ),
        OperatorCase(
            "alternative: layer norm of moments", "layer_norm", wide, 0, 0, 2 * length * hidden
        ),
        OperatorCase(
            "alternative: q by k, head by head",
            "queries_by_keys_per_head",
            per_head,
            0,
            head_macs,
            2 * length * hidden + heads * length**2,
        ),
        OperatorCase(
            "alternative: softmax, 2-D",
            "softmax",
            (heads * length, length),
            0,
            0,
            2 * heads * length**2,
        ),
        OperatorCase(
            "alternative: sigmoid of scores", "sigmoid", scores, 0, 0, 2 * heads * length**2
        ),
        OperatorCase(
            "alternative: layer norm of products",
            "layer_norm_of_products",
            wide,
            0,
            0,
            2 * length * hidden,
        ),
        OperatorCase(
            "alternative: x sigmoid(1.702 x)", "sigmoid_gelu", inside, 0, 0, 2 * length * inner
        ),
        OperatorCase(
            "alternative: depthwise conv, 3 tokens",
            "depthwise",
            (*wide, 3),
            0,
            3 * length * hidden,
            2 * length * hidden + 3 * hidden,
        ),
    ]
    for inputs, outputs, groups in products:
        if groups > 1:
            cases.append(
                _product(
                    f"alternative: grouped CONV_2D {inputs}->{outputs}",
                    "convolution",
                    (length, inputs, outputs),
                    groups,
                    0,
                )
            )
            cases.append(
                _product(
                    f"alternative: dense {inputs}->{outputs}, ungrouped",
                    "dense",
                    (length, inputs, outputs),
                    1,
                    0,
                )
            )
    return cases


def _product(name, kind, sizes, groups, count) -> OperatorCase:
    length, inputs, outputs = sizes
    weights = inputs * outputs // groups
    return OperatorCase(
        name,
        kind,
        sizes if kind == "dense" else (*sizes, groups),
        count,
        length * weights,
        length * (inputs + outputs) + weights + outputs,
    )


def profile_operators(
    cases: Sequence[OperatorCase],
    backends: Sequence[str],
    *,
    num_threads: int = 1,
    rounds: int = 10,
    folder: Path = MODELS_FOLDER,
    probe_shapes: Sequence[tuple[int, int, int]] = SHAPES,
    progress: Callable[[int, int, str], None] | None = None,
) -> dict[str, Any]:
    """Times operators in float32 and int8 on each TFLite runtime, in one interleaved run.

    backends: runtimes; ONNX Runtime, where it is among them, is asked for its best rate alone.
    probe_shapes: the matrix products, rows x inputs to outputs, that the best rate is among.

    Returns a JSON-able dict: `best_gmacs_per_second` by dtype, `copy_gigabytes_per_second`, and
    `operators`, a row for each case, dtype and backend with `milliseconds` (median, p10, p90),
    `gmacs_per_second`, `rate_share` (of the best rate), `roofline_share` (the roofline's time over
    the time taken) and `all_int8`.

    Raises UserError as `measure` does.
    """
    everything = [(case, dtype) for case in cases for dtype in DTYPES]
    paths = ensure_models(
        [case.spec(dtype) for case, dtype in everything], folder, progress, share_process=True
    )
    timed = [
        (case, dtype, Candidate(f"{case.name} {dtype} on {backend}", path, backend))
        for (case, dtype), path in zip(everything, paths, strict=True)
        for backend in backends
        if backend in TFLITE_BACKENDS
    ]
    probes = make_probes(backends, folder, progress, probe_shapes)
    run = measure(
        [*(candidate for *_, candidate in timed), *(probe.candidate for probe in probes)],
        num_threads=num_threads,
        rounds=rounds,
        turn_seconds=0.005,
        share_processes=True,
        progress=progress,
    )
    best = best_rates(probes, run.measurements[len(timed) :])
    bandwidth = run_in_workers(copy_bandwidth, [()])[0]
    return {
        "num_threads": num_threads,
        "rounds": rounds,
        "best_gmacs_per_second": best,
        "copy_gigabytes_per_second": bandwidth,
        "operators": [
            _row(*origin, measured, best, bandwidth)
            for origin, measured in zip(timed, run.measurements[: len(timed)], strict=True)
        ],
    }


def _row(case, dtype, candidate, measured, best, bandwidth) -> dict[str, Any]:
    seconds = measured.median / 1e3
    moved = case.elements * _ITEM_BYTES[dtype]
    limit = max(case.macs / best[dtype], moved / bandwidth) / 1e9
    offending = offending_operators(list_operators(candidate.path)) if dtype == "int8" else ()
    return {
        "name": case.name,
        "dtype": dtype,
        "backend": candidate.backend,
        "count": case.count,
        "macs": case.macs,
        "bytes": moved,
        "milliseconds": {"median": measured.median, "p10": measured.p10, "p90": measured.p90},
        "gmacs_per_second": case.macs / seconds / 1e9,
        "rate_share": case.macs / seconds / 1e9 / best[dtype],
        "roofline_share": limit / seconds,
        "all_int8": dtype == "int8" and not offending,
    }
