"""Atomic writes, so that an interruption never leaves half a file."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import re
import secrets
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

from tfsqueeze.utils.errors import UserError

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextlib.contextmanager
def write_atomically(path: str | os.PathLike) -> Iterator[Path]:
    """Yields a temporary path beside `path` to write to, and renames it to `path` on success.

    The temporary path has the suffixes of `path`, because writers choose formats by it. The caller
    makes a file or a folder of it; a folder replaces an older folder of the same name. On an
    exception the temporary file or folder is removed and `path` stays as it was. What a killed
    process left is removed by the next one that writes the same `path`, or takes its place again if
    the process had moved it aside.

    Args:
        path: the output. Missing parent folders are made.

    Raises:
        UserError: `path` is a mount point, which nothing can take the place of.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with write_atomically(Path(folder, "a.txt")) as temporary:
        ...         _ = temporary.write_text("done")
        ...     Path(folder, "a.txt").read_text()
        'done'
    """
    target = Path(path)
    if os.path.ismount(target):
        raise UserError(
            f"{target} is a mount point, which cannot be replaced; name a path within it"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target)
    owner = f"{_host()}-{os.getpid()}-{secrets.token_hex(4)}"
    temporary = target.with_name(f".{owner}.{target.name}")
    try:
        yield temporary
        if temporary.is_dir() and target.is_dir():
            _exchange(temporary, target, target.with_name(f".{owner}-old.{target.name}"))
        else:
            temporary.replace(target)
    finally:
        _remove(temporary)


def _exchange(new: Path, old: Path, aside: Path) -> None:
    """Swaps two folders, where the system can, without a moment in which one is missing.

    Elsewhere the old one is first moved aside, from where `_sweep` brings it back if the process is
    killed before the new one has its place.
    """
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    names = os.fsencode(new), os.fsencode(old)
    if rename and not rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE):
        return
    old.rename(aside)
    new.rename(old)
    aside.rename(new)


def _sweep(target: Path) -> None:
    """Removes what dead processes of this machine left beside a file that they wrote.

    What one of them had moved aside takes its place again where nothing has taken it.
    """
    pattern = re.compile(rf"\.{_host()}-(\d+)-\w+(-old)?\." + re.escape(target.name))
    with contextlib.suppress(OSError):
        for other in target.parent.iterdir():
            match = pattern.fullmatch(other.name)
            if not match or _is_alive(int(match[1])):
                continue
            if match[2] and not target.exists():
                other.rename(target)
            else:
                _remove(other)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # It is someone else's.
        pass
    return True


def _host() -> str:
    return f"{zlib.crc32(platform.node().encode()):08x}"


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
