"""The form that layers take when they are traced for a runtime."""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
from collections.abc import Iterator

import tensorflow as tf


@dataclasses.dataclass
class _Export:
    profile: str
    # The channel groups that a tensor was put together from, by its reference.
    pieces: dict = dataclasses.field(default_factory=dict)


_current: contextvars.ContextVar[_Export | None] = contextvars.ContextVar("export", default=None)


@contextlib.contextmanager
def export_form(profile: str = "int8") -> Iterator[None]:
    """Lets layers that are traced inside take the form that a runtime's converter needs.

    The numbers are those of the form that trains; the TensorFlow ops differ, and so does the
    layout: batch 1, and [1, 1, length, channels] for every [batch, length, channels], so that
    no convolution needs a reshape around it.

    profile: `int8` for int8 tensors only; `mobile` for int8 products, with float32 where runtimes
        are faster at it; `float32` for float32 throughout.
    """
    token = _current.set(_Export(profile))
    try:
        yield
    finally:
        _current.reset(token)


def is_exporting(profile: str | None = None) -> bool:
    """Whether layers are being traced for a runtime, in the given profile if there is one."""
    export = _current.get()
    return export is not None and profile in (None, export.profile)


def join_groups(pieces: list[tf.Tensor]) -> tf.Tensor:
    """Concatenates groups of channels, for `split_groups` to find again while exporting."""
    if len(pieces) == 1:
        return pieces[0]
    joined = tf.concat(pieces, axis=-1)
    if is_exporting():
        _current.get().pieces[joined.ref(), len(pieces)] = pieces
    return joined


def split_groups(x: tf.Tensor, groups: int) -> list[tf.Tensor]:
    """Splits the channels of a tensor into equal groups.

    While exporting, a tensor is split once, and one that `join_groups` made of as many groups not
    at all: the concatenation is then dropped where nothing else reads it.
    """
    if groups == 1:
        return [x]
    if not is_exporting():
        return tf.split(x, groups, axis=-1)
    known = _current.get().pieces
    if (x.ref(), groups) not in known:
        known[x.ref(), groups] = tf.split(x, groups, axis=-1)
    return known[x.ref(), groups]
