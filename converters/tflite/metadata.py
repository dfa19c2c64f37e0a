"""Packs labels, vocabulary and tokenizer settings into the .tflite file itself."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from converters.tflite.flatbuffer import serialize_model
from converters.tflite.metadata_schema import (
    PackedFile,
    TensorDescription,
    build_model_metadata,
)
from converters.tflite.model_metadata import (
    DETAILS_FILE,
    FORMAT_VERSION,
    LABELS_FILE,
    METADATA_BUFFER,
    SLOTS_FILE,
    TOKENIZER_FILE,
    VOCABULARY_FILE,
    ModelMetadata,
)
from converters.tflite.plain_name import plain_name
from converters.tflite.signature_names import PROBABILITY
from converters.tflite.tflite_file import Model, TFLiteFile, unpack_model
from tfsqueeze.tasks import find_task
from tfsqueeze.utils.errors import UserError

# What the readers of BERT models expect the inputs to be called.
_READERS_NAMES = {"input_ids": "ids", "attention_mask": "mask", "token_type_ids": "segment_ids"}
# The file with the names of an output's classes.
_CLASS_FILES = {"labels": LABELS_FILE, "slots": SLOTS_FILE, "vocabulary": VOCABULARY_FILE}
_INPUT_DESCRIPTIONS = {
    "input_ids": "Token ids of [CLS] text [SEP], padded with [PAD].",
    "attention_mask": "1 for tokens, 0 for padding.",
    "token_type_ids": "0 for the first text, 1 for the second.",
    "masked_positions": "Which token is asked about, counted from 0.",
}
# Zip cannot say "no time"; its first moment keeps equal models equal byte for byte.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack_metadata(
    model: Model | Any,
    *,
    name: str,
    description: str,
    labels: Sequence[str],
    vocabulary: Sequence[str],
    tokenizer: dict[str, Any],
    extra: dict[str, Any],
    task: str,
    slots: Sequence[str] = (),
    pairs: bool = False,
    decoding: Mapping[str, Any] | None = None,
) -> bytes:
    """Returns a .tflite file with its metadata inside, in place of any it had.

    Equal arguments give equal bytes. The network is unchanged, but for its buffers being aligned
    to 16 bytes as the schema asks (TensorFlow's own converter leaves them at 4).

    Args:
        model: a .tflite file: its path, its bytes, or a `TFLiteFile`; or an unpacked model
            (`ModelT`), which is changed and is not checked.
        name: the model's name.
        description: what the model is for.
        labels: the names of the logits; see `ModelMetadata`, also for the other arguments.
        vocabulary: the WordPiece tokens.
        tokenizer: the tokenizer's settings.
        extra: JSON-able facts on how the model was made.
        task: the name of the task.
        slots: the names of the slot logits.
        pairs: whether a text is a pair of texts.
        decoding: what predictions are decoded with beside labels; None for nothing.

    Raises:
        UserError: the file is not sound, its outputs are not those of the task, the number of
            labels or slots differs from that of their logits, a label or token is empty or has a
            line break, or a dict is not JSON-able.
    """
    unpacked = unpack_model(model)
    main = unpacked.subgraphs[0]
    inputs = [plain_name(main.tensors[index].name) for index in main.inputs]
    outputs = _outputs(
        main, task, {LABELS_FILE: labels, SLOTS_FILE: slots, VOCABULARY_FILE: vocabulary}
    )
    named_by = list(_class_files(task).values())
    files = {}
    if labels or LABELS_FILE in named_by:
        files[LABELS_FILE.name] = _lines("label", labels)
    files[VOCABULARY_FILE.name] = _lines("vocabulary token", vocabulary)
    files[TOKENIZER_FILE.name] = _json("tokenizer", tokenizer)
    if SLOTS_FILE in named_by:
        files[SLOTS_FILE.name] = _lines("slot", slots)
    _set_metadata_buffer(
        unpacked,
        build_model_metadata(
            name,
            description,
            [_input_description(tensor, tokenizer) for tensor in inputs],
            outputs,
            [TOKENIZER_FILE, DETAILS_FILE],
        ),
    )
    network = serialize_model(unpacked)
    details = {
        "extra": extra,
        "format_version": FORMAT_VERSION,
        "network_bytes": len(network),
        "network_sha256": hashlib.sha256(network).hexdigest(),
        "pairs": pairs,
        "task": task,
        **({"decoding": dict(decoding)} if decoding else {}),
    }
    files[DETAILS_FILE.name] = _json("extra", details)
    return _with_files(network, files)


def read_metadata(model: Model) -> ModelMetadata:
    """Returns what `pack_metadata` put into a .tflite file.

    Args:
        model: the file's path, its bytes, or a `TFLiteFile`.

    Raises:
        UserError: the file cannot be read, is not sound, or has no metadata that this version of
            tfsqueeze reads.
    """
    return TFLiteFile.open(model).metadata


def _lines(kind: str, items: Sequence[str]) -> bytes:
    for index, item in enumerate(items):
        if not isinstance(item, str) or not item or "\n" in item:
            raise UserError(f"{kind} {index} is {item!r}; it must have text and no line break")
    if not items:
        raise UserError(f"there is no {kind}; a packed model needs at least one")
    return ("\n".join(items) + "\n").encode("utf-8")


def _json(kind: str, value: dict[str, Any]) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UserError(f"{kind} cannot be written as JSON: {error}") from error
    return text.encode("utf-8")


def _class_files(task: str) -> dict[str, PackedFile | None]:
    """Returns the file with the names of each output's classes."""
    return {
        name: None if output.class_names is None else _CLASS_FILES[output.class_names]
        for name, output in find_task(task).outputs.items()
    }


def _outputs(
    subgraph: Any, task: str, names: dict[PackedFile, Sequence[str]]
) -> list[TensorDescription]:
    """The metadata of the outputs, in the file's order, after checking them."""
    meant = find_task(task).outputs
    class_files = _class_files(task)
    tensors = [subgraph.tensors[index] for index in subgraph.outputs]
    shapes = [list(map(int, tensor.shape)) for tensor in tensors]
    # A single output is the logits, whatever another converter named it.
    found = [plain_name(x.name) for x in tensors] if len(meant) > 1 else list(meant)[: len(tensors)]
    if sorted(found) != sorted(meant) or len(found) != len(tensors):
        raise UserError(
            f"the outputs of a {task} are {', '.join(meant)}, but the model's have the names "
            f"{', '.join(plain_name(x.name) for x in tensors)} and the shapes {shapes}"
        )
    files = [class_files[name] for name in found]
    if any(
        file and shape[-1:] != [len(names[file])] for file, shape in zip(files, shapes, strict=True)
    ):
        counts = " and ".join(
            f"{len(names[file])} {file.name.removesuffix('.txt')}"
            for file in class_files.values()
            if file
        )
        raise UserError(
            f"there are {counts}, but the model's outputs have shapes {shapes}; "
            "give one label for each logit"
        )
    if [plain_name(tensor.name) for tensor in tensors] == [PROBABILITY]:
        return [TensorDescription(PROBABILITY, "The probability of each label.", files)]
    return [
        TensorDescription(name, meant[name].description, [file] if file else [])
        for name, file in zip(found, files, strict=True)
    ]


def _input_description(name: str, tokenizer: Mapping[str, Any]) -> TensorDescription:
    description = _INPUT_DESCRIPTIONS.get(name, "")
    if name == "token_type_ids" and tokenizer.get("match_types"):
        description += " 2 and 3 for those of their words that both have."
    return TensorDescription(
        _READERS_NAMES.get(name, name),
        description,
        tokenizer_vocabulary=VOCABULARY_FILE if name == "input_ids" else None,
    )


def _set_metadata_buffer(model: Any, content: bytes) -> None:
    """Puts `content` into the buffer of TFLITE_METADATA, made where there is none."""
    from ai_edge_litert import schema_py_generated as schema

    data = np.frombuffer(content, np.uint8)
    model.metadata = model.metadata or []
    for entry in model.metadata:
        if entry.name == METADATA_BUFFER.encode():
            model.buffers[entry.buffer].data = data
            return
    entry = schema.MetadataT()
    entry.name, entry.buffer = METADATA_BUFFER.encode(), len(model.buffers)
    model.metadata.append(entry)
    buffer = schema.BufferT()
    buffer.data = data
    model.buffers.append(buffer)


def _with_files(network: bytes, files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    stream.write(network)
    # Appending makes the offsets count from the start of the whole file; Android's reader maps
    # the files in place, so they must be stored, not compressed.
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.create_system = 3  # Unix, whatever wrote it
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return stream.getvalue()
