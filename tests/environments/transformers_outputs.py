"""Runs in the environment `transformers`: loads folders, and writes what the models compute.

Each folder gets `outputs.npz`, `report.json` on its tensors, `tokens.json` if it has a tokenizer,
and `again`, the folder that transformers saves.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import transformers

TEXTS = ["The cat sings!", "who runs in a [garden]?", "", "unheard"]


def run(folder: Path) -> None:
    (name,) = json.loads((folder / "config.json").read_text())["architectures"]
    model, report = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
    (folder / "report.json").write_text(json.dumps({k: sorted(v) for k, v in report.items() if v}))
    with np.load(folder / "inputs.npz") as file:
        inputs = {key: torch.tensor(file[key], dtype=torch.long) for key in file}
    with torch.no_grad():
        outputs = model.eval()(**inputs)
    np.savez(
        folder / "outputs.npz",
        **{key: value.numpy() for key, value in outputs.items() if torch.is_tensor(value)},
    )
    model.save_pretrained(folder / "again")
    if (folder / "vocab.txt").exists():
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        tokens = {
            "length": len(tokenizer),
            "model_inputs": tokenizer.model_input_names,
            "texts": TEXTS,
            "ids": tokenizer(TEXTS)["input_ids"],
            "pairs": dict(tokenizer(TEXTS, TEXTS[::-1])),
        }
        (folder / "tokens.json").write_text(json.dumps(tokens))


for argument in sys.argv[1:]:
    run(Path(argument))
