"""BERT and SqueezeBERT as ONNX graphs, in the forms that ONNX Runtime's users run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import onnx

from benchmarks.peers.configs import MASK_VALUE, BertConfig
from benchmarks.peers.onnx_graph import GraphBuilder
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.utils.errors import UserError

Weights = Mapping[str, np.ndarray]


def keras_weights(model) -> dict[str, np.ndarray]:
    """The weights of a Keras model by name, without the `:0`."""
    return {weight.name.split(":")[0]: weight.numpy() for weight in model.weights}


def bert_graph(
    config: BertConfig, weights: Weights, length: int, *, fused_attention: bool
) -> onnx.ModelProto:
    """BERT with the weights of `peers.encoders.bert`: input_ids [1, length] to logits.

    fused_attention: onnxruntime's MultiHeadAttention, as its transformer optimizer would put in
        place of the products and softmax; ONNX's own operators otherwise.
    """
    graph = GraphBuilder()

    def dense(x, name):
        return graph.dense(x, name, weights[f"{name}/kernel"], weights[f"{name}/bias"])

    def norm(x, name):
        return graph.layer_norm(
            x, name, weights[f"{name}/gamma"], weights[f"{name}/beta"], config.layer_norm_eps
        )

    attention = partial(
        _attention,
        graph,
        length=length,
        heads=config.num_attention_heads,
        hidden=config.hidden_size,
        fused=fused_attention,
    )
    bias = _attention_bias(graph, 0)
    x = norm(_embed(graph, weights, length), "embeddings/norm")
    for index in range(config.num_hidden_layers):
        layer = f"layer_{index}"
        context = attention(
            *(dense(x, f"{layer}/attention/{name}") for name in ("query", "key", "value")), bias
        )
        x = norm(
            graph.node("Add", dense(context, f"{layer}/attention/output"), x),
            f"{layer}/attention_norm",
        )
        y = graph.node("Gelu", dense(x, f"{layer}/intermediate"))
        x = norm(graph.node("Add", dense(y, f"{layer}/output"), x), f"{layer}/output_norm")
    pooled = graph.node("Tanh", dense(_first_token(graph, x), "pooler"))
    return graph.build(length, config.num_labels, dense(pooled, "classifier"))


def squeezebert_graph(
    config: SqueezeBertConfig,
    weights: Weights,
    length: int,
    *,
    products: str,
    fused_attention: bool,
    finds_padding: bool = True,
) -> onnx.ModelProto:
    """SqueezeBERT with the weights of its Keras classifier: input_ids [1, length] to logits.

    products: `conv`, grouped Conv on [1, channels, length] as in the published PyTorch model; or
        `split`, Split, MatMul and Concat on [1, length, channels].
    fused_attention: as in `bert_graph`; for `split` only.
    finds_padding: whether padding is masked; without it, a text must fill the length.

    Raises UserError for a config with tfsqueeze's own variants, which have no such peer.
    """
    plain = {
        "layer_types": ("attention",) * config.num_hidden_layers,
        "feed_forward_type": "dense",
        "normalization_type": "layer_norm",
        "classifier_pooling": "cls",
        "hidden_act": "gelu",
    }
    for name, value in plain.items():
        if getattr(config, name) != value:
            raise UserError(
                f"the ONNX SqueezeBERT has no {name} {getattr(config, name)!r}; "
                "use a config of the paper's model"
            )
    graph = GraphBuilder()
    conv = products == "conv"

    def grouped(x, name, groups):
        kernels = [weights[f"{name}/kernel_{group}"][0, 0] for group in range(groups)]
        biases = [weights[f"{name}/bias_{group}"] for group in range(groups)]
        if conv:
            kernel = np.concatenate([part.T for part in kernels])[:, :, None]
            return graph.node(
                "Conv",
                x,
                graph.constant(f"{name}_kernel", kernel),
                graph.constant(f"{name}_bias", np.concatenate(biases)),
                group=groups,
            )
        if groups == 1:
            return graph.dense(x, name, kernels[0], biases[0])
        pieces = graph.node("Split", x, count=groups, axis=-1, num_outputs=groups)
        outputs = [
            graph.node("MatMul", piece, graph.constant(f"{name}_kernel_{group}", kernel))
            for group, (piece, kernel) in enumerate(zip(pieces, kernels, strict=True))
        ]
        return graph.node(
            "Add",
            graph.node("Concat", *outputs, axis=-1),
            graph.constant(f"{name}_bias", np.concatenate(biases)),
        )

    def norm(x, name):
        x = graph.transpose(x, (0, 2, 1)) if conv else x
        x = graph.layer_norm(
            x, name, weights[f"{name}/gamma"], weights[f"{name}/beta"], config.layer_norm_eps
        )
        return graph.transpose(x, (0, 2, 1)) if conv else x

    sizes = dict(length=length, heads=config.num_attention_heads, hidden=config.hidden_size)
    attention = (
        partial(_attention_of_channels, graph, **sizes)
        if conv
        else partial(_attention, graph, fused=fused_attention, **sizes)
    )
    bias = _attention_bias(graph, config.pad_token_id) if finds_padding else None
    x = _embed(graph, weights, length)
    x = norm(graph.transpose(x, (0, 2, 1)) if conv else x, "embeddings_norm")
    for index in range(config.num_hidden_layers):
        layer = f"layer_{index}"
        context = attention(
            grouped(x, f"{layer}_query", config.q_groups),
            grouped(x, f"{layer}_key", config.k_groups),
            grouped(x, f"{layer}_value", config.v_groups),
            bias,
        )
        y = grouped(context, f"{layer}_post_attention", config.post_attention_groups)
        x = norm(graph.node("Add", y, x), f"{layer}_post_attention_norm")
        y = graph.node("Gelu", grouped(x, f"{layer}_intermediate", config.intermediate_groups))
        y = grouped(y, f"{layer}_output", config.output_groups)
        x = norm(graph.node("Add", y, x), f"{layer}_output_norm")

    def dense(x, name):
        return graph.dense(x, name, weights[f"{name}/kernel_0"][0, 0], weights[f"{name}/bias_0"])

    first = _first_token(graph, graph.transpose(x, (0, 2, 1)) if conv else x)
    pooled = graph.node("Tanh", dense(first, "pooler"))
    return graph.build(length, config.num_labels, dense(pooled, "classifier"))


def _embed(graph, weights, length):
    """Sums the embeddings: [1, length, hidden]; every token has type 0."""
    words = graph.node(
        "Gather", graph.constant("words", weights["embeddings/word_embeddings"]), "input_ids"
    )
    positions = (
        weights["embeddings/position_embeddings"][:length]
        + weights["embeddings/token_type_embeddings"][0]
    )
    return graph.node("Add", words, graph.constant("positions", positions))


def _attention_bias(graph, padding_id):
    """[1, 1, 1, length]: 0 at tokens, strongly negative at padding."""
    padding = graph.node("Equal", "input_ids", graph.constant("padding", np.int32(padding_id)))
    bias = graph.node(
        "Where",
        padding,
        graph.constant("masked", np.float32(MASK_VALUE)),
        graph.constant("unmasked", np.float32(0)),
    )
    return graph.node("Unsqueeze", bias, graph.constant("axes", np.array([1, 2], np.int64)))


def _attention(graph, query, key, value, bias, *, length, heads, hidden, fused):
    """Attention of [1, length, hidden] tensors."""
    if fused:
        bias = graph.node(
            "Expand",
            bias,
            graph.constant("scores_shape", np.array([1, 1, length, length], np.int64)),
        )
        return graph.node("MultiHeadAttention", query, key, value, "", "", bias, num_heads=heads)
    query = graph.scale(query, (hidden // heads) ** -0.5)
    query, key, value = (
        graph.transpose(graph.reshape(x, (1, length, heads, hidden // heads)), axes)
        for x, axes in ((query, (0, 2, 1, 3)), (key, (0, 2, 3, 1)), (value, (0, 2, 1, 3)))
    )
    context = _mix(graph, query, key, value, bias)
    return graph.reshape(graph.transpose(context, (0, 2, 1, 3)), (1, length, hidden))


def _attention_of_channels(graph, query, key, value, bias, *, length, heads, hidden):
    """Attention of [1, hidden, length] tensors, where the keys lie as the product wants them."""
    query = graph.scale(query, (hidden // heads) ** -0.5)
    query, key, value = (
        graph.reshape(x, (1, heads, hidden // heads, length)) for x in (query, key, value)
    )
    context = _mix(
        graph, graph.transpose(query, (0, 1, 3, 2)), key, graph.transpose(value, (0, 1, 3, 2)), bias
    )
    return graph.reshape(graph.transpose(context, (0, 1, 3, 2)), (1, hidden, length))


def _mix(graph, query, key, value, bias):
    scores = graph.node("MatMul", query, key)
    if bias is not None:
        scores = graph.node("Add", scores, bias)
    return graph.node("MatMul", graph.node("Softmax", scores, axis=-1), value)


def _first_token(graph: GraphBuilder, x: str) -> str:
    """[1, length, hidden] to [1, hidden]."""
    return graph.node("Gather", x, graph.constant("first", np.int64(0)), axis=1)
