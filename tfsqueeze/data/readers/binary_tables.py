"""Tables in the formats of other programs: Parquet and TFRecord."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfsqueeze.data.readers.column_names import check_distinct
from tfsqueeze.utils.errors import UserError

PARQUET, TFRECORD = ".parquet", ".tfrecord"
_ROWS_AT_ONCE = 4096


def read_parquet(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Reads the rows of a Parquet file, a few thousand at a time.

    Args:
        path: the file.

    Yields:
        The place of a row, for messages, and its values by the names of their columns.

    Raises:
        UserError: pyarrow is not installed; or the file is no Parquet file, has two columns of one
            name, or has a column with a value that Python cannot hold.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise UserError(
            f"{path} is read with pyarrow, which is not installed: pip install 'tfsqueeze[parquet]'"
        ) from None
    number = 0
    try:
        file = parquet.ParquetFile(path)
        names = file.schema_arrow.names
        check_distinct(names, str(path))
        for batch in file.iter_batches(_ROWS_AT_ONCE):
            columns = [
                _python_values(column, name, path)
                for name, column in zip(names, batch.columns, strict=True)
            ]
            for values in zip(*columns, strict=True):
                number += 1
                yield f"{path}: row {number}", dict(zip(names, values, strict=True))
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise UserError(f"{path} is no Parquet file, or it is damaged ({reason})") from None


def _python_values(column: Any, name: str, path: Path) -> list[Any]:
    try:
        return column.to_pylist()
    # Nanoseconds, years above 9999, and strings that are not UTF-8.
    except (ValueError, OverflowError) as error:
        reason = str(error).partition("\n")[0][:80]
        raise UserError(
            f"{path}: the column {name[:40]!r} has a value that Python cannot hold ({reason}); "
            "remove the column, or write it as UTF-8 strings"
        ) from None


def read_tfrecord(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Reads the records of a TFRecord file, each a `tf.train.Example`.

    Args:
        path: the file. One whose name ends in `.gz` is packed.

    Yields:
        The place of a record, for messages, and its features by name: a string, a number, or a
        list where the feature has several values.

    Raises:
        UserError: the file is damaged, or a record is no `tf.train.Example`, or a string in it is
            not UTF-8.
    """
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    packing = "GZIP" if path.suffix.lower() == ".gz" else ""
    number = 0
    try:
        for record in tf.data.TFRecordDataset(str(path), packing).as_numpy_iterator():
            number += 1
            example = tf.train.Example.FromString(record)
            yield (
                f"{path}: record {number}",
                {name: _value(feature) for name, feature in example.features.feature.items()},
            )
    except tf.errors.OpError as error:
        raise UserError(
            f"{path}: record {number + 1} is damaged ({type(error).__name__}); write the file again"
        ) from None
    except (DecodeError, UnicodeDecodeError):
        raise UserError(
            f"{path}: record {number} is no tf.train.Example of numbers and UTF-8 strings"
        ) from None


def _value(feature: Any) -> Any:
    kind = feature.WhichOneof("kind")
    if kind is None:
        return None
    values = list(getattr(feature, kind).value)
    if kind == "bytes_list":
        values = [value.decode("utf-8") for value in values]
    return values[0] if len(values) == 1 else values
