"""The bare encoder and the task heads, for every architecture."""

from __future__ import annotations

from typing import Any

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.layers import (
    FLOAT_MASK_VALUE,
    FirstToken,
    MaxOverTokens,
    NormalizedMean,
    PairFeatures,
    TiedDecoder,
    TokensAt,
    TokenScores,
)
from tfsqueeze.models.encoder import MASKED_POSITIONS
from tfsqueeze.models.encoder_graph import EncoderGraph, convolve, drop, normalize
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.utils.errors import UserError


class EncoderModel(PreTrainedModel):
    """The bare encoder, without a task head.

    Its output is a dict: `last_hidden_state`, float [batch, length, hidden_size]; `pooler_output`,
    float [batch, hidden_size], the tanh of a dense layer on the first token; and
    `hidden_states_<i>`, the output of the embeddings (0) and of each layer (from 1).
    """

    is_bare_encoder = True

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        return {
            "last_hidden_state": graph.last_hidden_state,
            "pooler_output": pool(graph),
            **{f"hidden_states_{i}": x for i, x in enumerate(graph.hidden_states)},
        }


class SequenceClassificationHead(PreTrainedModel):
    """Classifies texts or pairs of texts.

    Its output is the logits, float [batch, num_labels]. `config.classifier_pooling` and
    `config.pair_encoder` choose what the classifier reads.
    """

    @staticmethod
    def reads_first_token_only(config: EncoderConfig) -> bool:
        """Returns whether the classifier reads the pooled first token."""
        return config.classifies_first_token

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        config = graph.config
        if config.pair_encoder == "bi_encoder":
            # Random weights would hide the similarity that the backbone knows.
            rate = config.classifier_dropout_prob
            return classify(graph, compare_texts(graph), rate, initializer_range=0.0)
        if config.classifier_pooling == "max":
            projected = convolve(
                graph, graph.last_hidden_state, config.hidden_size, "pooler", activation="relu"
            )
            bias = graph.mask("pooling_bias", FLOAT_MASK_VALUE, 0.0, "tokens")
            pooled = MaxOverTokens(name="max_over_tokens")([projected, bias])
        else:
            pooled = pool(graph)
        return classify(graph, pooled, config.classifier_dropout_prob)


class TokenClassificationHead(PreTrainedModel):
    """Labels each token.

    Its output is the logits, float [batch, length, num_labels].
    """

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        return classify(graph, graph.last_hidden_state, graph.config.token_classifier_dropout_prob)


class IntentAndSlotsHead(PreTrainedModel):
    """Classifies texts and labels their tokens at once (Chen et al. 2019, arXiv 1902.10909).

    Its output is a dict: `intent_logits`, float [batch, num_labels], from the pooled first token;
    and `slot_logits`, float [batch, length, len(config.slot_labels)].

    Raises:
        UserError: the config has no `slot_labels`.
    """

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        config = graph.config
        if not config.slot_labels:
            raise UserError(
                "a model of intents and slots needs the names of its slots; give the "
                "config slot_labels"
            )
        return {
            "intent_logits": classify(graph, pool(graph), config.classifier_dropout_prob, "intent"),
            "slot_logits": classify(
                graph,
                graph.last_hidden_state,
                config.token_classifier_dropout_prob,
                "slot",
                len(config.slot_labels),
            ),
        }


class QuestionAnsweringHead(PreTrainedModel):
    """Finds the span of an answer (Devlin et al. 2019, arXiv 1810.04805, section 4.2).

    Its output is a dict: `start_logits` and `end_logits`, float [batch, length], which score each
    token as the first and the last of the answer. Without an answer it is the first token that
    both point to.
    """

    # transformers' head has a row for each label: start and end.
    checkpoint_labels = 2

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        return span_logits(graph, graph.last_hidden_state)


class SentenceEmbeddingsHead(PreTrainedModel):
    """Embeds texts (Reimers and Gurevych 2019, arXiv 1908.10084, section 3).

    Its output is a dict: `embeddings`, float [batch, hidden_size], the means of the last hidden
    states of a text's tokens, each scaled to length 1.
    """

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        bias = graph.mask("pooling_bias", FLOAT_MASK_VALUE, 0.0, "row")
        mean = NormalizedMean(name="embedding", dtype="float32")
        return {"embeddings": mean([graph.last_hidden_state, bias])}


class MaskedLMHead(PreTrainedModel):
    """Predicts masked tokens, with weights that are tied to the embeddings.

    Its output is the logits, float [batch, length, vocab_size]. With the input `masked_positions`,
    int32 [batch, tokens], it predicts only the tokens there: float [batch, tokens, vocab_size]. An
    exported model predicts one token per run.
    """

    extra_inputs = (MASKED_POSITIONS,)
    reads_word_table = True

    @staticmethod
    def _head(graph: EncoderGraph) -> Any:
        config = graph.config
        x = convolve(
            graph,
            masked_tokens(graph),
            config.embedding_size,
            "transform",
            activation=config.hidden_act,
        )
        x = normalize(graph, x, "transform_norm")
        return TiedDecoder(name="decoder")([x, graph.word_table])


def masked_tokens(graph: EncoderGraph) -> Any:
    """Returns the last hidden states of the tokens to predict; see `MaskedLMHead`.

    Returns:
        float [batch, tokens, hidden_size]: those at `masked_positions`, or all.
    """
    if MASKED_POSITIONS not in graph.inputs:
        return graph.last_hidden_state
    positions = graph.inputs[MASKED_POSITIONS]
    return TokensAt(name="masked_tokens")([graph.last_hidden_state, positions])


def span_logits(graph: EncoderGraph, x: Any) -> dict[str, Any]:
    """Scores each token as the start and as the end of an answer; see `QuestionAnsweringHead`.

    Args:
        graph: the graph that the layers become part of.
        x: float [batch, length, hidden_size].
    """
    # Two products, so that each output has an int8 scale of its own.
    return {
        f"{end}_logits": TokenScores(name=end, dtype="float32")(
            convolve(graph, x, 1, f"{end}_output", dtype="float32")
        )
        for end in ("start", "end")
    }


def pool(graph: EncoderGraph) -> Any:
    """Applies BERT's pooler: the tanh of a dense layer on the first token's last hidden state.

    Returns:
        float [batch, hidden_size].
    """
    first = FirstToken(name="first_token")(graph.last_hidden_state)
    return convolve(graph, first, graph.config.hidden_size, "pooler", activation="tanh")


def compare_texts(graph: EncoderGraph) -> Any:
    """Returns the features of `PairFeatures`, float [batch, 3 * hidden_size]."""
    biases = [
        graph.mask_other_text(f"text_{text}_bias", text, FLOAT_MASK_VALUE, 0.0, "row")
        for text in (0, 1)
    ]
    tokens = graph.mask("pooling_bias", FLOAT_MASK_VALUE, 0.0, "row")
    features = PairFeatures(name="pair_features", dtype="float32")
    return features([graph.last_hidden_state, *biases, tokens])


def classify(
    graph: EncoderGraph,
    x: Any,
    dropout: float,
    name: str = "classifier",
    classes: int | None = None,
    **options: Any,
) -> Any:
    """Applies dropout and the dense layer that computes logits.

    Args:
        graph: the graph that the layers become part of.
        x: float [batch, ..., hidden_size].
        dropout: the dropout rate.
        name: the name of the dense layer.
        classes: the number of classes; None for the config's `num_labels`.
        **options: further arguments of `convolve`.

    Returns:
        float [batch, ..., classes].
    """
    x = drop(graph, x, dropout, f"{name}_dropout")
    # Logits are float32, whatever the precision of the encoder is.
    return convolve(graph, x, classes or graph.config.num_labels, name, dtype="float32", **options)
