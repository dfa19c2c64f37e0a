"""The files beside an encoder that the library sentence-transformers reads."""

from __future__ import annotations

import json
from pathlib import Path

from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, POOLING_FILE
from tfsqueeze.tasks import SENTENCE_EMBEDDINGS

_MODULES = ("Transformer", "Pooling", "Normalize")


def write_sentence_transformer(folder: Path, channels: int, max_length: int) -> None:
    """Makes a saved model of sentence embeddings one that sentence-transformers loads.

    It reads the encoder as transformers' bare one, the mean of the tokens' vectors from
    1_Pooling/config.json, and the steps from modules.json.

    Args:
        folder: a folder that `save_pretrained` wrote.
        channels: of a vector.
        max_length: how many tokens of a text are read.
    """
    path = folder / CONFIG_FILE
    fields = json.loads(path.read_text("utf-8"))
    head = f"For{SENTENCE_EMBEDDINGS.head}"
    fields["architectures"] = [name.replace(head, "Model") for name in fields["architectures"]]
    _write(path, fields)
    modules = [
        {
            "idx": index,
            "name": str(index),
            "path": f"{index}_{kind}" if index else "",
            "type": f"sentence_transformers.models.{kind}",
        }
        for index, kind in enumerate(_MODULES)
    ]
    _write(folder / "modules.json", modules)
    _write(
        folder / "sentence_bert_config.json", {"max_seq_length": max_length, "do_lower_case": False}
    )
    pooling = {
        "word_embedding_dimension": channels,
        "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    }
    (folder / POOLING_FILE).parent.mkdir()
    _write(folder / POOLING_FILE, pooling)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", "utf-8")
