"""Damages .tflite files on purpose, and runs the commands that read them in processes to lose.

    python -m tests.faults.hostile_models KIND COUNT SEED FILE...

prints what came of COUNT files as a JSON object. The kinds are those of `KINDS`. Most changed files
have the right checksums all the same, so that the checks behind these are tried. Where the variable
HOSTILE_MODELS names a folder, the files that end in a fault are kept there.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import gc
import hashlib
import importlib
import io
import json
import math
import os
import pickle
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

KINDS = ("structure", "bytes", "archive")
MAX_GROWTH_BYTES = 500 * 2**20
_SECONDS_PER_FILE = 180
_REPOSITORY = Path(__file__).resolve().parents[2]
_INTEGERS = (
    0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 32, 127, 128, 255, 256, 1000, 32767, 65535, 2**24, 2**31 - 1,
    2**31, 2**32 - 1, 2**63 - 1, -1, -2, -8, -128, -(2**31), -(2**63),
)  # fmt: skip
_FLOATS = (
    0.0, -0.0, 1.0, -1.0, 0.5, 1e-45, 1e-38, 1e-20, 1e-9, 1e-7, 1e-3, 10.0, 1e4, 1e9, 1e20, 3e38,
    math.inf, -math.inf, math.nan,
)  # fmt: skip
_JSON = (
    None, True, False, 0, -1, 1, 2, 1e308, 10**30, -(10**18), "", "a", "\ud800", "[PAD]",
    "x" * 5000, "[bold]a[/bold]", "\x1b[31m", [], [1], {}, {"a": {}}, [[]], math.nan, math.inf,
)  # fmt: skip


def mutated_models(rng: random.Random, base: bytes, kind: str) -> Iterator[tuple[str, bytes]]:
    """Yields files that differ from one of ours in a few places, without end.

    Args:
        rng: decides where and how.
        base: a .tflite file that `pack_metadata` made.
        kind: one of `KINDS`: fields of the network's objects, bytes, or the files at the end.

    Yields:
        What was changed, and the file.
    """
    change = {"structure": _change_objects, "bytes": _change_bytes, "archive": _change_archive}
    while True:
        try:
            yield change[kind](rng, base)
        # Some numbers do not fit their fields, and some fields are gone, so there is no such file.
        except (
            ArithmeticError,
            AssertionError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ):
            continue
        except Exception as error:
            # struct.error and flatbuffers' own errors share no other base.
            if type(error).__module__.partition(".")[0] not in ("struct", "flatbuffers"):
                raise


def _split(packed: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Returns the network and the files at the end."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
        return packed[: archive.infolist()[0].header_offset], files


def _join(network: bytes, files: dict[str, bytes]) -> bytes:
    """Returns a file with the checksum of its network."""
    details = json.loads(files["tfsqueeze.json"])
    details["network_bytes"] = len(network)
    details["network_sha256"] = hashlib.sha256(network).hexdigest()
    return _zipped(network, {**files, "tfsqueeze.json": json.dumps(details).encode()}.items())


def _zipped(network: bytes, files: Any, compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    stream.write(network)
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "a", compression) as archive:
        warnings.simplefilter("ignore")  # that a name is there twice
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()


# The objects of a network.


def _change_objects(rng: random.Random, base: bytes) -> tuple[str, bytes]:
    from converters.tflite.flatbuffer import serialize_model

    network, files = _split(base)
    model = pickle.loads(_pickled_objects(network))
    names = [
        _change_field(rng, model, fields)
        for fields in rng.choices(
            [_tensor_fields, _operator_fields, _graph_fields, _any_fields, _buffers],
            [6, 6, 2, 3, 1],
            k=rng.choice((1, 1, 1, 2, 3)),
        )
    ]
    return ", ".join(names), _join(serialize_model(model), files)


@functools.cache
def _pickled_objects(network: bytes) -> bytes:
    """The unpacked network, which pickle makes anew in an eighth of the time."""
    from ai_edge_litert.tools.flatbuffer_utils import convert_bytearray_to_object

    return pickle.dumps(convert_bytearray_to_object(network))


def _tensor_fields(rng: random.Random, model: Any) -> tuple[Any, str]:
    tensor = rng.choice(rng.choice(model.subgraphs).tensors)
    owner = rng.choice((tensor, tensor.quantization)) or tensor
    return owner, rng.choice(list(vars(owner)))


def _operator_fields(rng: random.Random, model: Any) -> tuple[Any, str]:
    operator = rng.choice(rng.choice(model.subgraphs).operators)
    owner = rng.choice((operator, operator.builtinOptions)) or operator
    return owner, rng.choice(list(vars(owner)) or ["missing"])


def _graph_fields(rng: random.Random, model: Any) -> tuple[Any, str]:
    owner = rng.choice([*model.subgraphs, *(model.signatureDefs or []), *model.operatorCodes])
    return owner, rng.choice(list(vars(owner)))


def _buffers(rng: random.Random, model: Any) -> tuple[Any, str]:
    return rng.choice(model.buffers), rng.choice(("data", "data", "offset", "size"))


def _any_fields(rng: random.Random, model: Any) -> tuple[Any, str]:
    """Any field of any object, all levels alike."""
    owner: Any = model
    while True:
        name = rng.choice(list(vars(owner)) or ["missing"])
        value = getattr(owner, name, None)
        if isinstance(value, list) and value and rng.random() < 0.9:
            value = rng.choice(value)
        if not hasattr(value, "__dict__") or rng.random() < 0.1:
            return owner, name
        owner = value


def _change_field(rng: random.Random, model: Any, fields: Callable) -> str:
    owner, name = fields(rng, model)
    value = getattr(owner, name)
    setattr(owner, name, _changed(rng, value, model))
    return f"{type(owner).__name__}.{name}"


def _changed(rng: random.Random, value: Any, model: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, np.integer)):
        near = int(value) + rng.choice((-2, -1, 1, 2))
        return rng.choice((near, near, rng.randrange(300), rng.choice(_INTEGERS)))
    if isinstance(value, (float, np.floating)):
        return rng.choice((float(value) * rng.choice((0.5, 2, 1e3, 1e-3)), rng.choice(_FLOATS)))
    if isinstance(value, (bytes, str)):
        text = value if isinstance(value, bytes) else value.encode()
        return rng.choice(
            (b"", text + b"x", b"\xff\xfe", b"a" * 3000, text[1:], b"\x00", b"input_ids")
        )
    if isinstance(value, (np.ndarray, list)) or value is None:
        return _changed_items(rng, value, model)
    # An object: none, or one of another kind.
    options = [operator.builtinOptions for graph in model.subgraphs for operator in graph.operators]
    return rng.choice((None, rng.choice(options)))


def _changed_items(rng: random.Random, value: Any, model: Any) -> Any:
    items = [] if value is None else list(value)
    if items and rng.random() < 0.6 and isinstance(items[0], (int, float, np.number)):
        for _ in range(rng.choice((1, 1, 1, 4))):
            position = rng.randrange(len(items))
            items[position] = _changed(rng, items[position], model)
    else:
        position = rng.randrange(len(items) + 1)
        kind = rng.randrange(6)
        if kind == 0 and items:
            del items[position % len(items)]
        elif kind == 1 and items:
            items.insert(position, rng.choice(items))
        elif kind == 2 and items:
            rng.shuffle(items)
        elif kind == 3:
            items = items[:position]
        elif kind == 4:
            items = items * rng.choice((2, 100)) if len(items) < 10_000 else items[:1]
        elif not items or isinstance(items[0], (int, np.integer)):
            items.insert(position, rng.choice((0, 1, 2, -1, 127)))
    if isinstance(value, np.ndarray):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a number does not fit
            return np.array(items, value.dtype)
    return items


# Bytes.


def _change_bytes(rng: random.Random, base: bytes) -> tuple[str, bytes]:
    network, files = _split(base)
    if rng.random() < 0.75:
        changed = bytearray(network)
        # The weights are most of the file, and the least of what a reader trips over.
        first = rng.choice((0, 0, len(changed) // 2))
        places = _flip(rng, changed, first)
        return f"network bytes {places}", _join(bytes(changed), files)
    kind = rng.randrange(3)
    changed = bytearray(base)
    if kind == 0:
        end = rng.randrange(len(base))
        return f"cut at {end}", base[:end]
    if kind == 1:
        start = rng.randrange(len(base))
        end = start + rng.randrange(200)
        target = rng.randrange(len(base))
        changed[target : target + end - start] = base[start:end]
        return f"{start}:{end} copied to {target}", bytes(changed)
    return f"bytes {_flip(rng, changed, 0)}", bytes(changed)


def _flip(rng: random.Random, content: bytearray, first: int) -> list[int]:
    places = [rng.randrange(first, len(content)) for _ in range(rng.choice((1, 1, 2, 4, 16)))]
    for place in places:
        content[place] = rng.choice(
            (content[place] ^ 1 << rng.randrange(8), rng.randrange(256), 0, 0xFF, 0x7F, 0x80)
        )
    return places


# The files at the end.


def _change_archive(rng: random.Random, base: bytes) -> tuple[str, bytes]:
    network, files = _split(base)
    kind = rng.randrange(6)
    if kind == 0:
        content = bytearray(base)
        return f"archive bytes {_flip(rng, content, len(network))}", bytes(content)
    if kind == 1:
        return _change_description(rng, network, files)
    name = rng.choice(list(files))
    if kind == 2:
        entries = list(files.items())
        change = rng.randrange(5)
        if change == 0:
            entries = [entry for entry in entries if entry[0] != name]
        elif change == 1:
            entries.append((name, files[rng.choice(list(files))]))
        elif change == 2:
            entries = [(rng.choice((name.upper(), "../" + name, "x")), files[name]), *entries]
        elif change == 3:
            entries = [(name, content + b"\0" * 2**22) for name, content in entries]
        else:
            entries *= rng.choice((2, 50))
        how = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
        return f"entries {change} of {name}", _zipped(network, entries, how)
    if name.endswith(".json"):
        value = json.loads(files[name])
        place = _change_json(rng, value)
        if rng.random() < 0.1:
            value = rng.choice(_JSON)
        files[name] = json.dumps(value).encode()
        return f"{name} {place}", _zipped(network, files.items())
    lines = files[name].split(b"\n")
    change = rng.randrange(7)
    position = rng.randrange(len(lines))
    if change == 0:
        del lines[position]
    elif change == 1:
        lines.insert(position, rng.choice(lines))
    elif change == 2:
        lines[position] = rng.choice((b"", b"\xff", b"\xed\xa0\x80", b"[PAD]", b"a" * 9999, b"\r"))
    elif change == 3:
        rng.shuffle(lines)
    elif change == 4:
        lines *= rng.choice((2, 300))
    elif change == 5:
        lines[position] = rng.choice(lines)
    else:
        lines = lines[:position]
    files[name] = b"\n".join(lines)
    return f"{name} {change} at {position}", _zipped(network, files.items())


def _change_json(rng: random.Random, value: Any) -> str:
    """Changes one place of a JSON value in place, and returns where it is."""
    path = []
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            break
        key = rng.choice(keys)
        path.append(str(key))
        if isinstance(value[key], (dict, list)) and rng.random() < 0.7:
            value = value[key]
            continue
        if rng.random() < 0.15:
            del value[key]
        else:
            value[key] = rng.choice(_JSON)
        break
    return ".".join(path)


def _change_description(
    rng: random.Random, network: bytes, files: dict[str, bytes]
) -> tuple[str, bytes]:
    """Changes bytes of the ModelMetadata within the flatbuffer."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(network)
    entries = map(model.Metadata, range(model.MetadataLength()))
    (entry,) = (entry for entry in entries if entry.Name() == b"TFLITE_METADATA")
    table = model.Buffers(entry.Buffer())
    start = table._tab.Vector(table._tab.Offset(4))
    description = bytearray(network[start : start + table.DataLength()])
    places = _flip(rng, description, 0)
    end = start + len(description)
    return f"description {places}", _join(network[:start] + description + network[end:], files)


# Running the files.


def run_batch(
    kind: str, count: int, seed: int, files: Sequence[Path], timeout: float = 3600
) -> dict[str, Any]:
    """Runs changed files in a process without TensorFlow.

    Args:
        kind: one of `KINDS`.
        count: how many files, in turn of each base.
        seed: decides the changes.
        files: bases, which `pack_metadata` made.
        timeout: of the whole batch, in seconds.

    Returns:
        The numbers `tried`, `answered` and `refused`; `faults`, a sentence each; and
        `most_bytes`, the largest growth of memory.
    """
    command = [sys.executable, "-m", "tests.faults.hostile_models", kind, str(count), str(seed)]
    done = subprocess.run(
        [*command, *map(str, files)],
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=_REPOSITORY,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def _run_batch(
    kind: str, count: int, seed: int, bases: Sequence[str], folder: Path
) -> dict[str, Any]:
    from converters.inference.predictor import Predictor
    from converters.runtime.interpreters import available_runtimes

    rng = random.Random(seed)
    models = []
    for path in bases:
        content = Path(path).read_bytes()
        arguments = _arguments(Predictor.open(content), folder / f"{len(models)}.csv")
        _import_what_is_needed(Path(path), arguments)
        models.append((path, mutated_models(rng, content, kind), arguments))
    _command_line()
    gc.collect()
    gc.freeze()
    _, _, before = _run_in_fork(lambda: True)
    found: dict[str, Any] = {"tried": count, "answered": 0, "refused": 0, "most_bytes": 0}
    found["faults"] = faults = []
    file = folder / "model.tflite"
    for index in range(count):
        path, changes, arguments = models[index % len(models)]
        name, content = next(changes)
        runtime = available_runtimes()[index // len(models) % len(available_runtimes())]
        file.write_bytes(content)
        commands = functools.partial(_try_commands, file, arguments, runtime)
        fault, answered, taken = _run_in_fork(commands)
        growth = taken - before
        found["most_bytes"] = max(found["most_bytes"], growth)
        if growth > MAX_GROWTH_BYTES:
            fault = fault or f"took {growth / 2**20:,.0f} MiB"
        if fault:
            faults.append(f"{Path(path).name}, {kind} {seed}/{index}, {name}: {fault}")
            if "HOSTILE_MODELS" in os.environ:
                kept = Path(os.environ["HOSTILE_MODELS"], f"{kind}-{seed}-{index}.tflite")
                kept.write_bytes(content)
        else:
            found["answered" if answered else "refused"] += 1
    return found


def _import_what_is_needed(file: Path, arguments: dict[str, list[str]]) -> None:
    """Imports the modules of the commands, so that each fork has them from the start.

    A fork finds out which, since the runtimes may start threads where they run a model.
    """
    with tempfile.NamedTemporaryFile("r") as names:

        def run() -> bool:
            assert _try_commands(file, arguments, "litert"), f"{file} gives no answer"
            Path(names.name).write_text("\n".join(sys.modules))
            return True

        fault, _, _ = _run_in_fork(run)
        assert not fault, fault
        for module in names.read().split("\n"):
            with contextlib.suppress(ImportError):
                importlib.import_module(module)


def _arguments(predictor: Any, data: Path) -> dict[str, list[str]]:
    """The arguments of the commands behind the name of the file, by command.

    Texts for `evaluate` are written to `data`.
    """
    texts = ["the cat [MASK] on the mat", "rain"]
    if hasattr(predictor, "has_no_answer_class"):
        predict = [*texts, "--context", "the cat sat on the mat, and it rained"]
    elif predictor.metadata.pairs:
        predict = [*texts, "--text-pair", "a cat", "--text-pair", "snow"]
    elif "masked_positions" in predictor._input_names:
        predict = texts[:1]
    else:
        predict = texts
    commands = {"predict": predict, "info": [], "check": []}
    if predictor.task.label_output == "logits" and not predictor.metadata.pairs:
        with data.open("w", newline="", encoding="utf-8") as lines:
            table = csv.writer(lines)
            table.writerows(
                [("text", "label"), *((texts[0], x) for x in predictor.metadata.labels)]
            )
        commands["evaluate"] = [str(data)]
    return commands


def _run_in_fork(function: Callable[[], bool]) -> tuple[str, bool, int]:
    """Runs a function in a fork; returns its fault, its result, and the most memory it took."""
    sys.stdout.flush()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        os.setsid()
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        try:
            outcome = {"answered": function()}
        except BaseException as error:
            outcome = {"fault": f"{type(error).__name__}: {error}"[:1000]}
        os.write(writer, json.dumps(outcome).encode())
        os._exit(0)
    os.close(writer)
    content = b""
    end = time.monotonic() + _SECONDS_PER_FILE
    while select.select([reader], [], [], max(0, end - time.monotonic()))[0]:
        read = os.read(reader, 65536)
        if not read:
            break
        content += read
    else:
        os.killpg(child, signal.SIGKILL)
        content = json.dumps({"fault": f"took more than {_SECONDS_PER_FILE} seconds"}).encode()
    os.close(reader)
    _, status, usage = os.wait4(child, 0)
    taken = 1024 * usage.ru_maxrss
    if not content:
        ended = os.waitstatus_to_exitcode(status)
        ending = signal.Signals(-ended).name if ended < 0 else f"status {ended}"
        return f"the process ended by {ending}", False, taken
    outcome = json.loads(content)
    return outcome.get("fault", ""), outcome.get("answered", False), taken


def _try_commands(file: Path, arguments: dict[str, list[str]], runtime: str) -> bool:
    """Runs every command on a file; returns whether `predict` answered.

    Raises:
        AssertionError: a command ended otherwise than in an answer or in one sentence.
    """
    from converters.runtime.latency import measure_latency
    from tfsqueeze.utils.errors import UserError

    answered = False
    for command, more in arguments.items():
        options = ["--runtime", runtime] if command in ("predict", "evaluate") else []
        code = _invoke(command, [command, str(file), *more, *options, "--json"])
        answered |= command == "predict" and code == 0
    with contextlib.suppress(UserError):
        measure_latency({"model": file}, runtime=runtime, rounds=1, warmup=0)  # type: ignore
    return answered


def _invoke(command: str, arguments: list[str]) -> int:
    output, errors = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            code = _command_line().main(arguments, standalone_mode=False) or 0
    except Exception as error:
        *_, place = traceback.extract_tb(error.__traceback__)
        where = f"{Path(place.filename).name}:{place.lineno}"
        raise AssertionError(f"{command}: {error!r} at {where}"[:500]) from error
    texts = []
    for stream in (output, errors):
        stream.seek(0)
        texts.append(stream.read())
    if code:
        lines = [line for line in texts[1].splitlines() if not line.startswith("> ")]
        assert code == 1 and len(lines) == 1 and lines[0].startswith("error: "), (
            f"{command} ended with status {code} and said {lines}"
        )
    else:
        json.loads(texts[0], parse_constant=_refuse_constant)
    return code


@functools.cache
def _command_line() -> Any:
    from typer.main import get_command

    from tfsqueeze.cli.main import app

    return get_command(app)


def _refuse_constant(name: str) -> None:
    raise AssertionError(f"the answer holds {name}")


if __name__ == "__main__":
    _kind, _count, _seed, *_bases = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="hostile-") as _folder:
        print(json.dumps(_run_batch(_kind, int(_count), int(_seed), _bases, Path(_folder))))
