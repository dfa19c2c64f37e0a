"""Labels, vocabulary and tokenizer settings inside the .tflite file itself.

The container is TensorFlow Lite Model Metadata: a ModelMetadata flatbuffer in the model's buffer
TFLITE_METADATA, and the files it names in an uncompressed zip on the end of the model. Runtimes
ignore both; Android's and MediaPipe's readers, and any unzip, open them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from converters import metadata_schema
from converters.flatbuffer import serialize_model
from converters.metadata_schema import AssociatedFile, TensorMetadata
from converters.model_file import Model, read_model
from tfsqueeze.errors import UserError

METADATA_BUFFER = "TFLITE_METADATA"
LABELS_FILE = AssociatedFile(
    "labels.txt",
    "One label a line, in the order of the logits.",
    metadata_schema.TENSOR_AXIS_LABELS,
)
VOCABULARY_FILE = AssociatedFile(
    "vocab.txt", "One WordPiece token a line, in the order of the ids.", metadata_schema.VOCABULARY
)
TOKENIZER_FILE = AssociatedFile(
    "tokenizer.json", "Settings of the WordPiece tokenizer.", metadata_schema.DESCRIPTIONS
)
DETAILS_FILE = AssociatedFile(
    "tfsqueeze.json",
    "How the model was made, and the SHA-256 of the part of the file before the zip.",
    metadata_schema.DESCRIPTIONS,
)

# What the readers of BERT models expect the inputs to be called.
_READERS_NAMES = {"input_ids": "ids", "attention_mask": "mask", "token_type_ids": "segment_ids"}
_INPUT_DESCRIPTIONS = {
    "input_ids": "Token ids of [CLS] text [SEP], padded with [PAD].",
    "attention_mask": "1 for tokens, 0 for padding.",
    "token_type_ids": "0 for the first text, 1 for the second.",
}
# Zip cannot say "no time"; its first moment keeps equal models equal byte for byte.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class ModelMetadata:
    """What travels inside a packed .tflite file beside the network.

    Attributes:
        labels: names of the logits, in order.
        vocabulary: WordPiece tokens, in the order of their ids.
        tokenizer: the settings of WordPieceTokenizer.from_settings.
        extra: JSON-able facts on how the model was made (config, dataset, report, versions).
    """

    name: str
    description: str
    labels: list[str]
    vocabulary: list[str]
    tokenizer: dict[str, Any]
    extra: dict[str, Any]


def pack_metadata(
    model: bytes,
    *,
    name: str,
    description: str,
    labels: Sequence[str],
    vocabulary: Sequence[str],
    tokenizer: dict[str, Any],
    extra: dict[str, Any],
) -> bytes:
    """Returns the .tflite model with its metadata inside, in place of any it had.

    Equal arguments give equal bytes. The network is unchanged, but for its buffers being aligned
    to 16 bytes as the schema asks (TensorFlow's own converter leaves them at 4).

    Raises:
        UserError: the model is damaged, the number of labels differs from that of its logits, a
            label or token is empty or has a line break, or a dict is not JSON-able.
    """
    from ai_edge_litert import schema_py_generated as schema

    files = {
        LABELS_FILE.name: _lines("label", labels),
        VOCABULARY_FILE.name: _lines("vocabulary token", vocabulary),
        TOKENIZER_FILE.name: _json("tokenizer", tokenizer),
    }
    graph = schema.ModelT.InitFromPackedBuf(read_model(model))
    main = graph.subgraphs[0]
    inputs = [_tensor_name(main.tensors[index]) for index in main.inputs]
    _check_labels(main, labels)
    _set_metadata_buffer(
        graph,
        metadata_schema.write_model_metadata(
            name,
            description,
            [_input_metadata(tensor) for tensor in inputs],
            [TensorMetadata("logits", "One score per label.", [LABELS_FILE])],
            [TOKENIZER_FILE, DETAILS_FILE],
        ),
    )
    network = serialize_model(graph, size=len(model))
    details = {
        "extra": extra,
        "network_bytes": len(network),
        "network_sha256": hashlib.sha256(network).hexdigest(),
    }
    files[DETAILS_FILE.name] = _json("extra", details)
    return _with_files(network, files)


def read_metadata(model: Model) -> ModelMetadata:
    """Reads the metadata of a .tflite file that `pack_metadata` made, from bytes or a path.

    Raises:
        UserError: the file is damaged (the checksums of network and files are verified), or has
            no metadata of tfsqueeze.
    """
    from ai_edge_litert import schema_py_generated as schema

    name = "the model" if isinstance(model, bytes) else os.fspath(model)
    content = read_model(model)
    graph = schema.Model.GetRootAs(content, 0)
    entry = next(
        (
            graph.Metadata(index)
            for index in range(graph.MetadataLength())
            if graph.Metadata(index).Name() == METADATA_BUFFER.encode()
        ),
        None,
    )
    if entry is None:
        raise UserError(
            f"{name} carries no labels and no vocabulary; "
            "convert the trained model again with `tfsqueeze convert`, which puts them in"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {file: archive.read(file) for file in archive.namelist()}
        details = json.loads(files[DETAILS_FILE.name])
        labels = _split_lines(files[LABELS_FILE.name])
        vocabulary = _split_lines(files[VOCABULARY_FILE.name])
        tokenizer = json.loads(files[TOKENIZER_FILE.name])
        network = content[: details["network_bytes"]]
        if hashlib.sha256(network).hexdigest() != details["network_sha256"]:
            raise UserError(f"{name} is damaged (its checksum is wrong); copy or convert it again")
        extra = details["extra"]
    except KeyError as error:
        raise UserError(
            f"{name} has metadata of another tool, without {error.args[0]!r}; "
            "convert the trained model again with `tfsqueeze convert`"
        ) from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"the labels and vocabulary at the end of {name} are truncated or damaged; "
            "copy or convert it again"
        ) from error
    buffer = graph.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
    title, description = metadata_schema.read_name_and_description(buffer)
    return ModelMetadata(title, description, labels, vocabulary, tokenizer, extra)


def _lines(kind: str, items: Sequence[str]) -> bytes:
    for index, item in enumerate(items):
        if not isinstance(item, str) or not item or "\n" in item:
            raise UserError(f"{kind} {index} is {item!r}; it must have text and no line break")
    if not items:
        raise UserError(f"there is no {kind}; a packed model needs at least one")
    return ("\n".join(items) + "\n").encode("utf-8")


def _split_lines(content: bytes) -> list[str]:
    # Only "\n" ends a line: vocabularies hold characters that str.splitlines would split at.
    return content.decode("utf-8").removesuffix("\n").split("\n")


def _json(kind: str, value: dict[str, Any]) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UserError(f"{kind} cannot be written as JSON: {error}") from error
    return text.encode("utf-8")


def _tensor_name(tensor: Any) -> str:
    return tensor.name.decode("utf-8").removeprefix("serving_default_").split(":")[0]


def _check_labels(subgraph: Any, labels: Sequence[str]) -> None:
    shapes = [list(map(int, subgraph.tensors[index].shape)) for index in subgraph.outputs]
    if len(shapes) != 1 or shapes[0][-1:] != [len(labels)]:
        raise UserError(
            f"there are {len(labels)} labels, but the model's outputs have shapes {shapes}; "
            "give one label for each logit"
        )


def _input_metadata(name: str) -> TensorMetadata:
    return TensorMetadata(
        _READERS_NAMES.get(name, name),
        _INPUT_DESCRIPTIONS.get(name, ""),
        tokenizer_vocabulary=VOCABULARY_FILE if name == "input_ids" else None,
    )


def _set_metadata_buffer(graph: Any, content: bytes) -> None:
    """Puts `content` into the buffer of TFLITE_METADATA, made where there is none."""
    from ai_edge_litert import schema_py_generated as schema

    data = np.frombuffer(content, np.uint8)
    graph.metadata = graph.metadata or []
    for entry in graph.metadata:
        if entry.name == METADATA_BUFFER.encode():
            graph.buffers[entry.buffer].data = data
            return
    entry = schema.MetadataT()
    entry.name, entry.buffer = METADATA_BUFFER.encode(), len(graph.buffers)
    graph.metadata.append(entry)
    buffer = schema.BufferT()
    buffer.data = data
    graph.buffers.append(buffer)


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
