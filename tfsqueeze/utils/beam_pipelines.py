"""Pipelines of Apache Beam: its options, its files and its errors."""

from __future__ import annotations

import contextlib
import glob
import importlib.util
import io
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

# What Beam adds to an error.
_WHERE = re.compile(r" \[while running .*$", re.DOTALL)
_TRACEBACK = "Traceback (most recent call last)"
_ERROR = re.compile(rf"^(?:\w+\.)*{UserError.__name__}: (.*?)(?: \[while .*)?$", re.MULTILINE)
_SHARDS = "-?????-of-?????"


def require_beam() -> None:
    """Refuses to go on without Apache Beam.

    Raises:
        UserError: it is not installed.
    """
    if importlib.util.find_spec("apache_beam") is None:
        raise UserError("Apache Beam is not installed; pip install 'tfsqueeze[beam]'")


def run_pipeline(build: Callable[[Any], Any], pipeline_options: str = "") -> None:
    """Builds a pipeline, runs it and waits until it is done.

    Args:
        build: takes the `apache_beam.Pipeline` and applies transforms to it.
        pipeline_options: options of Beam and of its runner as on a command line, such as
            `--runner=FlinkRunner`. Without a runner the pipeline runs on this machine.

    Raises:
        UserError: an option is unknown, or the pipeline failed. A `UserError` of a transform is
            raised again.
    """
    import apache_beam as beam

    options = _options(pipeline_options)
    try:
        with beam.Pipeline(_runner(options), options) as pipeline:
            build(pipeline)
    # Runners tell what went wrong in a worker by exceptions of any class.
    except Exception as error:
        raise _one_sentence(error) from error


def find_files(pattern: str) -> list[str]:
    """Returns the paths of files in any file system that Beam knows, in order.

    Args:
        pattern: a path that may have `*`, `?` and `[...]`.

    Raises:
        UserError: the file system is unknown or refuses.
    """
    return list(file_sizes(pattern))


def file_sizes(pattern: str) -> dict[str, int]:
    """Returns the sizes of files in bytes by their paths, in the order of the paths.

    Args:
        pattern: see `find_files`.

    Raises:
        UserError: the file system is unknown or refuses.
    """
    from apache_beam.io.filesystem import BeamIOError
    from apache_beam.io.filesystems import FileSystems

    try:
        (found,) = FileSystems.match([pattern])
    except (BeamIOError, ValueError) as error:
        raise UserError(f"cannot look for {pattern}: {_line(error)}") from error
    return dict(sorted((file.path, file.size_in_bytes) for file in found.metadata_list))


def remove_files(paths: Iterable[str]) -> None:
    """Removes files in any file system that Beam knows.

    Args:
        paths: their paths.
    """
    from apache_beam.io.filesystems import FileSystems

    FileSystems.delete(list(paths))


def absolute_path(path: str) -> str:
    """Returns a path that workers in another folder can read.

    Args:
        path: a path in any file system that Beam knows.
    """
    return os.path.abspath(path) if is_local(path) else path


def is_local(path: str) -> bool:
    """Returns whether a path has no scheme, such as gs://.

    Args:
        path: the path.
    """
    return "://" not in path


def join_path(folder: str, name: str) -> str:
    """Returns the path of a file in a folder of any file system.

    Args:
        folder: the folder.
        name: the name of the file.
    """
    return f"{folder.rstrip('/')}/{name}"


def write_file(path: str, content: bytes) -> None:
    """Writes a file in any file system that Beam knows; it appears when it is whole.

    Args:
        path: the file.
        content: its bytes.
    """
    from apache_beam.io.filesystems import FileSystems

    if is_local(path):
        with write_atomically(path) as temporary:
            temporary.write_bytes(content)
    else:
        # Object stores show an object when it is closed.
        with FileSystems.create(path) as file:
            file.write(content)


def read_file(path: str) -> bytes:
    """Returns the bytes of a file in any file system that Beam knows.

    Args:
        path: the file.

    Raises:
        UserError: it cannot be read.
    """
    from apache_beam.io.filesystem import BeamIOError
    from apache_beam.io.filesystems import FileSystems

    try:
        with FileSystems.open(path) as file:
            return file.read()
    except (BeamIOError, OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {_line(error)}") from error


def find_shards(prefix: str, suffix: str) -> list[str]:
    """Returns the paths of the files that a pipeline wrote with a prefix.

    Args:
        prefix: what their paths begin with.
        suffix: what their names end with.
    """
    return find_files(f"{prefix}{_SHARDS}{suffix}")


def remove_unfinished(prefix: str) -> None:
    """Removes what a pipeline that failed has left beside the files that it was to write.

    Args:
        prefix: what the paths of the files begin with. In other file systems than the local one
            Beam keeps these folders, whose names begin with `beam-temp-`.
    """
    folder, name = os.path.split(prefix)
    for path in Path(folder).glob(f"beam-temp-{glob.escape(name)}-*"):
        shutil.rmtree(path, ignore_errors=True)


def _options(pipeline_options: str) -> Any:
    from apache_beam.options.pipeline_options import PipelineOptions

    usage = io.StringIO()
    try:
        # Beam's parser prints all its options, and ends the process.
        with contextlib.redirect_stderr(usage):
            options = PipelineOptions(shlex.split(pipeline_options))
            options.get_all_options()
    except ValueError as error:
        raise UserError(f"the pipeline options cannot be split into words: {error}") from error
    except SystemExit:
        reason = usage.getvalue().strip().rpartition("error: ")[2]
        raise UserError(f"the pipeline options cannot be used: {reason}") from None
    return options


def _runner(options: Any) -> Any:
    """Returns the runner of this machine; None if the options name one.

    DirectRunner would first look for a program to download.
    """
    from apache_beam.options.pipeline_options import StandardOptions, WorkerOptions
    from apache_beam.portability.api import beam_provision_api_pb2
    from apache_beam.runners.portability.fn_api_runner import fn_runner
    from apache_beam.runners.portability.portable_runner import JobServiceHandle

    if options.view_as(StandardOptions).runner is not None:
        return None
    # The error itself is raised here.
    options.view_as(WorkerOptions).default_sdk_harness_log_level = "CRITICAL"
    encoded = JobServiceHandle.encode_pipeline_options(options.get_all_options())
    provision = beam_provision_api_pb2.ProvisionInfo(pipeline_options=encoded)
    return fn_runner.FnApiRunner(provision_info=fn_runner.ExtendedProvisionInfo(provision))


def _one_sentence(error: Exception) -> UserError:
    # The traceback of a worker comes as text.
    found = _ERROR.findall(str(error))
    if found:
        return UserError(found[-1])
    if isinstance(error, UserError):
        return UserError(_WHERE.sub("", str(error)))
    return UserError(f"the pipeline failed: {_line(error)}")


def _line(error: Exception) -> str:
    """Returns the line of an error that says what is wrong."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return _WHERE.sub("", lines[-1 if _TRACEBACK in lines[0] else 0])
