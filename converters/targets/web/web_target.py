"""Exports a trained run as a static page that runs the model in a browser."""

from __future__ import annotations

import json
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.conversion.profiles import Profile
from converters.conversion.runs import convert_run
from converters.runtime.interpreters import open_model
from converters.targets.search_index_file import write_search_index
from converters.targets.signature_lengths import signature_lengths
from converters.targets.target import ExportedFile, ExportOptions, ExportResult, Target
from converters.targets.web.litert_js import write_litert_js
from converters.tflite.metadata import read_metadata
from converters.tflite.signature_names import signature_key
from tfsqueeze.tasks import TASKS
from tfsqueeze.tokenizers.tokenizer_settings import read_settings, read_stop_words

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

MODEL_FILE, ABOUT_FILE, LITERT_FOLDER = "model.tflite", "model.json", "litert"
PROFILE: Profile = "int8"


class WebTarget(Target):
    """Exports a folder of static files: index.html, our scripts, LiteRT.js and the model.

    The model has the profile `int8`: WebAssembly and other processors round integers alike, so that
    the page predicts what Python predicts, whereas the float kernels of `mobile` differ a little
    from one to the other. It has a signature for each of up to three lengths. Its outputs are
    float32, since LiteRT.js reads no int8 tensors. model.json says what the file's metadata says,
    so that the scripts need read neither flatbuffers nor zips. Texts to search are in
    model.safetensors.
    """

    name = "web"
    title = "Web browsers"
    supported_tasks = frozenset(TASKS)
    supports_pairs = True
    searches_texts = True

    def _export(self, run: TrainedRun, folder: Path, options: ExportOptions) -> ExportResult:
        write_page(folder)
        lengths = signature_lengths(options.max_length)
        content = convert_run(run, lengths, output_dtype="float32", profile=PROFILE)
        (folder / MODEL_FILE).write_bytes(content)
        about = describe_model(content, bool(options.search_texts))
        (folder / ABOUT_FILE).write_text(
            json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8"
        )
        if options.search_texts:
            write_search_index(folder / MODEL_FILE, options.search_texts)
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return ExportResult(
            target=self.name,
            summary={
                "task": run.task.name,
                "profile": PROFILE,
                "lengths in tokens": ", ".join(map(str, lengths)),
                "try it": "run `python -m http.server` in the folder",
            },
            files=tuple(ExportedFile.from_path(path, folder) for path in files),
            details={"max_lengths": lengths},
        )


def write_page(folder: Path) -> None:
    """Writes the page without a model: our files, and those of LiteRT.js.

    Args:
        folder: an empty folder.

    Raises:
        UserError: LiteRT.js cannot be downloaded.
    """
    write_litert_js(folder / LITERT_FOLDER)
    _copy(resources.files("converters.targets.web") / "page", folder)


def describe_model(content: bytes, searches_texts: bool = False) -> dict[str, Any]:
    """Returns what the page reads of a model beside its network, JSON-able.

    Args:
        content: the bytes of a packed .tflite file.
        searches_texts: whether model.safetensors is beside it.
    """
    metadata, model = read_metadata(content), open_model(content)
    length = model.input_details[0].shape[1]
    by_length = model.by_length or {length: model}
    lowercase, _ = read_settings(metadata.tokenizer)
    stop_words = read_stop_words(metadata.tokenizer)
    return {
        "name": metadata.name,
        "description": metadata.description,
        "task": metadata.task,
        "pairs": metadata.pairs,
        "searches_texts": searches_texts,
        "labels": metadata.labels,
        "slots": metadata.slots,
        "decoding": metadata.decoding,
        "lowercase": lowercase,
        "match_stop_words": None if stop_words is None else list(stop_words),
        "max_length": max(by_length),
        "signatures": [
            {
                "key": signature_key(length) if model.by_length else "serving_default",
                "length": length,
                "inputs": [detail.name for detail in part.input_details],
            }
            for length, part in sorted(by_length.items())
        ],
        "vocabulary": metadata.vocabulary,
    }


def _copy(source: Traversable, folder: Path) -> None:
    """Copies the files of a package's folder."""
    folder.mkdir(exist_ok=True)
    for item in source.iterdir():
        if item.is_dir():
            _copy(item, folder / item.name)
        else:
            (folder / item.name).write_bytes(item.read_bytes())
