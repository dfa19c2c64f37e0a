"""JSON files that users bring, with messages that say where a file is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.user_files import read_text

# More digits than any float has before its point.
_MAX_DIGITS = 300
_MAX_SHOWN = 40


def read_json(path: Path) -> JsonValue:
    """Returns the value that a JSON file holds.

    Args:
        path: the file.

    Raises:
        UserError: the file cannot be read or is not valid JSON.
    """
    return JsonValue(parse_json(read_text(path), path), path)


def parse_json(text: str, path: Path) -> Any:
    """Returns the value of a JSON text.

    Args:
        text: the JSON text.
        path: the file that it comes from, for messages.

    Raises:
        UserError: the text is not valid JSON. The message names file and line.
    """
    try:
        return _loads(text)
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}:{error.lineno}: not valid JSON ({error.msg}, column {error.colno})"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not valid JSON ({_reason(error)})") from error


def parse_json_line(text: str, location: str) -> Any:
    """Returns the value of one line of a JSONL file.

    Args:
        text: the line.
        location: the file and the line, for messages.

    Raises:
        UserError: the line is not valid JSON.
    """
    try:
        return _loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{location}: not valid JSON ({_reason(error)})") from error


def shown(value: Any) -> str:
    """Returns the first characters of a value as JSON, for messages.

    Args:
        value: anything that JSON can hold.

    Example:
        >>> shown(None), shown(list(range(100)))
        ('null', '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1...')
    """
    try:
        text = json.dumps(value)
    except (RecursionError, TypeError, ValueError):
        return f"a nested {type(value).__name__}"
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


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

    @property
    def location(self) -> str:
        """The file and the JSON path, with which messages begin."""
        return f"{self._file}: {self._json_path or 'the file'}"

    def error(self, message: str) -> UserError:
        """Returns an error whose message begins with the file and the JSON path."""
        return UserError(f"{self.location}: {message}")

    def object(self) -> dict[str, Any]:
        """Returns this object."""
        return self._checked(dict, "an object")

    def has(self, key: str) -> bool:
        """Returns whether this object has a key."""
        return key in self.object()

    def get(self, key: str) -> JsonValue:
        """Returns the value of a key of this object; raises UserError without the key."""
        members = self.object()
        if key not in members:
            present = ", ".join(repr(name[:_MAX_SHOWN]) for name in list(members)[:20]) or "none"
            raise self.error(f"there is no {key!r}; keys: {present}")
        name = key if key.isprintable() and len(key) <= _MAX_SHOWN else shown(key)
        return JsonValue(members[key], self._file, f"{self._json_path}.{name}".removeprefix("."))

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

    def number(self) -> int | float:
        """Returns this integer or float."""
        return self._checked((int, float), "a number")

    def boolean(self) -> bool:
        """Returns this boolean."""
        return self._checked(bool, "true or false")

    def _checked(self, kind: type | tuple[type, ...], called: str) -> Any:
        # Python's True is an int; JSON's true is not a number.
        if not isinstance(self.value, kind) or (kind is not bool and isinstance(self.value, bool)):
            raise self.error(f"it is {shown(self.value)}, not {called}")
        return self.value


def _loads(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_distinct_keys, parse_int=_integer)


def _distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns a JSON object; Python would silently drop the first value of a repeated key."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set()
        repeated = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"the key {repeated[:_MAX_SHOWN]!r} is there more than once")
    return found


def _integer(digits: str) -> int:
    """Returns a JSON integer; no float could be made of a longer one."""
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"an integer of {len(digits):,} digits")
    return int(digits)


def _reason(error: ValueError | RecursionError) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
