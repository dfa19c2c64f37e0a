"""The class of quantization-aware models, by which Keras finds what such a model consists of."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras
from tensorflow_model_optimization.python.core.quantization.keras.quantize_wrapper import (
    QuantizeWrapperV2,
)

from tfsqueeze.models.first_token import compute_first_token_only
from tfsqueeze.quantization.quantize_config import SqueezeBertQuantizeConfig
from tfsqueeze.utils.autograph import skip_autograph
from tfsqueeze.utils.keras_files import KerasFileModel

# TF-MOT would have users load its wrappers within its `quantize_scope`.
for _class in (QuantizeWrapperV2, SqueezeBertQuantizeConfig):
    keras.saving.get_custom_objects()[_class.__name__] = _class


@keras.saving.register_keras_serializable("tfsqueeze")
class QuantizationAwareModel(KerasFileModel):
    """A Functional Keras model of layers that TF-MOT has wrapped.

    A file of it names this module, which Keras imports when it loads the file. So
    `keras.models.load_model` finds the layers too.

    Args:
        inputs: those of the model, as in `keras.Model`.
        outputs: those of the model.
        name: the name of the model.

    Example:
        >>> inputs = keras.Input([3])
        >>> QuantizationAwareModel(inputs, inputs, name="quantized").name
        'quantized'
    """

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> keras.Model:
        """Returns a model with new weights from the result of `get_config`."""
        # Keras calls the layers as it puts them together.
        build = tf.autograph.experimental.do_not_convert(super().from_config)
        model = skip_autograph(build(config, custom_objects))
        compute_first_token_only(model)
        return model
