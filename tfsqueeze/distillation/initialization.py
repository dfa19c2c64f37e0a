"""Initialization of a SqueezeBERT from a BERT: dense products become grouped ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.distillation.distillation_options import LayerMap, map_layers
from tfsqueeze.layers import GroupedConvolution
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.utils.errors import UserError

_TABLE_SIZES = ("vocab_size", "max_position_embeddings", "type_vocab_size")
InitializationMethod = Literal["least_squares", "block_diagonal"]
# The ridge as a share of the mean square of the inputs: it keeps unused channels harmless.
_RIDGE = 1e-3


def init_from_teacher(
    teacher: PreTrainedModel,
    student_class: type[PreTrainedModel],
    config: SqueezeBertConfig,
    input_ids: np.ndarray,
    *,
    layers: Sequence[int] | LayerMap = "uniform",
    method: InitializationMethod = "least_squares",
    batch_size: int = 32,
) -> PreTrainedModel:
    """Returns a student whose layers approximate layers of a dense teacher.

    Embeddings, normalization, and products with equally many groups are copied. The head is copied
    if the teacher has one with the same name and shape. A product with more groups sees only a part
    of the inputs. The method `block_diagonal` keeps the teacher's weights between the inputs and
    outputs of each group. `least_squares` fits the weights and the bias to the teacher's outputs on
    the given texts: as far as inputs are correlated, those of a group replace the others.

    Embeddings with fewer channels keep the principal components of the teacher's, weighted by the
    given texts, and the layer after them is fitted by least squares. (ALBERT, Lan et al. 2020,
    arXiv 1909.11942, section 3.1, learns such a factorization from the start.)

    Args:
        teacher: the teacher, which stays as it is.
        student_class: the class of the student.
        config: the student's configuration, with attention in every layer and with the teacher's
            sizes. Groups, activation, number of layers and `embedding_size` are free.
        input_ids: int32 [texts, length], some hundreds of texts similar to those of the task.
        layers: the numbers of the teacher's layers, `uniform` or `last`; see `map_layers`.
        method: `least_squares` or `block_diagonal`.
        batch_size: the number of texts in a batch.

    Raises:
        UserError: the config's sizes differ from the teacher's, it has a convolutional layer, or
            there is no such method.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze import BertConfig, BertModel, SqueezeBertConfig, SqueezeBertModel
        >>> from tfsqueeze.distillation.initialization import init_from_teacher
        >>> sizes = dict(vocab_size=50, hidden_size=8, num_attention_heads=2, intermediate_size=16)
        >>> teacher = BertModel(
        ...     BertConfig(num_hidden_layers=2, **sizes), input_names=("input_ids",)
        ... )
        >>> config = SqueezeBertConfig(num_hidden_layers=1, **sizes)
        >>> input_ids = np.random.default_rng(0).integers(1, 50, (40, 12))
        >>> student = init_from_teacher(teacher, SqueezeBertModel, config, input_ids)
        >>> student.config.num_hidden_layers
        1
    """
    _check(teacher, config, method)
    layer_numbers = map_layers(
        config.num_hidden_layers,
        teacher.config.num_hidden_layers,
        tuple(layers) if not isinstance(layers, str) else layers,
    )
    student = student_class(config, input_names=("input_ids",))
    if config.embedding_size != teacher.config.embedding_size:
        factorize_embeddings(student, teacher, input_ids, batch_size=batch_size)
    sources: dict[Any, Any] = {
        layer: source
        for layer in student.layers
        if (source := _counterpart(layer, teacher, layer_numbers)) is not None
    }
    fitted = {
        layer: source
        for layer, source in sources.items()
        if isinstance(layer, GroupedConvolution) and layer.groups > source.groups
    }
    for layer, source in sources.items():
        if layer in fitted:
            continue
        values = source.get_weights()
        if [value.shape for value in values] == [value.shape for value in layer.get_weights()]:
            layer.set_weights(values)
    if method == "block_diagonal":
        for layer, source in fitted.items():
            layer.set_weights(_block_diagonal(layer, source))
    elif fitted:
        _fit(fitted, teacher, input_ids, batch_size)
    return student


def factorize_embeddings(
    student: PreTrainedModel,
    teacher: PreTrainedModel,
    input_ids: np.ndarray,
    *,
    batch_size: int = 32,
) -> None:
    """Initializes a student's narrower embeddings with principal components of the teacher's.

    The student's `hidden_size` may differ from the teacher's. The projection then gives the first
    layer the principal components of the output of the teacher's embeddings.

    Args:
        student: the student, which changes in place.
        teacher: the teacher, which stays as it is.
        input_ids: int32 [texts, length], some hundreds of texts, for the frequencies of tokens.
        batch_size: the number of texts in a batch.

    Raises:
        UserError: the numbers of token ids, positions or types differ, or the student has no
            projection after its embeddings.
    """
    config = student.config
    difference = _difference(config, teacher.config, _TABLE_SIZES)
    if difference:
        raise UserError(f"factorize_embeddings: {difference}")
    if not config.projects_embeddings:
        raise UserError(
            "factorize_embeddings: the student's embedding_size must differ from its "
            "hidden_size, so that a projection leads from one to the other"
        )
    student_embeddings: Any = student.get_layer("embeddings")
    teacher_embeddings: Any = teacher.get_layer("embeddings")
    words = teacher_embeddings.word_embeddings.numpy().astype(np.float64)
    # The root of the frequency, since rare words matter more to a text than their number says.
    weights = np.sqrt(1.0 + np.bincount(input_ids.ravel(), minlength=len(words)))
    mean = weights @ words / weights.sum()
    directions = _principal(
        ((words - mean) * weights[:, None]).T @ (words - mean), config.embedding_size
    )
    for name in student_embeddings.tables:
        table = getattr(teacher_embeddings, name).numpy()
        table = table - (mean if name == "word_embeddings" else 0.0)
        getattr(student_embeddings, name).assign(table @ directions)
    _fit_projection(student, teacher, input_ids, batch_size)


def _fit_projection(
    student: PreTrainedModel, teacher: PreTrainedModel, input_ids: np.ndarray, batch_size: int
) -> None:
    """Fits the projection after the student's embeddings to the teacher's by least squares."""
    layer: Any = student.get_layer("embeddings_projection")
    student_layer: Any = student.get_layer("embeddings_dropout")
    teacher_states: Any = teacher.with_states(hidden_states=[0])
    models = [
        keras.Model(student.input, student_layer.output),
        keras.Model(teacher.input, teacher_states.output["hidden_states_0"]),
    ]
    # The sum of [x, 1, y]'[x, 1, y] over the tokens holds all that the fit needs.
    gram: Any = 0.0
    for ids in _batches(input_ids, batch_size):
        tokens = ids != teacher.config.pad_token_id
        x, y = (
            model({"input_ids": ids}, training=False).numpy()[tokens].astype(np.float64)
            for model in models
        )
        both = np.concatenate([x, np.ones((len(x), 1)), y], axis=1)
        gram = gram + both.T @ both
    size, width = student.config.embedding_size + 1, teacher.config.hidden_size
    solved = np.linalg.solve(
        gram[:size, :size] + 1e-6 * np.trace(gram[:size, :size]) / size * np.eye(size),
        gram[:size, size:],
    )
    if layer.filters != width:
        mean = gram[size - 1, size:] / gram[size - 1, size - 1]
        covariance = gram[size:, size:] - np.outer(mean, mean) * gram[size - 1, size - 1]
        solved = solved @ _principal(covariance, layer.filters)
    layer.set_weights([solved[None, None, :-1].astype(np.float32), solved[-1].astype(np.float32)])


def _principal(covariance: np.ndarray, count: int) -> np.ndarray:
    """Returns the directions of most variance as columns, and zeros after the last."""
    directions = np.linalg.eigh(covariance)[1][:, ::-1][:, :count]
    return np.pad(directions, [(0, 0), (0, count - directions.shape[1])])


def _batches(input_ids: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    return (input_ids[start : start + batch_size] for start in range(0, len(input_ids), batch_size))


def can_init_from_teacher(config: SqueezeBertConfig, teacher: EncoderConfig) -> bool:
    """Returns whether `init_from_teacher` accepts the configs of a student and a teacher.

    Args:
        config: the student's configuration.
        teacher: the teacher's configuration.
    """
    return _misfit(config, teacher) is None


def _difference(config: EncoderConfig, teacher: EncoderConfig, names: Sequence[str]) -> str | None:
    """Returns a sentence on the first field that differs, or None."""
    for name in names:
        student_value, teacher_value = getattr(config, name), getattr(teacher, name)
        if student_value != teacher_value:
            return (
                f"{name} is {student_value} in the student's config and {teacher_value} in the "
                "teacher's; "
                "they must be equal"
            )
    return None


def _misfit(config: EncoderConfig, teacher: EncoderConfig) -> str | None:
    """Returns a sentence on why a student cannot start from a teacher, or None."""
    difference = _difference(
        config, teacher, (*_TABLE_SIZES, "hidden_size", "num_attention_heads", "intermediate_size")
    )
    if difference:
        return difference
    if set(config.layer_types) != {"attention"} or config.feed_forward_type != "dense":
        return (
            "every layer of the student must be attention with a dense feed-forward network, "
            "as the teacher's are"
        )
    return None


def _check(teacher: PreTrainedModel, config: EncoderConfig, method: InitializationMethod) -> None:
    methods = get_args(InitializationMethod)
    if method not in methods:
        raise UserError(f"init_from_teacher: method {method!r} is not {' or '.join(methods)}")
    misfit = _misfit(config, teacher.config)
    if misfit:
        raise UserError(f"init_from_teacher: {misfit}")


def _counterpart(layer: Any, teacher: PreTrainedModel, layer_numbers: Sequence[int]) -> Any:
    """Returns the teacher's layer that a layer of the student starts from, or None."""
    name = layer.name
    if name.startswith("layer_"):
        _, index, rest = name.split("_", 2)
        name = f"layer_{teacher.config.layer_groups[layer_numbers[int(index)]]}_{rest}"
    try:
        return teacher.get_layer(name) if layer.weights else None
    except ValueError:
        return None


def _dense(source: Any) -> tuple[np.ndarray, np.ndarray]:
    """Returns the kernel [inputs, outputs] and the bias [outputs] of a product in one group."""
    kernel, bias = source.get_weights()
    return np.squeeze(kernel, (0, 1)), bias


def _block_diagonal(layer: Any, source: Any) -> list[np.ndarray]:
    kernel, bias = _dense(source)
    groups = layer.groups
    blocks = [
        np.hsplit(rows, groups)[group] for group, rows in enumerate(np.vsplit(kernel, groups))
    ]
    return [*(block[None, None] for block in blocks), *np.split(bias, groups)]


def _fit(
    fitted: Mapping[Any, Any], teacher: PreTrainedModel, input_ids: np.ndarray, batch_size: int
) -> None:
    """Solves the normal equations of each product's groups, from sums over all tokens."""
    names = {source.name: source for source in fitted.values()}
    nodes = {node.layer.name: node for depth in teacher._nodes_by_depth.values() for node in depth}
    inputs = keras.Model(teacher.input, {name: nodes[name].keras_inputs[0] for name in names})
    sums: dict[str, Any] = {name: 0.0 for name in names}
    for ids in _batches(input_ids, batch_size):
        tokens = ids != teacher.config.pad_token_id
        for name, value in inputs({"input_ids": ids}, training=False).items():
            x = value.numpy()[tokens].astype(np.float64)
            x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
            # x'x is all that the fits need, since the targets are linear in x.
            sums[name] = sums[name] + x.T @ x
    for layer, source in fitted.items():
        layer.set_weights(_least_squares(layer.groups, *_dense(source), sums[source.name]))


def _least_squares(
    groups: int, kernel: np.ndarray, bias: np.ndarray, gram: np.ndarray
) -> list[np.ndarray]:
    """Returns the weights of groups that best approximate a dense product.

    Args:
        groups: the number of groups.
        kernel: the kernel of the dense product, float [inputs, outputs].
        bias: its bias, float [outputs].
        gram: the sum of [x, 1]'[x, 1] over inputs x, float64 [inputs + 1, inputs + 1].

    Returns:
        The kernels of the groups and then their biases.
    """
    full = np.vstack([kernel, bias]).astype(np.float64)
    count = len(kernel)
    size, width = count // groups, kernel.shape[1] // groups
    ridge = _RIDGE * np.trace(gram[:count, :count]) / count
    kernels, biases = [], []
    for group in range(groups):
        rows = [*range(group * size, (group + 1) * size), count]
        columns = slice(group * width, (group + 1) * width)
        normal = gram[np.ix_(rows, rows)] + np.diag([ridge] * size + [0.0])
        # Shrinks towards the teacher's own weights, not towards 0.
        prior = np.vstack([full[rows[:-1], columns] * ridge, np.zeros((1, width))])
        solved = np.linalg.solve(normal, gram[rows] @ full[:, columns] + prior)
        kernels.append(solved[None, None, :-1].astype(np.float32))
        biases.append(solved[-1].astype(np.float32))
    return [*kernels, *biases]
