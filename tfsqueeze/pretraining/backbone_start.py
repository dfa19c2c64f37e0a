"""The weights that a pretraining run starts from."""

from __future__ import annotations

from typing import Any

import numpy as np
import tf_keras as keras

from tfsqueeze import BertModel
from tfsqueeze.checkpoints.minilm import minilm_folder
from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, pretrained_folder
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.distillation.initialization import (
    can_init_from_teacher,
    factorize_embeddings,
    init_from_teacher,
)
from tfsqueeze.models.architectures import read_config
from tfsqueeze.models.squeezebert import SqueezeBertModel
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.precision import precision_policy
from tfsqueeze.training.ragged_rows import RaggedRows
from tfsqueeze.utils.errors import UserError

# The inputs of the models while they train.
INPUTS = ("input_ids", "token_type_ids")
_INITIALIZATION_TEXTS = 1024


def backbone_config(tokenizer: WordPieceTokenizer, options: PretrainingOptions) -> Any:
    """Returns the configuration of the model that a run trains.

    Args:
        tokenizer: its tokenizer.
        options: the settings of the run.

    Raises:
        UserError: the backbone that the run goes on from is no SqueezeBERT.
    """
    if options.pretrained is not None:
        config: Any = read_config(pretrained_folder(options.pretrained) / CONFIG_FILE)
        if not isinstance(config, SqueezeBertConfig):
            raise UserError(
                f"{options.pretrained} is a {config.model_type}; only a SqueezeBERT can be "
                "pretrained further"
            )
        return config.replace(
            **options.model, vocab_size=tokenizer.vocab_size, pad_token_id=tokenizer.pad_token_id
        )
    return load_preset(
        options.preset,
        **{
            **options.model,
            "vocab_size": tokenizer.vocab_size,
            "pad_token_id": tokenizer.pad_token_id,
        },
    )


def _keeps_some_layers(options: PretrainingOptions) -> bool:
    """Returns whether the run goes on from some of the layers of a backbone."""
    return "num_hidden_layers" in options.model


def backbone_weights(model_class: Any, config: Any, options: PretrainingOptions) -> keras.Model:
    """Returns a model with the weights of the backbone that the run goes on from.

    Args:
        model_class: the class of the model.
        config: its configuration.
        options: the settings of the run.
    """
    assert options.pretrained is not None
    return model_class.from_pretrained(
        options.pretrained,
        input_names=INPUTS,
        **options.model,
        hidden_dropout_prob=config.hidden_dropout_prob,
        attention_probs_dropout_prob=config.attention_probs_dropout_prob,
    )


def distilled_student(config: Any, rows: RaggedRows, options: PretrainingOptions) -> keras.Model:
    """Returns a student that is to learn the hidden states of all-MiniLM-L6-v2.

    Args:
        config: its configuration.
        rows: the texts in the teacher's token ids; the start is fitted to some of them.
        options: the settings of the run.
    """
    if options.pretrained is not None and not _keeps_some_layers(options):
        return backbone_weights(SqueezeBertModel, config, options)
    student = SqueezeBertModel(config, input_names=INPUTS)
    if not options.from_teacher:
        return student
    chosen = np.random.default_rng(options.seed).permutation(len(rows))[:_INITIALIZATION_TEXTS]
    # The start is fitted to token ids alone, in float32.
    with precision_policy("float32"):
        teacher: Any = (
            BertModel.from_pretrained(minilm_folder(), input_names=("input_ids",))
            if options.pretrained is None
            else SqueezeBertModel.from_pretrained(options.pretrained, input_names=("input_ids",))
        )
        input_ids = rows[chosen].padded()
        if can_init_from_teacher(config, teacher.config):
            initialized = init_from_teacher(teacher, SqueezeBertModel, config, input_ids)
            student.set_weights(initialized.get_weights())
        elif config.projects_embeddings:
            factorize_embeddings(student, teacher, input_ids)
    return student
