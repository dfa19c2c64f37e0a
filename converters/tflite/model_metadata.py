"""What travels inside a packed .tflite file beside the network, and how it is read.

The container is TensorFlow Lite Model Metadata: a ModelMetadata flatbuffer in the model's buffer
TFLITE_METADATA, and the files it names in an uncompressed zip on the end of the model. Runtimes
ignore both; Android's and MediaPipe's readers, and any unzip, open them.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from converters.tflite import metadata_schema_generated as metadata_schema
from converters.tflite.metadata_schema import PackedFile
from tfsqueeze.utils.errors import UserError

# The version of what tfsqueeze.json and the files beside it hold.
FORMAT_VERSION = 1
METADATA_BUFFER = "TFLITE_METADATA"
_TYPES = metadata_schema.AssociatedFileType
LABELS_FILE = PackedFile(
    "labels.txt", "One label a line, in the order of the logits.", _TYPES.TENSOR_AXIS_LABELS
)
SLOTS_FILE = PackedFile(
    "slots.txt",
    "One tag of words a line, in the order of the slot logits.",
    _TYPES.TENSOR_AXIS_LABELS,
)
VOCABULARY_FILE = PackedFile(
    "vocab.txt", "One WordPiece token a line, in the order of the ids.", _TYPES.VOCABULARY
)
TOKENIZER_FILE = PackedFile(
    "tokenizer.json", "Settings of the WordPiece tokenizer.", _TYPES.DESCRIPTIONS
)
DETAILS_FILE = PackedFile(
    "tfsqueeze.json",
    "How the model was made, and the SHA-256 of the part of the file before the zip.",
    _TYPES.DESCRIPTIONS,
)


_DETAILS_TYPES: dict[str, type] = {
    "network_bytes": int,
    "network_sha256": str,
    "extra": dict,
    "task": str,
    "pairs": bool,
}


@dataclass(frozen=True)
class ModelMetadata:
    """What travels inside a packed .tflite file beside the network.

    Attributes:
        name: the model's name.
        description: what the model is for.
        labels: the names of the logits, in order; for intents and slots those of the intents; none
            for a task without.
        vocabulary: the WordPiece tokens, in the order of their ids.
        tokenizer: the settings of WordPieceTokenizer.from_settings.
        extra: JSON-able facts on how the model was made (config, dataset, options, versions).
        task: the name of the `tfsqueeze.tasks.Task`.
        slots: the names of the slot logits, in order; none for tasks other than intents and slots.
        pairs: whether a text is a pair of texts.
    """

    name: str
    description: str
    labels: list[str]
    vocabulary: list[str]
    tokenizer: dict[str, Any]
    extra: dict[str, Any]
    task: str
    slots: list[str]
    pairs: bool


def unpack_metadata(content: bytes, name: str) -> ModelMetadata:
    """Returns the metadata of a .tflite file, after verifying the checksums.

    Args:
        content: the file's bytes, which are a sound .tflite file.
        name: what an error message calls the file.

    Raises:
        UserError: the network or the files are damaged, or the file has no metadata of tfsqueeze,
            or has metadata of another format.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content)
    entries = map(model.Metadata, range(model.MetadataLength()))
    entry = next((entry for entry in entries if entry.Name() == METADATA_BUFFER.encode()), None)
    if entry is None:
        raise UserError(
            f"{name} carries no labels and no vocabulary; "
            "convert the trained model again with `tfsqueeze convert`, which puts them in"
        )
    try:
        files = _read_files(content, name)
        details = _json_object(files[DETAILS_FILE.name], f"{name}: tfsqueeze.json")
        _check_format(details, name)
        _check_types(details, f"{name}: tfsqueeze.json")
        network = content[: details["network_bytes"]]
        if hashlib.sha256(network).hexdigest() != details["network_sha256"]:
            raise UserError(f"{name} is damaged (its checksum is wrong); copy or convert it again")
        # No check of its offsets is needed: the checksum says that they are as they were written.
        about: Any = metadata_schema.ModelMetadata.GetRootAs(
            model.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
        )
        for file in _class_name_files(about):
            files[file]  # a KeyError where it is missing
        return ModelMetadata(
            name=_text(about.Name()),
            description=_text(about.Description()),
            labels=_lines(files.get(LABELS_FILE.name)),
            vocabulary=_lines(files[VOCABULARY_FILE.name]),
            tokenizer=_json_object(files[TOKENIZER_FILE.name], f"{name}: tokenizer.json"),
            extra=details["extra"],
            task=details["task"],
            slots=_lines(files.get(SLOTS_FILE.name)),
            pairs=details["pairs"],
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


def _read_files(content: bytes, name: str) -> dict[str, bytes]:
    """Returns the files of tfsqueeze in the zip at the end of a .tflite file.

    Raises:
        UserError: a file is there twice, or is not stored as `pack_metadata` stores it. A small
            compressed file could take all memory.
    """
    known = (LABELS_FILE, SLOTS_FILE, VOCABULARY_FILE, TOKENIZER_FILE, DETAILS_FILE)
    names = {file.name for file in known}
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            if entry.filename not in names:
                continue
            is_encrypted = entry.flag_bits & 1
            is_stored = entry.compress_type == zipfile.ZIP_STORED and not is_encrypted
            if entry.filename in files or not is_stored or entry.file_size > len(content):
                raise UserError(
                    f"{name} is damaged: {entry.filename} is there twice, or is not stored; "
                    "copy or convert it again"
                )
            files[entry.filename] = archive.read(entry)
    return files


def _json_object(content: bytes, what: str) -> dict[str, Any]:
    """Returns a JSON object.

    Raises:
        UserError: it is no object, or is nested too deeply.
    """
    try:
        value = json.loads(content)
    except RecursionError:
        raise UserError(f"{what} is nested too deeply") from None
    if not isinstance(value, dict):
        raise UserError(f"{what} must hold a JSON object, not {type(value).__name__}")
    return value


def _check_types(details: dict[str, Any], what: str) -> None:
    """Checks the fields of tfsqueeze.json.

    Raises:
        KeyError: a field is missing.
        UserError: a field has another type.
    """
    for field, kind in _DETAILS_TYPES.items():
        # A bool is an int to Python.
        if type(details[field]) is not kind:
            raise UserError(
                f"{what}: {field} is {str(details[field])[:40]!r}, and must be of type "
                f"{kind.__name__}"
            )


def _check_format(details: dict[str, Any], name: str) -> None:
    version = details.get("format_version")
    if version is None:
        raise UserError(
            f"{name} does not say its format_version; "
            "convert the trained model again with `tfsqueeze convert`"
        )
    if version != FORMAT_VERSION:
        raise UserError(
            f"{name} has format_version {version}, and this tfsqueeze reads {FORMAT_VERSION}; "
            "install a newer tfsqueeze, or convert the trained model again"
        )


def _class_name_files(about: Any) -> list[str]:
    """The files that a ModelMetadata names for the classes of its outputs."""
    subgraph = about.SubgraphMetadata(0)
    outputs = map(subgraph.OutputTensorMetadata, range(subgraph.OutputTensorMetadataLength()))
    return [
        _text(tensor.AssociatedFiles(index).Name())
        for tensor in outputs
        for index in range(tensor.AssociatedFilesLength())
    ]


def _text(value: bytes) -> str:
    return value.decode("utf-8")


def _lines(content: bytes | None) -> list[str]:
    if content is None:
        return []
    # Only "\n" ends a line: vocabularies hold characters that str.splitlines would split at.
    return content.decode("utf-8").removesuffix("\n").split("\n")
