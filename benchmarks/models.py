"""The models that are measured side by side, built once and kept in a folder.

All classify texts of one static length at batch 1 into two labels, with random weights of a fixed
seed: time does not depend on what the weights are.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import hashlib
import importlib.util
import logging
import multiprocessing
import os
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import builders, squeezebert
from benchmarks.peers.configs import PEERS
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.models.complexity import count_macs
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

REPOSITORY = Path(__file__).resolve().parents[1]
_DIGEST_LENGTH = 10
MODELS_FOLDER = Path("runs") / "benchmarks" / "models"
# What the files depend on; a change there builds them anew.
_PEER_SOURCES = tuple(
    f"benchmarks/peers/{name}.py" for name in ("configs", "encoders", "mobilebert", "tflite")
)
_ONNX_SOURCES = tuple(
    f"benchmarks/peers/{name}.py"
    for name in (
        "configs",
        "encoders",
        "nncf_quantize",
        "onnx_encoders",
        "onnx_graph",
        "onnx_quantize",
    )
)
_OWN_SOURCES = (
    "benchmarks/squeezebert.py",
    "converters",
    "tfsqueeze/configs",
    "tfsqueeze/layers",
    "tfsqueeze/models",
    "tfsqueeze/quantization",
)


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    """A model to measure and how it is built.

    family: the architecture, such as `bert-base`. variant: the number format and, for ONNX, the
        form of the graph.
    suffix: `.tflite` or `.onnx`.
    macs: multiply-accumulates of one text.
    build: returns the file's bytes when called with `arguments`; importable by name.
    sources: files and folders of the repository that the result depends on.
    is_own: whether this repository's converters make the file.
    """

    family: str
    variant: str
    length: int
    suffix: str
    macs: int
    build: Callable[..., bytes]
    arguments: tuple[Any, ...]
    sources: tuple[str, ...]
    is_own: bool = False

    @property
    def name(self) -> str:
        """Family and variant."""
        return f"{self.family} {self.variant}"

    @property
    def file_name(self) -> str:
        """The name in the folder: it changes with the sources, so that no stale file is used."""
        digest = hashlib.sha256((_digest(self.sources) + repr(self.arguments)).encode())
        return self._file_name(digest.hexdigest()[:_DIGEST_LENGTH])

    @property
    def file_pattern(self) -> str:
        """A glob pattern of the names that the file has had."""
        return self._file_name("?" * _DIGEST_LENGTH)

    def _file_name(self, digest: str) -> str:
        return f"{self.family}-{self.variant}-{self.length}-{digest}{self.suffix}"


def squeezebert_models(preset: str, length: int) -> list[ModelSpec]:
    """The .tflite files that this repository makes of a preset.

    Raises UserError for an unknown preset or a length that it does not take.
    """
    config = load_preset(preset)
    macs = sum(count_macs(config, length, first_token_only=config.classifies_first_token).values())
    return [
        ModelSpec(
            preset,
            variant,
            length,
            ".tflite",
            macs,
            squeezebert.build_squeezebert,
            (preset, variant, length),
            _OWN_SOURCES,
            is_own=True,
        )
        for variant in ("float32", "int8", "mobile")
    ]


def tflite_peers(length: int) -> list[ModelSpec]:
    """BERT-base, DistilBERT's, ALBERT's and MobileBERT's sizes by the stock converter."""
    return [
        ModelSpec(
            family,
            variant,
            length,
            ".tflite",
            config.count_macs(length),
            builders.build_tflite_peer,
            (family, variant, length),
            _PEER_SOURCES,
        )
        for family, config in PEERS.items()
        for variant in ("float32", "dynamic", "int8")
    ]


def own_peers(length: int) -> list[ModelSpec]:
    """The sizes of `tflite_peers` by the converters of this repository, in each profile."""
    return [
        ModelSpec(
            family,
            f"tfsqueeze-{profile}",
            length,
            ".tflite",
            sum(
                count_macs(
                    squeezebert.own_config(family, config), length, first_token_only=True
                ).values()
            ),
            squeezebert.build_encoder,
            (family, profile, length),
            (*_OWN_SOURCES, "benchmarks/peers/configs.py"),
            is_own=True,
        )
        for family, config in PEERS.items()
        for profile in ("int8", "mobile")
    ]


# The form of the graph and its quantization, by name. Of those that were tried (fused and plain
# attention, all operators and the products alone) these ran fastest.
ONNX_BERT = {
    "float32": ("fused", None),
    "dynamic": ("fused", "dynamic"),
    "static": ("plain", "static"),
}
ONNX_SQUEEZEBERT = {
    "float32-conv": ("conv", None),
    "float32-split": ("split", None),
    "dynamic-split": ("split", "dynamic"),
    "static-conv": ("conv", "static"),
    "static-split": ("split-plain", "static"),
}


# OpenVINO fuses attention itself.
OPENVINO_BERT = {"float32": ("plain", None), "int8": ("plain", "nncf")}
OPENVINO_SQUEEZEBERT = {
    "float32-conv": ("conv", None),
    "float32-split": ("split-plain", None),
    "int8-conv": ("conv", "nncf"),
    "int8-split": ("split-plain", "nncf"),
}


def onnx_peers(length: int, preset: str = "squeezebert-base") -> list[ModelSpec]:
    """BERT-base and SqueezeBERT for ONNX Runtime; none where it is not installed."""
    if not _are_installed("onnx", "onnxruntime"):
        return []
    recipes = {"bert-base": ONNX_BERT, preset: ONNX_SQUEEZEBERT}
    return _onnx_specs(length, recipes, "onnx", ".onnx")


def openvino_peers(length: int, preset: str = "squeezebert-base") -> list[ModelSpec]:
    """BERT-base and SqueezeBERT for OpenVINO; none where what makes them is not installed."""
    if not _are_installed("onnx", "onnxruntime", "openvino", "nncf"):
        return []
    recipes = {"bert-base": OPENVINO_BERT, preset: OPENVINO_SQUEEZEBERT}
    return _onnx_specs(length, recipes, "openvino", ".openvino.onnx")


def _onnx_specs(length, recipes, prefix, suffix) -> list[ModelSpec]:
    """ONNX files: of each family, each form of the graph with its quantization, by variant."""
    return [
        ModelSpec(
            family,
            f"{prefix}-{variant}",
            length,
            suffix,
            _macs_of_family(family, length),
            builders.build_onnx_peer,
            (family, *recipe, length),
            _ONNX_SOURCES,
        )
        for family, variants in recipes.items()
        for variant, recipe in variants.items()
    ]


def _macs_of_family(family, length) -> int:
    if family in PEERS:
        return PEERS[family].count_macs(length)
    return sum(count_macs(load_preset(family), length).values())


def _are_installed(*modules: str) -> bool:
    return all(map(importlib.util.find_spec, modules))


def ncnn_peers(length: int, preset: str = "squeezebert-base") -> list[ModelSpec]:
    """SqueezeBERT for ncnn; none where it, ONNX or pnnx is not installed."""
    if not _are_installed("onnx", "ncnn", "pnnx"):
        return []
    return [
        ModelSpec(
            preset,
            "ncnn-float32",
            length,
            ".ncnn.zip",
            _macs_of_family(preset, length),
            builders.build_ncnn_peer,
            (preset, length),
            (*_ONNX_SOURCES, "benchmarks/peers/ncnn_convert.py"),
        )
    ]


def ensure_models(
    specs: Sequence[ModelSpec],
    folder: Path = MODELS_FOLDER,
    progress: Callable[[int, int, str], None] | None = None,
    share_process: bool = False,
) -> list[Path]:
    """Returns the models' files, in order, after building those that are not there.

    A file that older sources made is removed once its successor is there.

    share_process: all are built in one process, which saves many small models the start of
        TensorFlow. By default each has its own, so that its memory goes back to the system.

    Raises UserError where a model cannot be built.
    """
    paths = [folder / spec.file_name for spec in specs]
    missing = {path: spec for spec, path in zip(specs, paths, strict=True) if not path.exists()}
    if not missing:
        return paths
    with concurrent.futures.ProcessPoolExecutor(
        1,
        mp_context=multiprocessing.get_context("spawn"),
        max_tasks_per_child=None if share_process else 1,
    ) as pool:
        for index, (path, spec) in enumerate(missing.items()):
            if progress:
                progress(index, len(missing), f"building {spec.name}")
            try:
                pool.submit(_build_to_file, spec, path).result()
            except concurrent.futures.process.BrokenProcessPool:
                raise UserError(
                    f"the process that built {spec.name} died; memory may have run out"
                ) from None
    if progress:
        progress(len(missing), len(missing), "built")
    return paths


def _build_to_file(spec: ModelSpec, path: Path) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")
    # The converters' C++ parts write notes that Python cannot hold back.
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    logging.disable(logging.ERROR)
    content = spec.build(*spec.arguments)
    with write_atomically(path) as temporary:
        temporary.write_bytes(content)
    for stale in set(path.parent.glob(spec.file_pattern)) - {path}:
        stale.unlink()


@cache
def _digest(sources: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for source in sources:
        path = REPOSITORY / source
        # Sub-folders hold targets that run files; they change none.
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in files:
            if file.suffix in (".py", ".json"):
                digest.update(file.read_bytes())
    return digest.hexdigest()
