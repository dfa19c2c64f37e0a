"""What travels inside a packed .tflite file beside the network, and how it is read.

The container is TensorFlow Lite Model Metadata: a ModelMetadata flatbuffer in the model's buffer
TFLITE_METADATA, and the files it names in an uncompressed zip on the end of the model. Runtimes
ignore both; Android's and MediaPipe's readers, and any unzip, open them.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
from dataclasses import dataclass
from typing import Any

from converters.tflite import metadata_schema_generated as metadata_schema
from converters.tflite.flatbuffer import listed
from converters.tflite.metadata_schema import PackedFile
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.seeds import MAX_SEED

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


# Outputs of a model, and files of each. More would only take time to read.
_MAX_FILES = 16
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
        decoding: what predictions are decoded with beside labels; see `Task.with_decoding`.
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
    decoding: dict[str, Any]


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
        _check_extra(details["extra"], f"{name}: tfsqueeze.json")
        buffer = model.Buffers(entry.Buffer()).DataAsNumpy()
        about = _read_description(listed(buffer), name)
        for file in about.class_files:
            files[file]  # a KeyError where it is missing
        return ModelMetadata(
            name=about.name,
            description=about.description,
            labels=_lines(files.get(LABELS_FILE.name)),
            vocabulary=_lines(files[VOCABULARY_FILE.name]),
            tokenizer=_json_object(files[TOKENIZER_FILE.name], f"{name}: tokenizer.json"),
            extra=details["extra"],
            task=details["task"],
            slots=_lines(files.get(SLOTS_FILE.name)),
            pairs=details["pairs"],
            decoding=details.get("decoding", {}),
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
        UserError: it is no object, is nested too deeply, or holds NaN or Infinity, which Python
            reads and JSON does not have.
    """

    def refuse(constant: str) -> None:
        raise UserError(f"{what} holds {constant}, which is no JSON")

    try:
        value = json.loads(content, parse_constant=refuse)
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
    optional = {"decoding": dict} if "decoding" in details else {}
    for field, kind in {**_DETAILS_TYPES, **optional}.items():
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


def _check_extra(extra: dict[str, Any], what: str) -> None:
    """Checks those of the facts on how a model was made that an evaluation reads.

    Raises:
        UserError: one has another type, or the seed is out of range.
    """
    options = extra.get("options", {})
    kinds = {
        "options": (options, dict),
        "dataset": (extra.get("dataset", ""), str),
        **(
            {"seed": (options.get("seed", 0), int), "teacher": (options.get("teacher") or "", str)}
            if isinstance(options, dict)
            else {}
        ),
    }
    for field, (value, kind) in kinds.items():
        if type(value) is not kind:
            raise UserError(
                f"{what}: {field} is {str(value)[:40]!r}, and must be of type {kind.__name__}"
            )
    seed = options.get("seed", 0)
    if not 0 <= seed <= MAX_SEED:
        raise UserError(f"{what}: seed is {str(seed)[:40]}, and must be from 0 to {MAX_SEED}")


@dataclass(frozen=True)
class _Description:
    """What is read of the ModelMetadata in the flatbuffer.

    Attributes:
        name: the model's name.
        description: what it is for.
        class_files: the files that it names for the classes of its outputs.
    """

    name: str
    description: str
    class_files: list[str]


def _read_description(buffer: Any, name: str) -> _Description:
    """Reads the ModelMetadata of a file.

    Raises:
        UserError: an offset leads out of it; the runtimes' check of offsets does not see into it.
    """
    try:
        about: Any = metadata_schema.ModelMetadata.GetRootAs(bytes(buffer))
        subgraph = about.SubgraphMetadata(0)
        outputs = min(subgraph.OutputTensorMetadataLength(), _MAX_FILES)
        files = [
            tensor.AssociatedFiles(index)
            for tensor in map(subgraph.OutputTensorMetadata, range(outputs))
            for index in range(min(tensor.AssociatedFilesLength(), _MAX_FILES))
        ]
        return _Description(
            name=about.Name().decode("utf-8"),
            description=about.Description().decode("utf-8"),
            class_files=[file.Name().decode("utf-8") for file in files],
        )
    # What the generated classes and struct raise for offsets and fields that are not there.
    except (AttributeError, IndexError, TypeError, ValueError, struct.error) as error:
        raise UserError(
            f"the description in {name} is damaged ({type(error).__name__}); "
            "copy or convert it again"
        ) from error


def _lines(content: bytes | None) -> list[str]:
    if content is None:
        return []
    # Only "\n" ends a line: vocabularies hold characters that str.splitlines would split at.
    return content.decode("utf-8").removesuffix("\n").split("\n")
