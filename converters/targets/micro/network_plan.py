"""The steps of a network in C, and where in one arena their numbers are."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

_ALIGNMENT = 4  # of int32, the widest numbers in the arena


@dataclass(frozen=True)
class Place:
    """Where the numbers of a tensor are.

    Attributes:
        buffer: the number of a piece of the arena, or the name of a constant array.
        offset: the first byte within it.
        row_bytes: the bytes of a row, which is the last axis of the tensor.
        stride: the bytes from one row to the next; more than those of the row where other
            tensors lie between.
        bytes: the bytes of all rows.
    """

    buffer: int | str
    offset: int
    row_bytes: int
    stride: int
    bytes: int

    @property
    def is_dense(self) -> bool:
        """Whether no other bytes lie between the rows."""
        return self.stride == self.row_bytes or self.bytes == self.row_bytes


@dataclass(frozen=True)
class Step:
    """A call of a kernel.

    Attributes:
        function: the name of the kernel.
        params: the arguments before the places, as C expressions.
        reads: the places that it reads.
        writes: the places that it writes, one or more.
        overwrites: which of the places that it reads it may overwrite with its output, as it
            reads each number before it writes its place.
    """

    function: str
    params: tuple[str, ...]
    reads: tuple[Place, ...]
    writes: tuple[Place, ...]
    overwrites: tuple[int, ...] = ()


@dataclass(frozen=True)
class ArenaPlan:
    """Steps whose buffers have a place in an arena.

    Attributes:
        steps: the steps in order. The numbers of their buffers are the keys of `offsets`.
        offsets: the first byte of each buffer in the arena.
        bytes: the size of the arena.
    """

    steps: tuple[Step, ...]
    offsets: dict[int, int]
    bytes: int

    def offset(self, place: Place) -> int:
        """Returns the first byte of a tensor in the arena.

        Args:
            place: a place in a buffer.
        """
        assert isinstance(place.buffer, int)
        return self.offsets[place.buffer] + place.offset

    def address(self, place: Place) -> str:
        """Returns the C expression of where a tensor begins.

        Args:
            place: a place in a buffer or a constant.
        """
        if isinstance(place.buffer, str):
            return f"{place.buffer} + {place.offset}" if place.offset else place.buffer
        return f"arena + {self.offset(place)}"


def plan_arena(
    steps: Sequence[Step],
    sizes: dict[int, int],
    sources: Sequence[Place],
    results: Sequence[Place],
) -> ArenaPlan:
    """Gives each buffer a place in the arena that no other buffer has at the same time.

    A step that may overwrite what it reads does so where nothing reads it later. Then the largest
    buffers are placed first, each as low as those allow that are alive with it.

    Args:
        steps: the steps in order.
        sizes: the bytes of each buffer.
        sources: what holds numbers before the first step.
        results: what holds numbers after the last step.
    """
    steps = _overwrite(steps, sizes, results)
    alive = _lifetimes(steps, sources, results)
    offsets: dict[int, int] = {}
    for buffer in sorted(alive, key=lambda buffer: (-sizes[buffer], buffer)):
        offset = 0
        for other in sorted(offsets, key=lambda other: offsets[other]):
            overlaps = alive[other][0] <= alive[buffer][1] and alive[buffer][0] <= alive[other][1]
            if overlaps and offset + sizes[buffer] > offsets[other]:
                offset = max(offset, _aligned(offsets[other] + sizes[other]))
        offsets[buffer] = offset
    return ArenaPlan(
        tuple(steps),
        offsets,
        _aligned(max(offsets[buffer] + sizes[buffer] for buffer in offsets)),
    )


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _lifetimes(
    steps: Sequence[Step], sources: Sequence[Place], results: Sequence[Place]
) -> dict[int, tuple[int, int]]:
    """Returns the first and last step of each buffer."""
    used: dict[int, list[int]] = {}
    places = [sources, *((*step.reads, *step.writes) for step in steps), results]
    for index, together in enumerate(places):
        for place in together:
            if isinstance(place.buffer, int):
                used.setdefault(place.buffer, []).append(index)
    return {buffer: (min(indices), max(indices)) for buffer, indices in used.items()}


def _overwrite(
    steps: Sequence[Step], sizes: dict[int, int], results: Sequence[Place]
) -> list[Step]:
    """Lets steps write to the buffers that they read, by renaming buffers."""
    kept = {place.buffer for place in results}
    renamed: dict[int, int] = {}

    def current(place: Place) -> Place:
        buffer = place.buffer
        while isinstance(buffer, int) and buffer in renamed:
            buffer = renamed[buffer]
        return dataclasses.replace(place, buffer=buffer)

    changed = []
    for index, step in enumerate(steps):
        reads = tuple(map(current, step.reads))
        output = current(step.writes[0])
        for operand in step.overwrites:
            source = reads[operand]
            later = (place for other in steps[index + 1 :] for place in other.reads)
            if (
                isinstance(source.buffer, int)
                and isinstance(output.buffer, int)
                and not kept & {output.buffer, source.buffer}
                and source.bytes == sizes[source.buffer] == sizes[output.buffer]
                and all(read == source or read.buffer != source.buffer for read in reads)
                and not _is_written_before(output.buffer, changed)
                and all(current(place).buffer != source.buffer for place in later)
            ):
                renamed[output.buffer] = source.buffer
                break
        writes = tuple(map(current, step.writes))
        changed.append(dataclasses.replace(step, reads=reads, writes=writes))
    return changed


def _is_written_before(buffer: int, steps: Sequence[Step]) -> bool:
    return any(place.buffer == buffer for step in steps for place in step.writes)
