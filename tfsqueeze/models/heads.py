"""The bare encoder and the task heads, whatever the architecture."""

from __future__ import annotations

from tfsqueeze.layers import (
    FLOAT_MASK_VALUE,
    FirstToken,
    MaxOverTokens,
    NormalizedMean,
    TiedDecoder,
    TokensAt,
    TokenScores,
)
from tfsqueeze.models.encoder import MASKED_POSITIONS, EncoderGraph, convolve, drop, normalize
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.utils.errors import UserError


class EncoderModel(PreTrainedModel):
    """The bare encoder.

    Outputs a dict: `last_hidden_state` float [batch, length, hidden_size], `pooler_output` float
    [batch, hidden_size] (tanh of a dense layer on the first token), and `hidden_states_<i>`, the
    embedding output and each layer's.
    """

    is_bare_encoder = True

    @staticmethod
    def _head(graph):
        return {
            "last_hidden_state": graph.last_hidden_state,
            "pooler_output": pool(graph),
            **{f"hidden_states_{i}": x for i, x in enumerate(graph.hidden_states)},
        }


class SequenceClassificationHead(PreTrainedModel):
    """Classifies texts or pairs of texts: logits float [batch, num_labels].

    `config.classifier_pooling` chooses what the classifier reads.
    """

    @staticmethod
    def reads_first_token_only(config):
        return config.classifier_pooling == "cls"

    @staticmethod
    def _head(graph):
        config = graph.config
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
    """Labels each token: logits float [batch, length, num_labels]."""

    @staticmethod
    def _head(graph):
        return classify(graph, graph.last_hidden_state, graph.config.token_classifier_dropout_prob)


class IntentAndSlotsHead(PreTrainedModel):
    """Classifies texts and labels their tokens at once (Chen et al. 2019, arXiv 1902.10909).

    Outputs a dict: `intent_logits` float [batch, num_labels], of the pooled first token, and
    `slot_logits` float [batch, length, len(config.slot_labels)].

    Raises UserError where the config names no slots.
    """

    @staticmethod
    def _head(graph):
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
    """Finds an answer's span (Devlin et al. 2019, arXiv 1810.04805, section 4.2).

    Outputs a dict: `start_logits` and `end_logits`, float [batch, length]: how well each token
    begins and ends the answer; where there is none, the first token does both.
    """

    @staticmethod
    def _head(graph):
        return answer_ends(graph, graph.last_hidden_state)


class SentenceEmbeddingsHead(PreTrainedModel):
    """Embeds texts: a dict of `embeddings` float [batch, hidden_size], each of length 1: the mean
    of the last hidden states of a text's tokens (Reimers and Gurevych 2019, arXiv 1908.10084)."""

    @staticmethod
    def _head(graph):
        bias = graph.mask("pooling_bias", FLOAT_MASK_VALUE, 0.0, "row")
        return {"embeddings": NormalizedMean(name="embedding")([graph.last_hidden_state, bias])}


class MaskedLMHead(PreTrainedModel):
    """Predicts masked tokens: logits float [batch, length, vocab_size], tied to the embeddings.

    With the input `masked_positions`, int32 [batch, tokens], it is asked about these tokens alone:
    logits float [batch, tokens, vocab_size]. A device is asked about one token at a time.
    """

    extra_inputs = (MASKED_POSITIONS,)
    reads_word_table = True

    @staticmethod
    def _head(graph):
        config, x = graph.config, graph.last_hidden_state
        if MASKED_POSITIONS in graph.inputs:
            x = TokensAt(name="masked_tokens")([x, graph.inputs[MASKED_POSITIONS]])
        x = convolve(graph, x, config.embedding_size, "transform", activation=config.hidden_act)
        x = normalize(graph, x, "transform_norm")
        return TiedDecoder(name="decoder")([x, graph.word_table])


def answer_ends(graph: EncoderGraph, x):
    """Scores each token as the start and as the end of an answer; see `QuestionAnsweringHead`."""
    # Two products, so that each output has an int8 scale of its own.
    return {
        f"{end}_logits": TokenScores(name=end)(convolve(graph, x, 1, f"{end}_output"))
        for end in ("start", "end")
    }


def pool(graph: EncoderGraph):
    """Applies BERT's pooler: tanh of a dense layer on the first token's last hidden state."""
    first = FirstToken(name="first_token")(graph.last_hidden_state)
    return convolve(graph, first, graph.config.hidden_size, "pooler", activation="tanh")


def classify(
    graph: EncoderGraph, x, dropout: float, name: str = "classifier", classes: int | None = None
):
    """Applies dropout and the layer that makes logits, of `num_labels` unless said otherwise."""
    x = drop(graph, x, dropout, f"{name}_dropout")
    return convolve(graph, x, classes or graph.config.num_labels, name)
