"""Builds the ModelMetadata flatbuffer with the classes that flatc generated for its schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import flatbuffers

from converters.tflite import metadata_schema_generated as schema

_IDENTIFIER = b"M001"
# The schema's version that brought BertTokenizerOptions and input_process_units.
_MIN_PARSER_VERSION = "1.1.0"


@dataclass(frozen=True)
class PackedFile:
    """A file in the zip at the end of a packed model.

    Attributes:
        name: the file's name in the zip.
        description: what the file is for, in one sentence.
        type: a member of `metadata_schema_generated.AssociatedFileType`.
    """

    name: str
    description: str
    type: int


@dataclass(frozen=True)
class TensorDescription:
    """What one input or output tensor of the model means.

    Attributes:
        name: the tensor's name, as readers of the metadata expect it.
        description: what the tensor holds, in one sentence.
        files: the files with the names of the tensor's classes.
        tokenizer_vocabulary: the vocabulary of the BertTokenizer that fills the tensor; None for
            a tensor that no tokenizer fills.
    """

    name: str
    description: str
    files: Sequence[PackedFile] = field(default=())
    tokenizer_vocabulary: PackedFile | None = None


def build_model_metadata(
    name: str,
    description: str,
    inputs: Sequence[TensorDescription],
    outputs: Sequence[TensorDescription],
    files: Sequence[PackedFile],
) -> bytes:
    """Returns the ModelMetadata flatbuffer of a model with one subgraph.

    The tokenizer stands both at its input tensor and among the subgraph's input process units,
    where the BERT classifiers of TensorFlow Lite's Task Library and MediaPipe look for it.

    Args:
        name: the model's name.
        description: what the model is for.
        inputs: the input tensors, in the order of the subgraph.
        outputs: the output tensors, in the order of the subgraph.
        files: the files that belong to the whole model.

    Returns:
        The flatbuffer. Equal arguments give equal bytes.
    """
    builder = flatbuffers.Builder(1024)
    input_tensors = _vector(
        builder,
        schema.SubGraphMetadataStartInputTensorMetadataVector,
        [_tensor(builder, tensor) for tensor in inputs],
    )
    output_tensors = _vector(
        builder,
        schema.SubGraphMetadataStartOutputTensorMetadataVector,
        [_tensor(builder, tensor) for tensor in outputs],
    )
    input_units = _vector(
        builder,
        schema.SubGraphMetadataStartInputProcessUnitsVector,
        [
            _bert_tokenizer(builder, tensor.tokenizer_vocabulary)
            for tensor in inputs
            if tensor.tokenizer_vocabulary is not None
        ],
    )
    schema.SubGraphMetadataStart(builder)
    schema.SubGraphMetadataAddInputTensorMetadata(builder, input_tensors)
    schema.SubGraphMetadataAddOutputTensorMetadata(builder, output_tensors)
    schema.SubGraphMetadataAddInputProcessUnits(builder, input_units)
    subgraph = schema.SubGraphMetadataEnd(builder)

    model_name = builder.CreateString(name)
    model_description = builder.CreateString(description)
    subgraphs = _vector(builder, schema.ModelMetadataStartSubgraphMetadataVector, [subgraph])
    model_files = _vector(
        builder,
        schema.ModelMetadataStartAssociatedFilesVector,
        [_file(builder, file) for file in files],
    )
    parser_version = builder.CreateString(_MIN_PARSER_VERSION)
    schema.ModelMetadataStart(builder)
    schema.ModelMetadataAddName(builder, model_name)
    schema.ModelMetadataAddDescription(builder, model_description)
    schema.ModelMetadataAddSubgraphMetadata(builder, subgraphs)
    schema.ModelMetadataAddAssociatedFiles(builder, model_files)
    schema.ModelMetadataAddMinParserVersion(builder, parser_version)
    builder.Finish(schema.ModelMetadataEnd(builder), _IDENTIFIER)
    return bytes(builder.Output())


def _tensor(builder: flatbuffers.Builder, tensor: TensorDescription) -> int:
    name = builder.CreateString(tensor.name)
    description = builder.CreateString(tensor.description)
    units = files = None
    if tensor.tokenizer_vocabulary is not None:
        units = _vector(
            builder,
            schema.TensorMetadataStartProcessUnitsVector,
            [_bert_tokenizer(builder, tensor.tokenizer_vocabulary)],
        )
    if tensor.files:
        files = _vector(
            builder,
            schema.TensorMetadataStartAssociatedFilesVector,
            [_file(builder, file) for file in tensor.files],
        )
    schema.TensorMetadataStart(builder)
    schema.TensorMetadataAddName(builder, name)
    schema.TensorMetadataAddDescription(builder, description)
    if units is not None:
        schema.TensorMetadataAddProcessUnits(builder, units)
    if files is not None:
        schema.TensorMetadataAddAssociatedFiles(builder, files)
    return schema.TensorMetadataEnd(builder)


def _bert_tokenizer(builder: flatbuffers.Builder, vocabulary: PackedFile) -> int:
    files = _vector(
        builder, schema.BertTokenizerOptionsStartVocabFileVector, [_file(builder, vocabulary)]
    )
    schema.BertTokenizerOptionsStart(builder)
    schema.BertTokenizerOptionsAddVocabFile(builder, files)
    options = schema.BertTokenizerOptionsEnd(builder)
    schema.ProcessUnitStart(builder)
    schema.ProcessUnitAddOptions(builder, options)
    schema.ProcessUnitAddOptionsType(builder, schema.ProcessUnitOptions.BertTokenizerOptions)
    return schema.ProcessUnitEnd(builder)


def _file(builder: flatbuffers.Builder, file: PackedFile) -> int:
    name = builder.CreateString(file.name)
    description = builder.CreateString(file.description)
    schema.AssociatedFileStart(builder)
    schema.AssociatedFileAddName(builder, name)
    schema.AssociatedFileAddDescription(builder, description)
    schema.AssociatedFileAddType(builder, file.type)
    return schema.AssociatedFileEnd(builder)


def _vector(
    builder: flatbuffers.Builder,
    start: Callable[[flatbuffers.Builder, int], int],
    offsets: Sequence[int],
) -> int:
    """Writes a vector of tables, given the generated function that starts it."""
    start(builder, len(offsets))
    # A flatbuffer is written from its end.
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()
