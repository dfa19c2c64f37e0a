"""The part of TensorFlow Lite's metadata schema that a text classifier fills in.

Written on `flatbuffers` alone, since the packages that carry the generated classes are large or
do not install here. Slots and numbers are those of `metadata_schema.fbs` 1.5.0 of TensorFlow Lite
Support and MediaPipe (`mediapipe/tasks/metadata/metadata_schema.fbs`, Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import flatbuffers
from flatbuffers import encode, number_types, packer
from flatbuffers.table import Table

IDENTIFIER = b"M001"

# enum AssociatedFileType
DESCRIPTIONS, TENSOR_AXIS_LABELS, VOCABULARY = 1, 2, 5
# union ProcessUnitOptions
_BERT_TOKENIZER_OPTIONS = 4
# The schema's version that brought BertTokenizerOptions and input_process_units.
_MIN_PARSER_VERSION = "1.1.0"


@dataclass(frozen=True)
class AssociatedFile:
    """A file zipped onto the end of the model, and its AssociatedFileType."""

    name: str
    description: str
    type: int


@dataclass(frozen=True)
class TensorMetadata:
    """What one input or output tensor of the model means.

    `tokenizer_vocabulary` makes the tensor one that a BertTokenizer with that file fills.
    """

    name: str
    description: str
    files: Sequence[AssociatedFile] = field(default=())
    tokenizer_vocabulary: AssociatedFile | None = None


def write_model_metadata(
    name: str,
    description: str,
    inputs: Sequence[TensorMetadata],
    outputs: Sequence[TensorMetadata],
    files: Sequence[AssociatedFile],
) -> bytes:
    """A ModelMetadata flatbuffer of one subgraph, with `files` belonging to the whole model.

    The tokenizer stands both at its input tensor and among the subgraph's input process units,
    where the BERT classifiers of TensorFlow Lite's Task Library and MediaPipe look for it.
    """
    builder = flatbuffers.Builder(1024)
    tokenizers = [
        tensor.tokenizer_vocabulary for tensor in inputs if tensor.tokenizer_vocabulary is not None
    ]
    subgraph = _table(
        builder,
        10,
        {
            2: _vector(builder, [_tensor(builder, tensor) for tensor in inputs]),
            3: _vector(builder, [_tensor(builder, tensor) for tensor in outputs]),
            5: _vector(builder, [_bert_tokenizer(builder, file) for file in tokenizers]),
        },
    )
    root = _table(
        builder,
        8,
        {
            0: builder.CreateString(name),
            1: builder.CreateString(description),
            3: _vector(builder, [subgraph]),
            6: _vector(builder, [_file(builder, file) for file in files]),
            7: builder.CreateString(_MIN_PARSER_VERSION),
        },
    )
    builder.Finish(root, IDENTIFIER)
    return bytes(builder.Output())


def read_name_and_description(metadata: bytes) -> tuple[str, str]:
    """The `name` and `description` of a ModelMetadata flatbuffer; its bytes are trusted."""
    root = Table(metadata, encode.Get(packer.uoffset, metadata, 0))

    def text(slot: int) -> str:
        offset = root.Offset(4 + 2 * slot)
        return root.String(root.Pos + offset).decode("utf-8") if offset else ""

    return text(0), text(1)


def _tensor(builder: flatbuffers.Builder, tensor: TensorMetadata) -> int:
    fields = {0: builder.CreateString(tensor.name), 1: builder.CreateString(tensor.description)}
    if tensor.tokenizer_vocabulary is not None:
        fields[4] = _vector(builder, [_bert_tokenizer(builder, tensor.tokenizer_vocabulary)])
    if tensor.files:
        fields[6] = _vector(builder, [_file(builder, file) for file in tensor.files])
    return _table(builder, 7, fields)


def _bert_tokenizer(builder: flatbuffers.Builder, vocabulary: AssociatedFile) -> int:
    """A ProcessUnit: slot 0 is the union's type, slot 1 its BertTokenizerOptions."""
    options = _table(builder, 1, {0: _vector(builder, [_file(builder, vocabulary)])})
    return _table(builder, 2, {1: options}, scalar=(0, _BERT_TOKENIZER_OPTIONS))


def _file(builder: flatbuffers.Builder, file: AssociatedFile) -> int:
    fields = {0: builder.CreateString(file.name), 1: builder.CreateString(file.description)}
    return _table(builder, 5, fields, scalar=(2, file.type))


def _table(
    builder: flatbuffers.Builder,
    slots: int,
    fields: dict[int, int],
    scalar: tuple[int, int] | None = None,
) -> int:
    """A table of offsets by slot, and at most one byte-sized (slot, value)."""
    builder.StartObject(slots)
    for slot, offset in fields.items():
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    if scalar is not None:
        builder.PrependSlot(number_types.Int8Flags, scalar[0], scalar[1], 0)
    return builder.EndObject()


def _vector(builder: flatbuffers.Builder, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()
