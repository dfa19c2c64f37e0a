"""Int8 without training: what calibration texts can do beyond the ranges of activations.

Outlier channels are equalized first. Then each layer in turn gets its ranges from texts that the
layers before it have rounded, and each product new weights, which give what the float model has
there as nearly as its rounded inputs allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tf_keras as keras

from tfsqueeze.layers import GroupedConvolution
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.models.sharing import unshare_layers
from tfsqueeze.quantization.equalization import Equalization, equalize, find_equalization
from tfsqueeze.quantization.layer_by_layer import LayerByLayer, LayerStep
from tfsqueeze.quantization.least_squares import Moments, fit_kernel
from tfsqueeze.quantization.qat import quantize_aware
from tfsqueeze.quantization.quantizers import ActivationQuantizer, observe_ranges, record_tensors
from tfsqueeze.quantization.range_search import search_ranges

_BATCH = 64
# How many times as large as in most tokens the largest channel of a token may be.
_LARGEST_SUM = 2.0
# Tokens whose values give the ranges around an activation.
_SEARCHED_ROWS = 4096


def quantize_after_training(
    model: keras.Model,
    inputs: Mapping[str, np.ndarray],
    pad_token_id: int,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> keras.Model:
    """Returns a quantization-aware copy of a float model that is near it without training.

    Args:
        model: the float model, which stays as it is.
        inputs: calibration texts, int32 [texts, length] by the input's name.
        pad_token_id: the token id of padding.
        progress: called with the number of layers that are done, and that of all.
    """
    equalization = find_equalization_of_rows(model, inputs, pad_token_id)
    qat_model = quantize_aware(model if equalization is None else equalize(model, equalization))
    calibrate_layer_by_layer(
        qat_model,
        inputs,
        pad_token_id,
        fits_kernels=equalization is not None,
        progress=progress,
    )
    return qat_model


def find_equalization_of_rows(
    model: keras.Model,
    inputs: Mapping[str, np.ndarray],
    pad_token_id: int,
    least_factor: int = 2,
) -> Equalization | None:
    """Returns how to divide the channels of a float model.

    Args:
        model: the float model.
        inputs: calibration texts, int32 [texts, length] by the input's name.
        pad_token_id: the token id of padding.
        least_factor: as `find_equalization` takes it.

    Returns:
        What `equalize` takes; None for a model with layers that share weights (ALBERT), whose
        file has their kernels once as long as they stay the same.
    """
    if isinstance(model, PreTrainedModel) and unshare_layers(model) is not model:
        return None
    batches, _ = _batches(inputs, pad_token_id)
    return find_equalization(model, batches, least_factor)


def calibrate_layer_by_layer(
    qat_model: keras.Model,
    inputs: Mapping[str, np.ndarray],
    pad_token_id: int,
    *,
    fits_kernels: bool = True,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """Brings a quantization-aware model near to the float model that it was made of.

    Args:
        qat_model: what `quantize_aware` returned without calibration data; it changes in place.
        inputs: calibration texts, int32 [texts, length] by the input's name.
        pad_token_id: the token id of padding.
        fits_kernels: whether kernels are fitted to rounded inputs, and not biases alone. If
            outlier channels are not divided, they decide the fit, and it does harm.
        progress: called with the number of layers that are done, and that of all.
    """
    layers = LayerByLayer(qat_model, *_batches(inputs, pad_token_id))
    for done, step in enumerate(layers):
        progress(done, len(layers))
        if isinstance(step.layer, GroupedConvolution):
            _correct(step, fits_kernels)
        _set_ranges(step)
    progress(len(layers), len(layers))


def _batches(
    inputs: Mapping[str, np.ndarray], pad_token_id: int
) -> tuple[list[dict[str, np.ndarray]], list[np.ndarray]]:
    """Returns batches of texts of like length without needless padding, and their masks."""
    mask = inputs["input_ids"] != pad_token_id
    lengths = mask.sum(axis=1)
    order = np.argsort(lengths, kind="stable")
    batches, masks = [], []
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        longest = lengths[rows].max()
        # Positions to predict are not one a token.
        batches.append(
            {
                name: x[rows, :longest] if x.shape == mask.shape else x[rows]
                for name, x in inputs.items()
            }
        )
        masks.append(mask[rows, :longest])
    return batches, masks


def _set_ranges(step: LayerStep) -> None:
    """Sets the ranges of a layer's tensors to those of all batches.

    Those around the activation of a product are searched then.
    """
    observed: dict[ActivationQuantizer, tuple[float, float]] = {}
    searched = isinstance(step.layer, GroupedConvolution) and step.layer.activation
    first = next(iter(step.layer.tensor_ranges())) if searched else None
    token_rows, sample = step.token_rows(), []

    def record(quantizer: ActivationQuantizer, tensor: Any) -> None:
        if not quantizer.tensor_range.is_fixed and not quantizer.tensor_range.limits_of:
            low, high = quantizer.tensor_range.observe(tensor).numpy().tolist()
            before = observed.get(quantizer, (low, high))
            observed[quantizer] = min(low, before[0]), max(high, before[1])
            # Before the tensor is rounded, so that what follows in the layer is observed after it.
            _assign(quantizer, observed[quantizer])
        if quantizer.tensor == first:
            sample.append(next(token_rows)(tensor))

    # This has the ranges of weights follow, too.
    with observe_ranges(), record_tensors(record):
        for _ in step.outputs():
            pass
    if searched:
        x = np.concatenate(sample)
        ranges = {quantizer.tensor: ends for quantizer, ends in observed.items()}
        found = search_ranges(x[:: -(-len(x) // _SEARCHED_ROWS)], searched, ranges)
        observed = {quantizer: found[quantizer.tensor] for quantizer in observed}
    for quantizer, ends in observed.items():
        _assign(quantizer, ends)


def _correct(step: LayerStep, fits_kernels: bool) -> None:
    """Gives a product the weights that bring its result nearest to the float model's.

    The kernel is fitted to rounded inputs, as in Frantar et al. 2022 (arXiv 2210.17323, section 3),
    and the bias makes the mean error vanish (Nagel et al. 2019, arXiv 1906.04721, section 4.2).
    Where the result is added to a residual stream, both mend the error of the sum, as far as the
    next normalization can see it.
    """
    layer = step.layer
    weights = {x.name.rpartition("/")[2].partition(":")[0]: x for x in step.wrapper.weights}
    kernels = [weights[f"kernel_{group}"] for group in range(layer.groups)]
    biases = [weights[f"bias_{group}"] for group in range(layer.groups)]
    old = [np.squeeze(kernel.numpy(), (0, 1)).astype(np.float64) for kernel in kernels]
    # Kernels are fitted to one half of each batch, and chosen by the other.
    halves = [[Moments(*kernel.shape) for _ in range(2)] for kernel in old]
    offset = np.concatenate([bias.numpy() for bias in biases])
    identities = step.identities()
    shortened = np.zeros(layer.filters)
    for rounded, exact in step.inputs():
        parts = np.split(exact, layer.groups, axis=-1)
        products = [x @ kernel.astype(np.float32) for x, kernel in zip(parts, old, strict=True)]
        targets = np.concatenate(products, axis=-1) + offset
        if identities is not None:
            rounded_identity, exact_identity = next(identities)
            sums = targets + exact_identity
            targets = _limit(sums) - rounded_identity
            shortened += (sums - rounded_identity - targets).sum(axis=0)
        for group, (x, y) in enumerate(
            zip(*(np.split(z, layer.groups, axis=-1) for z in (rounded, targets)), strict=True)
        ):
            middle = len(x) // 2
            for half, rows in zip(halves[group], (slice(middle), slice(middle, None)), strict=True):
                half.add(x[rows], y[rows])
    for group, kernel in enumerate(kernels):
        new = fit_kernel(old[group], halves[group]) if fits_kernels else old[group]
        kernel.assign(new[None, None])
        scale = np.maximum(np.abs(new).max(axis=0), 1e-12) / 127
        total = halves[group][0] + halves[group][1]
        bias = total.bias(scale * np.rint(new / scale))
        if new is old[group]:
            # A bias alone cannot make single vectors shorter.
            bias += np.split(shortened, layer.groups)[group] / total.rows
        if step.is_key():
            # Softmax ignores what is the same in all scores of a query.
            bias -= total.mean_target
        biases[group].assign(bias)


def _limit(sums: np.ndarray) -> np.ndarray:
    """Makes vectors with a far larger channel than others shorter.

    The normalization of a vector does not depend on its length. Tokens to which attention goes when
    there is nothing to attend to have such vectors (Sun et al. 2024, arXiv 2402.17762, section 2).

    Args:
        sums: float [tokens, channels].
    """
    largest = np.abs(sums).max(axis=1, keepdims=True)
    return sums * np.minimum(1.0, _LARGEST_SUM * np.median(largest) / np.maximum(largest, 1e-12))


def _assign(quantizer: ActivationQuantizer, ends: tuple[float, float]) -> None:
    quantizer.weights["minimum"].assign(ends[0])
    quantizer.weights["maximum"].assign(ends[1])
