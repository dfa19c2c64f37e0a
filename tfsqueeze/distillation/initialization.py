"""A SqueezeBERT that starts from the weights of a BERT: dense products become grouped ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.distillation.distillation_options import map_layers
from tfsqueeze.layers import GroupedConvolution
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.utils.errors import UserError

_TABLE_SIZES = ("vocab_size", "max_position_embeddings", "type_vocab_size")
METHODS = ("least_squares", "block_diagonal")
# A share of the mean square of the inputs, added to them so that unused channels do no harm.
_RIDGE = 1e-3


def init_from_teacher(
    teacher: PreTrainedModel,
    student_class: type[PreTrainedModel],
    config: SqueezeBertConfig,
    input_ids: np.ndarray,
    *,
    layers: Sequence[int] | str = "uniform",
    method: str = "least_squares",
    batch_size: int = 32,
) -> PreTrainedModel:
    """Returns a student whose layers compute nearly what layers of a dense teacher compute.

    Embeddings, normalization and products of as many groups are copied. A product in more groups
    sees a part of the inputs only: `block_diagonal` takes the teacher's weights between the inputs
    and outputs of each group; `least_squares` fits weights and bias to the teacher's outputs on
    the given texts, so that the inputs a group has stand in for those it lost, as far as they are
    correlated.

    Embeddings of fewer channels hold the teacher's along the directions in which those of the
    given texts differ most (Lan et al. 2020, arXiv 1909.11942, section 3.1, learns such a
    factorization from the start), and the layer behind them is fitted by least squares.

    config: all attention, of the teacher's sizes; groups, activation, number of layers and
        `embedding_size` are free.
    input_ids: int32 [texts, length], some hundreds of texts like those of the task.
    layers: numbers of the teacher's layers, or `uniform` or `last`; see `map_layers`.

    The student has the teacher's head where it has one of the same name and shape.

    Raises UserError where the config's sizes are not the teacher's or it has a convolutional layer.
    """
    _check(teacher, config, method)
    taken = map_layers(
        config.num_hidden_layers,
        teacher.config.num_hidden_layers,
        tuple(layers) if not isinstance(layers, str) else layers,
    )
    student = student_class(config, input_names=("input_ids",))
    if config.embedding_size != teacher.config.embedding_size:
        factorize_embeddings(student, teacher, input_ids, batch_size=batch_size)
    sources = {
        layer: teacher_layer
        for layer in student.layers
        if (teacher_layer := _counterpart(layer, teacher, taken)) is not None
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
    """Gives a student with few embedding channels those of its teacher's that matter most.

    The student's `hidden_size` may differ from the teacher's: its first layer then finds the
    principal components of the teacher's embeddings, in as many channels as there are.

    input_ids: int32 [texts, length], some hundreds of texts, for the frequencies of words.

    Raises UserError where the two have other vocabularies or numbers of positions, or the student
    has no layer behind its embeddings.
    """
    config = student.config
    differs = _difference(config, teacher.config, _TABLE_SIZES)
    if differs:
        raise UserError(f"factorize_embeddings: {differs}")
    if not config.projects_embeddings:
        raise UserError(
            "factorize_embeddings: the student's embedding_size must differ from its "
            "hidden_size, so that a layer is between them"
        )
    ours, theirs = (model.get_layer("embeddings") for model in (student, teacher))
    words = theirs.word_embeddings.numpy().astype(np.float64)
    # A root, since rare words carry more of a text's meaning than their number says.
    weights = np.sqrt(1.0 + np.bincount(input_ids.ravel(), minlength=len(words)))
    mean = weights @ words / weights.sum()
    directions = _principal(
        ((words - mean) * weights[:, None]).T @ (words - mean), config.embedding_size
    )
    for name in ours.tables:
        table = getattr(theirs, name).numpy() - (mean if name == "word_embeddings" else 0.0)
        getattr(ours, name).assign(table @ directions)
    _fit_projection(student, teacher, input_ids, batch_size)


def _fit_projection(student, teacher, input_ids, batch_size):
    layer = student.get_layer("embeddings_projection")
    models = [
        keras.Model(model.input, output)
        for model, output in (
            (student, student.get_layer("embeddings_dropout").output),
            (teacher, teacher.with_states(hidden_states=[0]).output["hidden_states_0"]),
        )
    ]
    gram = 0.0
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


def _principal(covariance, count):
    """The directions of most variance, as columns; zeros where more are wanted than there are."""
    directions = np.linalg.eigh(covariance)[1][:, ::-1][:, :count]
    return np.pad(directions, [(0, 0), (0, count - directions.shape[1])])


def _batches(input_ids, batch_size):
    return (input_ids[start : start + batch_size] for start in range(0, len(input_ids), batch_size))


def can_init_from_teacher(config: SqueezeBertConfig, teacher: EncoderConfig) -> bool:
    """Says whether `init_from_teacher` can make a student of one config from a teacher of another."""
    return _misfit(config, teacher) is None


def _difference(config, teacher, names):
    for name in names:
        ours, theirs = getattr(config, name), getattr(teacher, name)
        if ours != theirs:
            return (
                f"{name} is {ours} in the student's config and {theirs} in the teacher's; "
                "they must be equal"
            )
    return None


def _misfit(config, teacher):
    differs = _difference(
        config, teacher, (*_TABLE_SIZES, "hidden_size", "num_attention_heads", "intermediate_size")
    )
    if differs:
        return differs
    if set(config.layer_types) != {"attention"} or config.feed_forward_type != "dense":
        return (
            "every layer of the student must be attention with a dense feed-forward network, "
            "as the teacher's are"
        )
    return None


def _check(teacher, config, method):
    if method not in METHODS:
        raise UserError(f"init_from_teacher: method {method!r} is not {' or '.join(METHODS)}")
    misfit = _misfit(config, teacher.config)
    if misfit:
        raise UserError(f"init_from_teacher: {misfit}")


def _counterpart(layer, teacher, taken):
    name = layer.name
    if name.startswith("layer_"):
        _, index, rest = name.split("_", 2)
        name = f"layer_{teacher.config.layer_groups[taken[int(index)]]}_{rest}"
    try:
        return teacher.get_layer(name) if layer.weights else None
    except ValueError:
        return None


def _dense(source):
    """The kernel [inputs, outputs] and bias [outputs] of a product in one group."""
    kernel, bias = source.get_weights()
    return np.squeeze(kernel, (0, 1)), bias


def _block_diagonal(layer, source):
    kernel, bias = _dense(source)
    groups = layer.groups
    blocks = [
        np.hsplit(rows, groups)[group] for group, rows in enumerate(np.vsplit(kernel, groups))
    ]
    return [*(block[None, None] for block in blocks), *np.split(bias, groups)]


def _fit(fitted, teacher, input_ids, batch_size):
    """Solves the normal equations of each product's groups, from sums over all tokens."""
    names = {source.name: source for source in fitted.values()}
    nodes = {node.layer.name: node for depth in teacher._nodes_by_depth.values() for node in depth}
    inputs = keras.Model(teacher.input, {name: nodes[name].keras_inputs[0] for name in names})
    sums = {name: 0.0 for name in names}
    for ids in _batches(input_ids, batch_size):
        tokens = ids != teacher.config.pad_token_id
        for name, value in inputs({"input_ids": ids}, training=False).items():
            x = value.numpy()[tokens].astype(np.float64)
            x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
            # x'x holds all that the fits need: the targets are linear in x.
            sums[name] = sums[name] + x.T @ x
    for layer, source in fitted.items():
        layer.set_weights(_least_squares(layer.groups, *_dense(source), sums[source.name]))


def _least_squares(groups, kernel, bias, gram):
    """Weights of groups nearest to x @ kernel + bias, by gram = sum of [x, 1]'[x, 1]."""
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
