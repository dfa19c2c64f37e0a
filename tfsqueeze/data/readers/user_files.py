"""Text and JSON files that users bring, with messages that say where a file is wrong."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

from tfsqueeze.utils.errors import UserError


def read_text(path: Path) -> str:
    """Returns the text of a UTF-8 file without its byte order mark.

    Args:
        path: the file.

    Raises:
        UserError: the file is missing, empty or not UTF-8.
    """
    text = decode_utf8(read_bytes(path), path)
    if not text.strip():
        raise UserError(f"{path} is empty")
    return text


def read_bytes(path: Path) -> bytes:
    """Returns the bytes of a file.

    Args:
        path: the file.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error


def decode_utf8(content: bytes, path: Path) -> str:
    """Returns the text of UTF-8 bytes without its byte order mark.

    Args:
        content: the bytes.
        path: the file that they come from, for messages.

    Raises:
        UserError: the bytes are not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not UTF-8 text (byte {error.start:,}); convert it to UTF-8 first"
        ) from error


def parse_json(text: str, path: Path) -> Any:
    """Returns the value of a JSON text.

    Args:
        text: the JSON text.
        path: the file that it comes from, for messages.

    Raises:
        UserError: the text is not valid JSON. The message names file and line.
    """
    try:
        return json.loads(text, object_pairs_hook=distinct_keys)
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}:{error.lineno}: not valid JSON ({error.msg}, column {error.colno})"
        ) from error
    except RecursionError as error:
        raise UserError(f"{path}: not valid JSON (nested too deeply)") from error
    # A key that is there twice, or an integer of thousands of digits.
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error})") from error


def distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns a JSON object, as an `object_pairs_hook` of `json.loads`.

    Args:
        pairs: the keys and values of the object.

    Raises:
        ValueError: a key is there twice; Python would silently drop the first value.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {repeated!r} is there more than once")
    return found


def check_label(label: str, location: str) -> str:
    """Returns a label without the spaces around it.

    Args:
        label: the label.
        location: the file and the line, for messages.

    Raises:
        UserError: the label holds a line break, another control character or half of a surrogate
            pair, which no file of labels can hold and no terminal can show.
    """
    label = label.strip()
    for character in label:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise UserError(
                f"{location}: the label {label[:40]!r} holds the character "
                f"U+{ord(character):04X}; remove it"
            )
    return label


class JsonValue:
    """A value in a JSON file that knows its JSON path, such as `data[3].paragraphs[0]`.

    Every method raises a UserError that names the file and the JSON path if the value is not of
    the type that the method needs.

    Args:
        value: the value.
        file: the file, for messages.
        json_path: the path to the value from the root of the file; empty for the root.

    Example:
        >>> root = JsonValue({"answers": [{"start": "7"}]}, Path("train.json"))
        >>> root.get("answers").items()[0].get("start").integer()
        Traceback (most recent call last):
        tfsqueeze.utils.errors.UserError: train.json: answers[0].start: it is "7", not an integer
    """

    def __init__(self, value: Any, file: Path, json_path: str = ""):
        self.value, self._file, self._json_path = value, file, json_path

    def error(self, message: str) -> UserError:
        """Returns an error whose message begins with the file and the JSON path."""
        return UserError(f"{self._file}: {self._json_path or 'the file'}: {message}")

    def keys(self) -> list[str]:
        """Returns the keys of this object."""
        return list(self._checked(dict, "an object"))

    def has(self, key: str) -> bool:
        """Returns whether this object has a key."""
        return key in self._checked(dict, "an object")

    def get(self, key: str) -> JsonValue:
        """Returns the value of a key of this object; raises UserError without the key."""
        members = self._checked(dict, "an object")
        if key not in members:
            present = ", ".join(map(repr, members)) or "none"
            raise self.error(f"there is no {key!r}; keys: {present}")
        return JsonValue(members[key], self._file, f"{self._json_path}.{key}".removeprefix("."))

    def items(self) -> list[JsonValue]:
        """Returns the values of this list."""
        values = self._checked(list, "a list")
        return [
            JsonValue(value, self._file, f"{self._json_path}[{index}]")
            for index, value in enumerate(values)
        ]

    def string(self) -> str:
        """Returns this string."""
        return self._checked(str, "a string")

    def integer(self) -> int:
        """Returns this integer."""
        return self._checked(int, "an integer")

    def boolean(self) -> bool:
        """Returns this boolean."""
        return self._checked(bool, "true or false")

    def _checked(self, kind: type, called: str) -> Any:
        # Python's True is an int; JSON's true is not a number.
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            raise self.error(f"it is {json.dumps(self.value)[:40]}, not {called}")
        return self.value
