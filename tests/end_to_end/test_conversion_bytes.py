"""The bytes that the golden checkpoints become: they change only on purpose.

The SHA-256 of each file is in conversion_sha256.json. They hold for the TensorFlow that
constraints.txt names, since its converter decides the bytes too. After a change on purpose, or with
another TensorFlow, write them anew:

    python tests/end_to_end/test_conversion_bytes.py

No float product may reach a file, since its last bit is not the same on every CPU. So all weights
are whole multiples of 1/512, whose products add up exactly, and the observed ranges get powers of
two in place of what calibration saw.
"""

from __future__ import annotations

import hashlib
import json
import re
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import load_file

from converters.conversion.keras_to_tflite import INT8_PROFILES, convert_float, convert_int8
from converters.tflite.metadata import pack_metadata
from converters.tflite.tflite_file import TFLiteFile
from tfsqueeze.checkpoints.checkpoint_tensors import checkpoint_tensors
from tfsqueeze.checkpoints.tensor_names import naming
from tfsqueeze.models.architectures import read_config, task_model_class
from tfsqueeze.models.reduction import reduce_layers
from tfsqueeze.quantization import quantize_aware

pytestmark = pytest.mark.slow

GOLDENS = Path(__file__).resolve().parents[1] / "goldens"
DIGESTS = Path(__file__).with_name("conversion_sha256.json")
LENGTH = 16
# Of the weights: so few steps that a float32 holds every sum of their products exactly.
STEPS = 512
SLOTS = ("B-city", "I-city", "O")

IDS = ("input_ids",)
TYPED = ("input_ids", "token_type_ids")
ALL = ("input_ids", "attention_mask", "token_type_ids")
MASKED = ("input_ids", "masked_positions")

# Every architecture, and every head of SqueezeBERT: the checkpoint, its head, and the inputs.
NETWORKS = [
    ("squeezebert_base", "SequenceClassification", IDS),
    ("squeezebert_base", "IntentAndSlots", IDS),
    ("squeezebert_base", "SentenceEmbeddings", IDS),
    ("squeezebert_mixed_groups", "SequenceClassification", IDS),
    ("squeezebert_sequence_classification", "SequenceClassification", ALL),
    ("squeezebert_token_classification", "TokenClassification", IDS),
    ("squeezebert_question_answering", "QuestionAnswering", TYPED),
    ("squeezebert_masked_lm", "MaskedLM", MASKED),
    ("bert_base", "IntentAndSlots", IDS),
    ("bert_sequence_classification", "SequenceClassification", ALL),
    ("bert_masked_lm", "MaskedLM", MASKED),
    ("distilbert_base", "QuestionAnswering", IDS),
    ("distilbert_sequence_classification", "SequenceClassification", IDS),
    ("albert_base", "TokenClassification", IDS),
]
PACKED = "squeezebert_sequence_classification SequenceClassification"


def title(network: tuple) -> str:
    return f"{network[0]} {network[1]}"


@pytest.mark.parametrize("network", NETWORKS, ids=title)
def test_the_bytes_are_those_of_before(network):
    assert digests(build(*network), title(network)) == recorded()[title(network)]


def test_every_record_is_of_a_network():
    assert set(recorded()) == {"tensorflow", *map(title, NETWORKS)}
    assert recorded()["tensorflow"] == tf.__version__


def recorded() -> dict:
    return json.loads(DIGESTS.read_text("utf-8"))


def build(folder: str, head: str, inputs: tuple[str, ...]):
    """Loads a golden checkpoint with a head and rounds its weights.

    The weights of a head that the checkpoint lacks follow from the names of its tensors.

    Two layers stay of a classifier of texts, and one of others, which takes half the time.
    """
    config = read_config(GOLDENS / folder / "config.json")
    options = {"slot_labels": SLOTS} if head == "IntentAndSlots" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that the head is new
        model = task_model_class(config.model_type, head).from_pretrained(
            GOLDENS / folder, input_names=inputs, **options
        )
    held = {
        naming(model).unprefixed(name) for name in load_file(GOLDENS / folder / "model.safetensors")
    }
    for tensor in checkpoint_tensors(model):
        draw = np.random.default_rng(zlib.crc32(tensor.name.encode()))
        value = (
            np.rint(tensor.read() * STEPS)
            if tensor.name in held
            else draw.integers(-STEPS // 4, STEPS // 4 + 1, tensor.shape)
        )
        tensor.assign((value / STEPS).astype(np.float32))
    return reduce_layers(model, range(2 if head == "SequenceClassification" else 1))


def digests(model, network: str) -> dict[str, str]:
    """Converts a model in every way; returns the SHA-256 of each file."""
    files = {"float32": convert_float(model, LENGTH)}
    qat_model = quantize_aware(model, [batch_for(model)])
    fix_ranges(qat_model)
    for profile in INT8_PROFILES:
        files[profile] = convert_int8(qat_model, LENGTH, profile=profile)
    if network == PACKED:
        labels = [f"label {index}" for index in range(model.config.num_labels)]
        files["packed"] = pack_metadata(
            files["int8"],
            task="text-classification",
            name="A name",
            description="What it is for.",
            labels=labels,
            vocabulary=[f"token{index}" for index in range(model.config.vocab_size)],
            tokenizer={"lowercase": True, "max_length": LENGTH},
            extra={"dataset": "none"},
        )
    for name, content in files.items():
        # The checks of a file know all that the converter writes.
        assert TFLiteFile(content, name).unknown == ()
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def batch_for(model) -> dict[str, np.ndarray]:
    """Four texts of 16, 12, 8 and 4 tokens."""
    draw = np.random.default_rng(0)
    mask = (np.arange(LENGTH) < [[16], [12], [8], [4]]).astype(np.int32)
    batch = {
        "input_ids": draw.integers(1, model.config.vocab_size, mask.shape) * mask,
        "attention_mask": mask,
        "token_type_ids": (np.arange(LENGTH) > 2) * mask,
        "masked_positions": np.array([[3], [2], [1], [0]]),
    }
    return {name: batch[name].astype(np.int32) for name in model.input_names}


def fix_ranges(qat_model) -> None:
    """Gives each observed range of a quantization-aware model ends that are powers of two.

    The exponents follow from the range's name. They cannot follow from what calibration saw: there
    the last bit of a product can move a number by a whole step of an int8 tensor, and all ranges
    after it with that. What calibration says for certain stays: whether a range begins at 0, and
    whether its zero point is 0.
    """
    weights = {weight.name.split(":")[0]: weight for weight in qat_model.weights}
    ranges = {
        match[1] for match in (re.fullmatch("(.*)_batches", name) for name in weights) if match
    }
    assert len(ranges) > 20
    for name in ranges:
        low, high = weights[f"{name}_min"], weights[f"{name}_max"]
        code = zlib.crc32(name.encode())
        new_high = 2.0 ** (code % 8 - 3)
        if low.numpy() == 0.0:
            new_low = 0.0
        elif abs(low.numpy() * 127 / 128 + high.numpy()) < 1e-4 * high.numpy():
            new_low = -new_high * 128 / 127
        else:
            new_low = -(2.0 ** (code // 8 % 8 - 3))
        low.assign(new_low)
        high.assign(new_high)


def main() -> None:
    found = {title(network): digests(build(*network), title(network)) for network in NETWORKS}
    DIGESTS.write_text(
        json.dumps({"tensorflow": tf.__version__, **found}, indent=1) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
