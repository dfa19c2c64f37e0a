"""The sources of pretrained models: a folder, this package, an archive or the hub."""

from __future__ import annotations

import hashlib
import os
from importlib import resources
from pathlib import Path

from tfsqueeze.utils.archives import file_sha256
from tfsqueeze.utils.errors import UserError

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
# What a model's predictions are decoded with; see `tfsqueeze.training.run_folder`.
DECODING_FILE = "decoding.json"
# How sentence-transformers pools; see `tfsqueeze.checkpoints.sentence_transformers`.
POOLING_FILE = "1_Pooling/config.json"
TORCH_WEIGHTS_FILE = "pytorch_model.bin"
# After the name of the weights: the file that says which of several files holds which tensor.
INDEX_SUFFIX = ".index.json"
_TOKENIZER_FILES = [
    "vocab.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
]
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


def has_sentence_vectors(source: str | os.PathLike | None) -> bool:
    """Returns whether pretrained weights are a SqueezeBERT of this package.

    These were distilled from sentence vectors: texts of like meaning have near mean vectors.

    Args:
        source: a folder, a name in `BACKBONES`, or a hub id; None for no weights.
    """
    return source is not None and os.fspath(source) in BACKBONES.keys() - {_MINILM}


def pretrained_folder(source: str | os.PathLike) -> Path:
    """Returns the folder of a pretrained model, and downloads it first if necessary.

    Args:
        source: a folder, a name in `BACKBONES`, or a hub id such as
            `squeezebert/squeezebert-uncased`, which may end in `@` and a revision: a commit, a tag
            or a branch. A folder takes precedence over a name.

    Raises:
        UserError: there is no such model, it cannot be fetched, or what was fetched is damaged.

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


def pin_revision(source: str) -> str:
    """Returns a source whose content never changes, as far as there can be one.

    Args:
        source: see `pretrained_folder`.

    Returns:
        For a hub id `id@commit`, with the commit that the hub has now; otherwise the source.

    Raises:
        UserError: see `pretrained_folder`.
    """
    folder = pretrained_folder(source)
    if folder == Path(source) or source in BACKBONES:
        return source
    return f"{source.partition('@')[0]}@{folder.name}"


def _download(source: str) -> Path:
    """Returns the hub's snapshot of a hub id, in a folder that has the name of its commit."""
    try:
        folder = _snapshot(source, WEIGHTS_FILE, "model-*-of-*.safetensors")
        weights = (folder / WEIGHTS_FILE, folder / f"{WEIGHTS_FILE}{INDEX_SUFFIX}")
        if not any(path.exists() for path in weights):
            folder = _snapshot(source, TORCH_WEIGHTS_FILE, "pytorch_model-*-of-*.bin")
    # Errors about the network and the hub are OSErrors, those about the id ValueErrors.
    except (OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise UserError(
            f"no folder {source!r} here, no name of a backbone "
            f"({', '.join(BACKBONES)}), and as a hub id it could not be fetched "
            f"({type(error).__name__}: {reason}); check the name and the network, "
            "or give a local folder"
        ) from None
    for path in filter(Path.is_file, folder.rglob("*")):
        if not _is_whole(path.resolve()):
            raise UserError(
                f"{path} is damaged: its content is not what the hub has for {source}; remove "
                f"{path.resolve()} to fetch it anew"
            )
    return folder


def _snapshot(source: str, weights_file: str, shards: str) -> Path:
    """Returns a folder with the files of a hub id, and its weights if they have these names."""
    import huggingface_hub

    hub_id, _, revision = source.partition("@")
    return Path(
        huggingface_hub.snapshot_download(
            hub_id,
            revision=revision or None,
            allow_patterns=[
                CONFIG_FILE,
                DECODING_FILE,
                POOLING_FILE,
                *_TOKENIZER_FILES,
                weights_file,
                f"{weights_file}{INDEX_SUFFIX}",
                shards,
            ],
        )
    )


def _is_whole(path: Path) -> bool:
    """Whether a file of the hub's cache has the content that its name stands for.

    The name is the SHA-256 digest of a large file, and that of a Git blob of a small one (Git's
    object format: the SHA-1 of a header and the content). Where a system has no symbolic links,
    the cache has ordinary names, and there is nothing to compare with.
    """
    if len(path.name) == 64:
        return file_sha256(path) == path.name
    if len(path.name) == 40:
        content = path.read_bytes()
        header = f"blob {len(content)}\0".encode()
        return hashlib.sha1(header + content, usedforsecurity=False).hexdigest() == path.name
    return True
