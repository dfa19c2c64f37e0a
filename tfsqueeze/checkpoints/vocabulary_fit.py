"""Whether the vocabulary of a checkpoint fits its model: its size and the id of padding."""

from __future__ import annotations

from pathlib import Path

from tfsqueeze.checkpoints.model_sources import CONFIG_FILE
from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.tokenizers.base_tokenizer import BaseTokenizer
from tfsqueeze.tokenizers.tokenizer_files import vocabulary_path
from tfsqueeze.tokenizers.tokenizer_settings import PAD_TOKEN
from tfsqueeze.utils.errors import UserError


def check_vocabulary(tokenizer: BaseTokenizer, config: EncoderConfig, folder: Path) -> None:
    """Checks that a checkpoint has an embedding for each token, and takes the same one for padding.

    Args:
        tokenizer: the tokenizer of the checkpoint.
        config: the config of the checkpoint.
        folder: the folder of the checkpoint.

    Raises:
        UserError: the numbers of tokens and of embeddings differ, or the ids of padding do.
    """
    path = vocabulary_path(folder)
    if tokenizer.vocab_size != config.vocab_size:
        raise UserError(
            f"{path} has {tokenizer.vocab_size:,} tokens, and the model embeddings for "
            f"{config.vocab_size:,} (vocab_size in {CONFIG_FILE}); use the {path.name} that the "
            "model was trained with"
        )
    if tokenizer.pad_token_id != config.pad_token_id:
        raise UserError(
            f"{folder / CONFIG_FILE}: pad_token_id is {config.pad_token_id}, and {PAD_TOKEN} has "
            f"the id {tokenizer.pad_token_id} in {path.name}; give both the same id"
        )
