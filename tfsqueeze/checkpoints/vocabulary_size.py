"""The vocabulary of a checkpoint has one token for each row of its table of embeddings."""

from __future__ import annotations

from pathlib import Path

from tfsqueeze.checkpoints.model_sources import CONFIG_FILE
from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.tokenizers.base_tokenizer import BaseTokenizer
from tfsqueeze.tokenizers.tokenizer_files import vocabulary_path
from tfsqueeze.utils.errors import UserError


def check_vocabulary_size(tokenizer: BaseTokenizer, config: EncoderConfig, folder: Path) -> None:
    """Checks that a checkpoint has an embedding for each token, and no others.

    Args:
        tokenizer: the tokenizer of the checkpoint.
        config: the config of the checkpoint.
        folder: the folder of the checkpoint.

    Raises:
        UserError: the numbers of tokens and of embeddings differ.
    """
    if tokenizer.vocab_size != config.vocab_size:
        path = vocabulary_path(folder)
        raise UserError(
            f"{path} has {tokenizer.vocab_size:,} tokens, and the model embeddings for "
            f"{config.vocab_size:,} (vocab_size in {CONFIG_FILE}); use the {path.name} that the "
            "model was trained with"
        )
