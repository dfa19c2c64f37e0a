"""A folder of prepared texts: rows in TFRecord files, and manifest.json.

The rows are token ids, with or without a teacher's sentence vectors, or texts with a teacher's
logits.
"""

from __future__ import annotations

import array
import contextlib
import dataclasses
import hashlib
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfsqueeze.data.datasets.disk_columns import TextsWriter
from tfsqueeze.data.datasets.numbered_columns import NumberedLabels
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.readers.label_checks import check_label
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import JsonValue, parse_json, shown

if TYPE_CHECKING:
    import tensorflow as tf

    from tfsqueeze.tokenizers.base_tokenizer import BaseTokenizer

FORMAT_VERSION = 1
MANIFEST_FILE = "manifest.json"
TOKENIZER_FOLDER = "tokenizer"
ROWS_PREFIX, ROWS_SUFFIX = "rows", ".tfrecord.gz"
INPUT_IDS, SENTENCE_EMBEDDING = "input_ids", "sentence_embedding"
TEXT, TEXT_PAIR, LOGITS = "text", "text_pair", "logits"
_ROWS_AT_ONCE = 256


@dataclasses.dataclass(frozen=True)
class Manifest:
    """What manifest.json says of a folder of prepared texts.

    Args:
        settings: JSON-able settings of the preparation, with the `tokenizer`'s digest, the
            `max_length` of a row and the settings of the `teacher` among them.
        counts: how many lines, texts, rows and tokens there are.
        files: the names of the TFRecord files and their sizes in bytes.
    """

    settings: dict[str, Any]
    counts: dict[str, int]
    files: dict[str, int]

    @property
    def label_names(self) -> list[str] | None:
        """The labels whose logits a teacher gave; None if the rows are token ids."""
        return (self.settings.get("teacher") or {}).get("labels")

    @property
    def vector_size(self) -> int | None:
        """The channels of the teacher's sentence vectors; None if there are none."""
        return (self.settings.get("teacher") or {}).get("channels")

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
        if settings.object().get("teacher") is not None:
            _check_teacher(settings.get("teacher"))
        counts.get("rows").integer()
        if not files.object():
            raise files.error("it names no files; prepare the texts again")
        return cls(
            settings.object(),
            {name: counts.get(name).integer() for name in counts.object()},
            {name: files.get(name).integer() for name in files.object()},
        )


def _check_teacher(teacher: JsonValue) -> None:
    """Checks what manifest.json says of a teacher."""
    fields = teacher.object()
    if fields.get("labels") is not None:
        labels = teacher.get("labels")
        names = [check_label(name.string(), name.location) for name in labels.items()]
        if not 0 < len(names) == len(set(names)):
            raise labels.error("they must be one label or several distinct ones")
    if fields.get("channels") is not None and teacher.get("channels").integer() < 1:
        raise teacher.get("channels").error("it must be at least 1")
    if fields.get("pairs") is not None:
        teacher.get("pairs").boolean()


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
    if manifest.label_names is not None:
        raise UserError(
            f"{folder} holds texts with a teacher's logits, from which `tfsqueeze train` learns; "
            "prepare texts for pretraining without such a teacher"
        )
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


def example_bytes(features: Mapping[str, str | Sequence[int] | np.ndarray]) -> bytes:
    """Returns a row as a serialized `tf.train.Example`.

    It is written here because it takes a few lines, and TensorFlow half a gigabyte.

    Args:
        features: a text, integers of at least 0, or float32 [values], by the feature's name.

    Example:
        >>> example_bytes({"input_ids": [2, 300, 3]}).hex()
        '0a170a150a09696e7075745f69647312081a060a0402ac0203'
    """
    # Example.features.feature, a map
    entries = (
        _field(1, _field(1, name.encode("utf-8")) + _field(2, _feature(value)))
        for name, value in features.items()
    )
    return _field(1, b"".join(entries))


def _feature(value: str | Sequence[int] | np.ndarray) -> bytes:
    """Returns a `tf.train.Feature`: a bytes_list, a float_list or an int64_list."""
    if isinstance(value, str):
        return _field(1, _field(1, value.encode("utf-8")))
    if isinstance(value, np.ndarray):
        return _field(2, _field(1, struct.pack(f"<{len(value)}f", *value.tolist())))
    return _field(3, _field(1, b"".join(map(_varint, value))))


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
    """Returns the token ids of TFRecord files as a stream.

    Args:
        files: files of a folder of prepared texts.

    Returns:
        A dataset of token ids, int32 [length] without padding.
    """
    import tensorflow as tf

    feature = tf.io.RaggedFeature(tf.int64)

    def parse(records: tf.Tensor) -> tf.RaggedTensor:
        return tf.cast(tf.io.parse_example(records, {INPUT_IDS: feature})[INPUT_IDS], tf.int32)

    return _records(files).map(parse).unbatch().map(lambda row: tf.ensure_shape(row, [None]))


def read_vectors(folder: Path) -> Iterator[np.ndarray]:
    """Yields the teacher's sentence vectors of the rows, in the order of `read_rows`.

    Args:
        folder: a folder of prepared texts that were read by a teacher of sentence vectors.

    Yields:
        float32 [rows, channels], some hundreds of rows at a time.

    Raises:
        UserError: the folder is damaged.
    """
    import tensorflow as tf

    manifest = read_manifest(folder)
    feature = tf.io.FixedLenFeature([manifest.vector_size], tf.float32)
    with refusing_damage(folder):
        for found in _parsed(folder, manifest, {SENTENCE_EMBEDDING: feature}):
            vectors = found[SENTENCE_EMBEDDING].numpy()
            _check_finite(vectors, folder)
            yield vectors


def read_taught_texts(folder: Path) -> TextDataset:
    """Reads the texts of a folder of prepared texts, with a teacher's logits.

    The label of a text is the one with its highest logit. The texts stay on disk.

    Args:
        folder: the folder.

    Raises:
        UserError: the folder is damaged, or its rows are token ids.
    """
    import tensorflow as tf

    manifest = read_manifest(folder)
    names = manifest.label_names
    if names is None:
        raise UserError(
            f"{folder} holds token ids, for `tfsqueeze pretrain`; to train on prepared texts, "
            "prepare them with --teacher and a model that labels texts"
        )
    has_pairs = bool(manifest.settings["teacher"].get("pairs"))
    features = {
        TEXT: tf.io.FixedLenFeature([], tf.string),
        LOGITS: tf.io.FixedLenFeature([len(names)], tf.float32),
        **({TEXT_PAIR: tf.io.FixedLenFeature([], tf.string)} if has_pairs else {}),
    }
    texts, text_pairs = TextsWriter(), TextsWriter()
    logits = array.array("f")
    with refusing_damage(folder):
        for found in _parsed(folder, manifest, features):
            for text in found[TEXT].numpy():
                texts.append(text.decode("utf-8"))
            for text in found[TEXT_PAIR].numpy() if has_pairs else ():
                text_pairs.append(text.decode("utf-8"))
            _check_finite(found[LOGITS].numpy(), folder)
            logits.frombytes(found[LOGITS].numpy().tobytes())
    order = sorted(range(len(names)), key=names.__getitem__)
    # Half the memory, and more than exact enough to learn from.
    ordered = np.frombuffer(logits, np.float32).reshape(-1, len(names))[:, order]
    return TextDataset(
        folder.name,
        texts.finish(),
        NumberedLabels([names[number] for number in order], ordered.argmax(1).astype(np.int32)),
        text_pairs=text_pairs.finish() if has_pairs else None,
        teacher_logits=ordered.astype(np.float16),
    )


@contextlib.contextmanager
def refusing_damage(folder: Path) -> Iterator[None]:
    """Makes one sentence of what goes wrong while the rows of prepared texts are read.

    Args:
        folder: the folder of prepared texts.

    Raises:
        UserError: a file or a row is damaged.
    """
    import tensorflow as tf

    damage = (tf.errors.DataLossError, tf.errors.InvalidArgumentError, UnicodeDecodeError)
    try:
        yield
    except damage as error:
        raise _damaged(folder, f"a row that cannot be read ({type(error).__name__})") from None


def _damaged(folder: Path, what: str) -> UserError:
    return UserError(
        f"{folder} has {what}; copy the folder again, or remove it and prepare the texts again"
    )


def _parsed(
    folder: Path, manifest: Manifest, features: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yields the features of all rows, some hundreds at a time."""
    import tensorflow as tf

    rows = 0
    for records in _records([folder / name for name in manifest.files]).as_numpy_iterator():
        rows += len(records)
        if rows > manifest.counts["rows"]:
            break
        yield tf.io.parse_example(records, features)
    # Some damage ends a packed file early.
    if rows != manifest.counts["rows"]:
        raise _damaged(folder, f"another number of rows than {MANIFEST_FILE} says")


def _check_finite(values: np.ndarray, folder: Path) -> None:
    # What is kept of them has 16 bits.
    if not (np.abs(values) <= np.finfo(np.float16).max).all():
        raise _damaged(folder, "a number of the teacher that is not finite or far too large")


def _records(files: Sequence[Path]) -> tf.data.Dataset:
    import tensorflow as tf

    data = tf.data.TFRecordDataset([str(file) for file in files], compression_type="GZIP")
    return data.batch(_ROWS_AT_ONCE)
