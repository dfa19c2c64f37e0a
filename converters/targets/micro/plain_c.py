"""The plain C of a trained run: all sources, without an interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from converters.targets.micro.library_sources import Library, library_sources
from converters.targets.micro.network_interface import NetworkInterface
from converters.targets.micro.network_sources import network_sources

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

_KERNELS = ("tfsqueeze_kernels.h", "tfsqueeze_kernels.c")


@dataclass(frozen=True)
class PlainC:
    """A model as C sources.

    Attributes:
        texts: the sources by file name, without the example.
        library: what of them is around the network.
        interface: the inputs and outputs of the network.
        network_bytes: the size of the weights and tables of the network.
        arena_bytes: the size of the memory that the network computes in.
        kernels: the names of the kernels that the network calls.
    """

    texts: dict[str, str]
    library: Library
    interface: NetworkInterface
    network_bytes: int
    arena_bytes: int
    kernels: tuple[str, ...]

    @property
    def c_sources(self) -> list[str]:
        """The names of the C sources to compile."""
        return sorted(name for name in self.texts if name.endswith(".c"))


def plain_c(run: TrainedRun, model: bytes, search_texts: Sequence[str] = ()) -> PlainC:
    """Returns all C sources of a run but the example.

    Args:
        run: a run whose task has decoders in C.
        model: the bytes of its int8 .tflite file.
        search_texts: the texts that an embedder finds.

    Raises:
        UserError: the kernels in C lack an operator of the model.
    """
    interface = NetworkInterface.of_model(model)
    network = network_sources(model, interface)
    library = library_sources(run, model, interface, search_texts, has_interpreter=False)
    folder = resources.files("converters.targets.micro") / "templates" / "plain_c"
    kernels = {name: (folder / name).read_text("utf-8") for name in _KERNELS}
    return PlainC(
        {**network.texts, **library.texts, **kernels},
        library,
        interface,
        network.constant_bytes,
        network.arena_bytes,
        network.kernels,
    )
