"""Folders in the layout of sentence-transformers."""

from __future__ import annotations

from pathlib import Path

from tfsqueeze.checkpoints.model_sources import POOLING_FILE
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import read_json

_MEAN = "pooling_mode_mean_tokens"


def is_sentence_transformer(folder: Path) -> bool:
    """Returns whether a folder holds an encoder with mean pooling, as sentence-transformers has it.

    Args:
        folder: a model's folder.

    Raises:
        UserError: the folder has another kind of pooling.
    """
    path = folder / POOLING_FILE
    if not path.exists():
        return False
    fields = read_json(path)
    modes = {
        name: fields.get(name).boolean()
        for name in fields.object()
        if name.startswith("pooling_mode_")
    }
    chosen = [name for name, is_on in modes.items() if is_on]
    if chosen != [_MEAN]:
        raise UserError(
            f"{path}: the pooling is {', '.join(chosen) or 'none'}; {_MEAN} alone is supported"
        )
    return True
