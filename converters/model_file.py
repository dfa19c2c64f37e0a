"""Reading .tflite files so that a damaged one is an error and never a crash."""

from __future__ import annotations

import os
from pathlib import Path

from tfsqueeze.errors import UserError

Model = bytes | str | os.PathLike
_IDENTIFIER = b"TFL3"  # bytes 4 to 8 of every .tflite, from TensorFlow Lite's schema


def read_model(model: Model) -> bytes:
    """Returns the bytes of a .tflite file, given as bytes or a path, once they are known sound.

    LiteRT checks every offset of the flatbuffer here: tflite-runtime and the Python schema
    classes follow them unchecked, and a truncated file would crash the process. A change within
    the weights cannot be seen here; `converters.metadata.read_metadata` finds it by checksum.

    Raises:
        UserError: the file cannot be read, is no .tflite file, is truncated or damaged, or has
            operators that the installed LiteRT does not know.
    """
    if isinstance(model, bytes):
        name, content = "the model", model
    else:
        name = os.fspath(model)
        try:
            content = Path(model).read_bytes()
        except OSError as error:
            raise UserError(f"{name} cannot be read: {error.strerror or error}") from error
    if content[4:8] != _IDENTIFIER:
        raise UserError(
            f"{name} is not a .tflite file ({len(content):,} bytes without the identifier TFL3); "
            "name one that `tfsqueeze convert` wrote"
        )
    from ai_edge_litert.interpreter import Interpreter

    try:
        Interpreter(model_content=content)
    except (ValueError, RuntimeError) as error:
        raise UserError(
            f"{name} is truncated or damaged, or made for a newer LiteRT "
            f"({one_line(error)}); copy or convert it again"
        ) from error
    return content


def one_line(error: BaseException) -> str:
    """The text of a runtime's error as one line without its full stop."""
    return " ".join(str(error).split()).rstrip(".")
