"""Text and JSON files as they come from users."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tfsqueeze.utils.errors import UserError


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, without the byte order mark that it may begin with.

    Raises:
        UserError: the file is missing, empty or not UTF-8.
    """
    text = decode_utf8(read_bytes(path), path)
    if not text.strip():
        raise UserError(f"{path} is empty")
    return text


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; UserError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error


def decode_utf8(content: bytes, path: Path) -> str:
    """The text of UTF-8 bytes; a UserError that names `path` where they are something else."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not UTF-8 text (byte {error.start:,}); convert it to UTF-8 first"
        ) from error


def parse_json(text: str, path: Path) -> Any:
    """The value of a JSON text; a UserError that names `path` and line where it is none."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}:{error.lineno}: not valid JSON ({error.msg}, column {error.colno})"
        ) from error
    except RecursionError as error:
        raise UserError(f"{path}: not valid JSON (nested too deeply)") from error


class JsonValue:
    """A value inside a JSON file that knows its place there, such as `data[3].paragraphs[0]`."""

    def __init__(self, value: Any, file: Path, place: str = ""):
        self.value, self._file, self._place = value, file, place

    def error(self, message: str) -> UserError:
        """A UserError of one sentence that begins with the file and the place in it."""
        return UserError(f"{self._file}: {self._place or 'the file'}: {message}")

    def keys(self) -> list[str]:
        """The keys of this object; UserError where it is none."""
        return list(self._checked(dict, "an object"))

    def has(self, key: str) -> bool:
        """Whether this object has the key."""
        return key in self._checked(dict, "an object")

    def get(self, key: str) -> JsonValue:
        """The value of the key; UserError where this is no object or lacks it."""
        members = self._checked(dict, "an object")
        if key not in members:
            present = ", ".join(map(repr, members)) or "none"
            raise self.error(f"there is no {key!r}; keys: {present}")
        return JsonValue(members[key], self._file, f"{self._place}.{key}".removeprefix("."))

    def items(self) -> list[JsonValue]:
        """The values of this list; UserError where it is none."""
        values = self._checked(list, "a list")
        return [
            JsonValue(value, self._file, f"{self._place}[{index}]")
            for index, value in enumerate(values)
        ]

    def string(self) -> str:
        """This string; UserError where it is none."""
        return self._checked(str, "a string")

    def integer(self) -> int:
        """This integer; UserError where it is none."""
        return self._checked(int, "an integer")

    def boolean(self) -> bool:
        """This truth value; UserError where it is none."""
        return self._checked(bool, "true or false")

    def _checked(self, kind: type, called: str) -> Any:
        # JSON's true is no number, though Python's is.
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            raise self.error(f"it is {json.dumps(self.value)[:40]}, not {called}")
        return self.value
