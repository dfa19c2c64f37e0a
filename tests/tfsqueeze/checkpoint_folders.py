"""Loads checkpoint folders without warnings, and changes what is in them."""

import json
import warnings

from safetensors.numpy import load_file, save_file

from tfsqueeze.checkpoints.huggingface import CONFIG_FILE, WEIGHTS_FILE


def load_quietly(model_class, folder, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return model_class.from_pretrained(folder, **options)


def change_tensors(folder, change):
    tensors = load_file(folder / WEIGHTS_FILE)
    change(tensors)
    save_file(tensors, folder / WEIGHTS_FILE, metadata={"format": "pt"})


def change_config(folder, **fields):
    path = folder / CONFIG_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))
