"""Files that users bring: their bytes, unpacked if they are gzip, and their text."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

from tfsqueeze.utils.errors import UserError

GZIP = ".gz"
# Texts shrink to a third or a tenth. What unpacks to more than this was made to fill memory.
_MAX_EXPANSION = 100
_MIN_UNPACKED_LIMIT = 64 << 20
_CHUNK = 1 << 20
_TYPICAL_EXPANSION = 4
# What a line of a stream may have, so that none fills the memory.
_MAX_LINE = 64 << 20

# UTF-32 before UTF-16, whose little-endian mark begins that of UTF-32.
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def format_suffix(path: Path) -> str:
    """Returns the suffix that names a file's format, which stands before `.gz`.

    Args:
        path: the file.

    Example:
        >>> format_suffix(Path("train.csv.gz")), format_suffix(Path("train.CSV"))
        ('.csv', '.csv')
    """
    return Path(unpacked_name(path)).suffix.lower()


def unpacked_name(path: Path) -> str:
    """Returns the name of a file without `.gz`.

    Args:
        path: the file.

    Example:
        >>> unpacked_name(Path("data/train.csv.GZ")), unpacked_name(Path("data/train.csv"))
        ('train.csv', 'train.csv')
    """
    return path.stem if path.suffix.lower() == GZIP else path.name


def is_plain(path: Path) -> bool:
    """Returns whether a file is neither packed nor marked as UTF-16 or UTF-32.

    Args:
        path: the file.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    return path.suffix.lower() != GZIP and not start.startswith(tuple(_BYTE_ORDER_MARKS))


def read_text(path: Path) -> str:
    """Returns the text of a file without its byte order mark.

    Args:
        path: the file.

    Raises:
        UserError: the file is missing, empty or neither UTF-8 nor marked as UTF-16 or UTF-32.
    """
    text = decode_text(read_bytes(path), path)
    if not text.strip():
        raise UserError(f"{path} is empty")
    return text


def read_bytes(path: Path) -> bytes:
    """Returns the bytes of a file; those of a `.gz` file are unpacked.

    Args:
        path: the file.

    Raises:
        UserError: the file cannot be read, or unpacks to far more than texts do.
    """
    try:
        with _reading(path):
            return _unpack(path) if path.suffix.lower() == GZIP else path.read_bytes()
    except UserError:
        raise
    except ValueError as error:  # a path with a NUL
        raise UserError(f"cannot read {path}: {error}") from error


def decode_text(content: bytes, path: Path) -> str:
    """Returns the text of bytes without its byte order mark.

    Args:
        content: UTF-8, or what a byte order mark says.
        path: the file that they come from, for messages.

    Raises:
        UserError: the bytes are not a text in that encoding.
    """
    encoding = _encoding(content[:4])
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.removesuffix("-sig").upper()
        raise UserError(
            f"{path} is not {name} text (byte {error.start:,}); save it as UTF-8, such as with "
            "`iconv -f LATIN1 -t UTF-8` if it is Latin-1"
        ) from error


def stream_lines(path: Path, newline: str) -> Iterator[str]:
    r"""Reads the lines of a file one after the other, without its byte order mark.

    Args:
        path: the file.
        newline: as for `open`: "\n" for lines that nothing else ends; "" for those that a lone
            carriage return ends too. The ends of lines stay.

    Raises:
        UserError: as `read_text`.
    """
    number = 0
    with _reading(path), _open_bytes(path) as file:
        text = io.TextIOWrapper(file, _encoding(file.peek(4)[:4]), newline=newline)
        try:
            while line := text.readline(_MAX_LINE):
                number += 1
                if len(line) == _MAX_LINE:
                    raise UserError(
                        f"{path}:{number}: this line has more than {_MAX_LINE:,} characters, as "
                        "no text does; divide it"
                    )
                yield line
        except UnicodeDecodeError as error:
            name = error.encoding.upper()
            raise UserError(
                f"{path}:{number + 1}: this line, or one of the next, is not {name} text; save it "
                "as UTF-8, such as with `iconv -f LATIN1 -t UTF-8` if it is Latin-1"
            ) from None
    if not number:
        raise UserError(f"{path} is empty")


def unpacked_size(path: Path) -> int:
    """Returns about how many bytes of text a file holds; 0 if there is no such file.

    Args:
        path: the file. A packed one counts four times.
    """
    try:
        size = path.stat().st_size
    except (OSError, ValueError):  # ValueError: a path with a NUL
        return 0
    return size * (_TYPICAL_EXPANSION if path.suffix.lower() == GZIP else 1)


class _Utf8Reader:
    """A file of bytes in UTF-8.

    It has no other method, as `codecs.EncodedFile` has, that gives the bytes of the file itself.

    Args:
        text: the text.
    """

    def __init__(self, text: codecs.StreamReader) -> None:
        self._text = text

    def read(self, size: int = -1) -> bytes:
        """Returns the next bytes, about as many as are asked for; none at the end."""
        return self._text.read(size).encode("utf-8")


@contextlib.contextmanager
def open_utf8(path: Path) -> Iterator[_Utf8Reader]:
    """Opens a file of text as bytes in UTF-8 without a byte order mark.

    They are unpacked and encoded while they are read.

    Args:
        path: the file.

    Raises:
        UserError: as `read_text`, also while the file is read.
    """
    with _reading(path), _open_bytes(path) as file:
        encoding = _encoding(file.peek(4)[:4])
        try:
            yield _Utf8Reader(codecs.getreader(encoding)(file))
        except UnicodeDecodeError:
            name = encoding.removesuffix("-sig").upper()
            raise UserError(
                f"{path} is not {name} text; save it as UTF-8, such as with `iconv -f LATIN1 -t "
                "UTF-8` if it is Latin-1"
            ) from None


def _encoding(start: bytes) -> str:
    """Returns the encoding of a text that begins with some bytes."""
    encodings = (code for mark, code in _BYTE_ORDER_MARKS.items() if start.startswith(mark))
    return next(encodings, "utf-8-sig")


def _open_bytes(path: Path) -> io.BufferedReader:
    """Returns a file of bytes, unpacked while they are read."""
    if path.suffix.lower() != GZIP:
        return path.open("rb")
    return io.BufferedReader(gzip.open(path))  # pyright: ignore[reportArgumentType]


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Makes one sentence of what goes wrong while a file is read."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            f"{path} is truncated or no gzip file ({error}); copy or pack it again"
        ) from error
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error


def _unpack(path: Path) -> bytes:
    """Returns the content of a gzip file, piece by piece so that a bomb is seen in time."""
    limit = max(_MIN_UNPACKED_LIMIT, _MAX_EXPANSION * path.stat().st_size)
    pieces, size = [], 0
    with gzip.open(path) as file:
        while piece := file.read(_CHUNK):
            size += len(piece)
            if size > limit:
                raise UserError(
                    f"{path} unpacks to more than {_MAX_EXPANSION} times its size, as no file of "
                    "texts does; unpack it yourself if you trust it"
                )
            pieces.append(piece)
    return b"".join(pieces)
