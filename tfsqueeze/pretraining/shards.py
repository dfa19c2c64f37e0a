"""A folder of prepared texts: rows of token ids in TFRecord files, and manifest.json."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import JsonValue, parse_json, shown

if TYPE_CHECKING:
    import tensorflow as tf

    from tfsqueeze.tokenizers.base_tokenizer import BaseTokenizer

FORMAT_VERSION = 1
MANIFEST_FILE = "manifest.json"
TOKENIZER_FOLDER = "tokenizer"
ROWS_PREFIX, ROWS_SUFFIX = "rows", ".tfrecord.gz"
_FEATURE = "input_ids"


@dataclasses.dataclass(frozen=True)
class Manifest:
    """What manifest.json says of a folder of prepared texts.

    Args:
        settings: JSON-able settings of the preparation, with the `tokenizer`'s digest and the
            `max_length` of a row among them.
        counts: how many lines, texts, rows and tokens there are.
        files: the names of the TFRecord files and their sizes in bytes.
    """

    settings: dict[str, Any]
    counts: dict[str, int]
    files: dict[str, int]

    def to_json(self) -> str:
        """Returns the text of manifest.json."""
        fields = {"format_version": FORMAT_VERSION, **dataclasses.asdict(self)}
        return json.dumps(fields, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, path: Path) -> Manifest:
        """Reads the text of a manifest.json.

        Args:
            text: the text.
            path: the file, for messages.

        Raises:
            UserError: another version of tfsqueeze wrote it, or it is damaged.
        """
        value = JsonValue(parse_json(text, path), path)
        version = value.object().get("format_version")
        if version != FORMAT_VERSION:
            raise UserError(
                f"{path} has format_version {shown(version)}, and this tfsqueeze reads "
                f"{FORMAT_VERSION}; prepare the texts again"
            )
        settings, counts, files = (value.get(name) for name in ("settings", "counts", "files"))
        return cls(
            settings.object(),
            {name: counts.get(name).integer() for name in counts.object()},
            {name: files.get(name).integer() for name in files.object()},
        )


def is_prepared(folder: Path) -> bool:
    """Returns whether a path is a folder that `tfsqueeze prepare` finished.

    Args:
        folder: the path.
    """
    return (folder / MANIFEST_FILE).is_file()


def read_manifest(folder: Path) -> Manifest:
    """Returns the manifest of a folder whose files are whole.

    Args:
        folder: a folder of prepared texts.

    Raises:
        UserError: the manifest is damaged, or a file is missing or of another size.
    """
    path = folder / MANIFEST_FILE
    manifest = Manifest.from_json(path.read_text("utf-8", "replace"), path)
    for name, size in manifest.files.items():
        file = folder / name
        if Path(name).name != name or not file.is_file() or file.stat().st_size != size:
            raise UserError(
                f"{file} is missing or is not the file of {size:,} bytes that {MANIFEST_FILE} "
                "names; copy the folder again, or remove it and prepare the texts again"
            )
    return manifest


def holds_rows(path: Path) -> bool:
    """Returns whether a file holds rows of token ids.

    Args:
        path: the file.
    """
    return path.name.endswith(ROWS_SUFFIX)


def prepared_files(folder: Path, max_length: int) -> list[Path]:
    """Returns the files of a folder of prepared texts.

    Args:
        folder: the folder.
        max_length: the largest number of tokens of a row that is wanted.

    Raises:
        UserError: the folder is damaged, or its rows may be longer.
    """
    manifest = read_manifest(folder)
    longest = manifest.settings.get("max_length")
    if not isinstance(longest, int) or longest > max_length:
        raise UserError(
            f"the rows of {folder} have up to {shown(longest)} tokens, more than the {max_length} "
            f"of --max-length; give --max-length {shown(longest)}, or prepare the texts again"
        )
    return [folder / name for name in manifest.files]


def tokenizer_digest(tokenizer: BaseTokenizer) -> str:
    """Returns the SHA-256 of what decides a text's token ids.

    Args:
        tokenizer: the tokenizer.
    """
    fields = [tokenizer.lowercase, list(tokenizer.vocabulary)]
    return hashlib.sha256(json.dumps(fields).encode("utf-8")).hexdigest()


def example_bytes(input_ids: Sequence[int]) -> bytes:
    """Returns a row as a serialized `tf.train.Example` with the feature `input_ids`.

    It is written here because it takes a few lines, and TensorFlow half a gigabyte.

    Args:
        input_ids: token ids.

    Example:
        >>> example_bytes([2, 300, 3]).hex()
        '0a170a150a09696e7075745f69647312081a060a0402ac0203'
    """
    values = b"".join(map(_varint, input_ids))
    # Feature.int64_list.value
    feature = _field(3, _field(1, values))
    # Example.features.feature, a map
    entry = _field(1, _FEATURE.encode("utf-8")) + _field(2, feature)
    return _field(1, _field(1, entry))


def _field(number: int, content: bytes) -> bytes:
    """Returns a length-delimited field of a protocol buffer."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    return bytes(_varint_bytes(value))


def _varint_bytes(value: int) -> Iterator[int]:
    while value > 127:
        yield value & 127 | 128
        value >>= 7
    yield value


def read_rows(files: Sequence[Path]) -> tf.data.Dataset:
    """Returns the rows of TFRecord files as a stream.

    Args:
        files: files of a folder of prepared texts.

    Returns:
        A dataset of token ids, int32 [length] without padding.
    """
    import tensorflow as tf

    feature = tf.io.RaggedFeature(tf.int64)

    def parse(records: tf.Tensor) -> tf.RaggedTensor:
        return tf.cast(tf.io.parse_example(records, {_FEATURE: feature})[_FEATURE], tf.int32)

    data = tf.data.TFRecordDataset([str(file) for file in files], compression_type="GZIP")
    return data.batch(256).map(parse).unbatch().map(lambda row: tf.ensure_shape(row, [None]))
