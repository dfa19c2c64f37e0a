"""The Keras layers of the encoders and their heads, each with an int8 form."""

from tfsqueeze.layers.attention import SelfAttention
from tfsqueeze.layers.decoder import TiedDecoder
from tfsqueeze.layers.depthwise import SequenceDepthwiseConvolution
from tfsqueeze.layers.dropout import Dropout
from tfsqueeze.layers.embeddings import SqueezeBertEmbeddings
from tfsqueeze.layers.export_form import export_form
from tfsqueeze.layers.grouped_convolution import GroupedConvolution
from tfsqueeze.layers.masks import FLOAT_MASK_VALUE, MaskLookup, SameTextMask
from tfsqueeze.layers.normalization import LayerNorm, NoNorm
from tfsqueeze.layers.pair_features import PairFeatures
from tfsqueeze.layers.pooling import (
    FirstToken,
    FirstTokenOnly,
    MaxOverTokens,
    NormalizedMean,
    TokensAt,
    TokenScores,
)
from tfsqueeze.layers.quantizable import QuantizableLayer
from tfsqueeze.layers.residual import ResidualAdd
from tfsqueeze.layers.transformed_embeddings import TransformedEmbeddings

__all__ = [
    "FLOAT_MASK_VALUE",
    "Dropout",
    "FirstToken",
    "FirstTokenOnly",
    "GroupedConvolution",
    "LayerNorm",
    "MaskLookup",
    "MaxOverTokens",
    "NoNorm",
    "NormalizedMean",
    "PairFeatures",
    "QuantizableLayer",
    "ResidualAdd",
    "SameTextMask",
    "SelfAttention",
    "SequenceDepthwiseConvolution",
    "SqueezeBertEmbeddings",
    "TiedDecoder",
    "TokenScores",
    "TokensAt",
    "TransformedEmbeddings",
    "export_form",
]
