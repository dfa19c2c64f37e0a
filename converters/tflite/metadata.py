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
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from converters.tflite import metadata_schema
from converters.tflite.flatbuffer import serialize_model
from converters.tflite.metadata_schema import AssociatedFile, TensorMetadata
from converters.tflite.tflite_file import Model, read_model
from tfsqueeze.utils.errors import UserError

METADATA_BUFFER = "TFLITE_METADATA"
LABELS_FILE = AssociatedFile(
    "labels.txt",
    "One label a line, in the order of the logits.",
    metadata_schema.TENSOR_AXIS_LABELS,
)
SLOTS_FILE = AssociatedFile(
    "slots.txt",
    "One tag of words a line, in the order of the slot logits.",
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
# For each task the outputs, in what they stand for, and the file with the names of their classes;
# None where what is chosen among has no names.
_OUTPUTS = {
    "text-classification": {"logits": ("One score per label.", LABELS_FILE)},
    "token-classification": {"logits": ("One score per token and label.", LABELS_FILE)},
    "intent-and-slots": {
        "intent_logits": ("One score per intent.", LABELS_FILE),
        "slot_logits": ("One score per token and slot tag.", SLOTS_FILE),
    },
    "sentence-embeddings": {
        "embeddings": ("A vector of length 1, near those of texts of like meaning.", None),
    },
    "masked-lm": {"logits": ("One score per token of the vocabulary.", VOCABULARY_FILE)},
    "question-answering": {
        "start_logits": ("How well each token begins the answer.", None),
        "end_logits": ("How well each token ends the answer.", None),
    },
}
_INPUT_DESCRIPTIONS = {
    "input_ids": "Token ids of [CLS] text [SEP], padded with [PAD].",
    "attention_mask": "1 for tokens, 0 for padding.",
    "token_type_ids": "0 for the first text, 1 for the second.",
    "masked_positions": "Which token is asked about, counted from 0.",
}
# Zip cannot say "no time"; its first moment keeps equal models equal byte for byte.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class ModelMetadata:
    """What travels inside a packed .tflite file beside the network.

    Attributes:
        labels: names of the logits, in order; of intents and slots those of the intents; none of
            a task without.
        vocabulary: WordPiece tokens, in the order of their ids.
        tokenizer: the settings of WordPieceTokenizer.from_settings.
        extra: JSON-able facts on how the model was made (config, dataset, report, versions).
        task: the name of the `tfsqueeze.tasks.Task`.
        slots: names of the slot logits, in order; none but for intents and slots.
        pairs: whether a text is a pair of texts.
    """

    name: str
    description: str
    labels: list[str]
    vocabulary: list[str]
    tokenizer: dict[str, Any]
    extra: dict[str, Any]
    task: str = "text-classification"
    slots: list[str] = field(default_factory=list)
    pairs: bool = False


def pack_metadata(
    model: bytes,
    *,
    name: str,
    description: str,
    labels: Sequence[str],
    vocabulary: Sequence[str],
    tokenizer: dict[str, Any],
    extra: dict[str, Any],
    task: str = "text-classification",
    slots: Sequence[str] = (),
    pairs: bool = False,
) -> bytes:
    """Returns the .tflite model with its metadata inside, in place of any it had.

    Equal arguments give equal bytes. The network is unchanged, but for its buffers being aligned
    to 16 bytes as the schema asks (TensorFlow's own converter leaves them at 4).

    Raises:
        UserError: the model is damaged, its outputs are not those of the task, the number of
            labels or slots differs from that of their logits, a label or token is empty or has a
            line break, or a dict is not JSON-able.
    """
    from ai_edge_litert import schema_py_generated as schema

    graph = schema.ModelT.InitFromPackedBuf(read_model(model))
    main = graph.subgraphs[0]
    inputs = [_tensor_name(main.tensors[index]) for index in main.inputs]
    outputs = _outputs(
        main, task, {LABELS_FILE: labels, SLOTS_FILE: slots, VOCABULARY_FILE: vocabulary}
    )
    named_by = [file for _, file in _OUTPUTS[task].values()]
    files = {}
    if labels or LABELS_FILE in named_by:
        files[LABELS_FILE.name] = _lines("label", labels)
    files[VOCABULARY_FILE.name] = _lines("vocabulary token", vocabulary)
    files[TOKENIZER_FILE.name] = _json("tokenizer", tokenizer)
    if SLOTS_FILE in named_by:
        files[SLOTS_FILE.name] = _lines("slot", slots)
    _set_metadata_buffer(
        graph,
        metadata_schema.write_model_metadata(
            name,
            description,
            [_input_metadata(tensor) for tensor in inputs],
            outputs,
            [TOKENIZER_FILE, DETAILS_FILE],
        ),
    )
    network = serialize_model(graph, size=len(model))
    details = {
        "extra": extra,
        "network_bytes": len(network),
        "network_sha256": hashlib.sha256(network).hexdigest(),
        "pairs": pairs,
        "task": task,
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
        vocabulary = _split_lines(files[VOCABULARY_FILE.name])
        tokenizer = json.loads(files[TOKENIZER_FILE.name])
        network = content[: details["network_bytes"]]
        if hashlib.sha256(network).hexdigest() != details["network_sha256"]:
            raise UserError(f"{name} is damaged (its checksum is wrong); copy or convert it again")
        extra = details["extra"]
        # Files from when there was one task do not name it.
        task, pairs = details.get("task", "text-classification"), details.get("pairs", False)
        named_by = [file for _, file in _OUTPUTS.get(task, {}).values()]
        labels, slots = (
            _split_lines(files[file.name]) if file in named_by or file.name in files else []
            for file in (LABELS_FILE, SLOTS_FILE)
        )
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
    return ModelMetadata(
        title, description, labels, vocabulary, tokenizer, extra, task, slots, pairs
    )


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


def _outputs(
    subgraph: Any, task: str, names: dict[AssociatedFile, Sequence[str]]
) -> list[TensorMetadata]:
    """The metadata of the outputs, in the file's order, after checking them."""
    if task not in _OUTPUTS:
        raise UserError(f"there is no task {task!r}; there are {', '.join(_OUTPUTS)}")
    meant = _OUTPUTS[task]
    tensors = [subgraph.tensors[index] for index in subgraph.outputs]
    shapes = [list(map(int, tensor.shape)) for tensor in tensors]
    # A single output is the logits, whatever another converter named it.
    found = [_tensor_name(x) for x in tensors] if len(meant) > 1 else list(meant)[: len(tensors)]
    if sorted(found) != sorted(meant) or len(found) != len(tensors):
        raise UserError(
            f"the outputs of a {task} are {', '.join(meant)}, but the model's have the names "
            f"{', '.join(_tensor_name(x) for x in tensors)} and the shapes {shapes}"
        )
    files = [meant[name][1] for name in found]
    if any(
        file and shape[-1:] != [len(names[file])] for file, shape in zip(files, shapes, strict=True)
    ):
        counts = " and ".join(
            f"{len(names[file])} {file.name.removesuffix('.txt')}" for _, file in meant.values()
        )
        raise UserError(
            f"there are {counts}, but the model's outputs have shapes {shapes}; "
            "give one label for each logit"
        )
    return [
        TensorMetadata(name, meant[name][0], [file] if file else [])
        for name, file in zip(found, files, strict=True)
    ]


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
