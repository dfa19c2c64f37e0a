"""How this repository's own .tflite files are made for the comparison.

TensorFlow is imported inside, so that models can be listed without it.
"""

from __future__ import annotations

import numpy as np

from benchmarks.peers.configs import PEERS, BertConfig, MobileBertConfig
from tfsqueeze.configs.presets import load_preset

_CALIBRATION_TEXTS = 32


def build_squeezebert(preset: str, variant: str, length: int) -> bytes:
    """Converts a preset's classifier by this repository's converters.

    variant: `float32`, or a profile of `convert_int8` for a quantization-aware model that saw
        random texts.
    """
    from converters.conversion.keras_to_tflite import convert_float, convert_int8
    from tfsqueeze.quantization import quantize_aware

    model = keras_squeezebert(preset)
    if variant == "float32":
        return convert_float(model, length)
    texts = _random_texts(model.config.vocab_size, length)
    return convert_int8(quantize_aware(model, [{"input_ids": texts}]), length, profile=variant)


def build_encoder(family: str, profile: str, length: int) -> bytes:
    """Converts a classifier of a peer's sizes as `tfsqueeze convert` does a checkpoint.

    family: a key of `PEERS`.
    profile: of `convert_int8`, for a model that was quantized after training with random texts.
    """
    from converters.conversion.keras_to_tflite import convert_int8
    from tfsqueeze.quantization import quantize_after_training

    model = keras_encoder(family, PEERS[family])
    texts = {"input_ids": _random_texts(model.config.vocab_size, length)}
    quantized = quantize_after_training(model, texts, model.config.pad_token_id)
    return convert_int8(quantized, length, profile=profile)


def keras_squeezebert(preset: str):
    """A preset's Keras classifier of input_ids with random weights."""
    from benchmarks.peers.encoders import randomize
    from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification

    return randomize(
        SqueezeBertForSequenceClassification(load_preset(preset), input_names=("input_ids",))
    )


def keras_encoder(family: str, config: BertConfig | MobileBertConfig):
    """The Keras classifier of input_ids that has a peer's sizes, with random weights.

    family: the key of `PEERS` whose architecture it has.
    """
    from benchmarks.peers.encoders import randomize
    from tfsqueeze.models.architectures import task_model_class

    own = own_config(family, config)
    model_class = task_model_class(own.model_type, "SequenceClassification")
    return randomize(model_class(own, input_names=("input_ids",)))


def own_config(family: str, config: BertConfig | MobileBertConfig):
    """Returns the config of this repository that has a peer's architecture and sizes."""
    architectures = {
        "bert-base": _bert,
        "distilbert": _distilbert,
        "albert-base": _albert,
        "mobilebert": _mobilebert,
    }
    return architectures[family](config)


def _bert(config):
    from tfsqueeze import BertConfig

    return BertConfig(**_sizes(config))


def _distilbert(config):
    from tfsqueeze import DistilBertConfig

    return DistilBertConfig(
        vocab_size=config.vocab_size,
        dim=config.hidden_size,
        n_layers=config.num_hidden_layers,
        n_heads=config.num_attention_heads,
        hidden_dim=config.intermediate_size,
        max_position_embeddings=config.max_position_embeddings,
    )


def _albert(config):
    from tfsqueeze import AlbertConfig

    return AlbertConfig(embedding_size=config.embedding_size, hidden_act="gelu", **_sizes(config))


def _mobilebert(config):
    from tfsqueeze import MobileBertConfig

    return MobileBertConfig(
        embedding_size=config.embedding_size,
        intra_bottleneck_size=config.bottleneck_size,
        num_feedforward_networks=config.num_feedforward_networks,
        classifier_activation=False,
        **_sizes(config),
    )


def _sizes(config):
    return {
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.num_hidden_layers,
        "num_attention_heads": config.num_attention_heads,
        "intermediate_size": config.intermediate_size,
        "max_position_embeddings": config.max_position_embeddings,
    }


def _random_texts(vocab_size, length):
    return (
        np.random.default_rng(0)
        .integers(1, vocab_size, (_CALIBRATION_TEXTS, length))
        .astype("int32")
    )
