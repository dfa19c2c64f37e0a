"""The form that layers take while they are traced for a runtime."""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
from collections.abc import Iterator
from typing import Any, Literal

import tensorflow as tf

ExportProfile = Literal["int8", "mobile", "float32"]


@dataclasses.dataclass
class _Export:
    profile: ExportProfile
    # The channel groups of a tensor, by its reference and their number.
    groups: dict[tuple[Any, int], list[Any]] = dataclasses.field(default_factory=dict)


_current: contextvars.ContextVar[_Export | None] = contextvars.ContextVar("export", default=None)


@contextlib.contextmanager
def export_form(profile: ExportProfile = "int8") -> Iterator[None]:
    """Makes layers that are traced inside take the form that a runtime's converter needs.

    The numbers stay those of the form that trains. The TensorFlow ops differ, and so does the
    layout: the batch is 1, and each [batch, length, channels] becomes [1, 1, length, channels], so
    that no convolution needs a reshape around it.

    Args:
        profile: `int8` for int8 tensors only; `mobile` for int8 products and float32 where
            runtimes are faster with it; `float32` for float32 throughout.

    Example:
        >>> from tfsqueeze.layers.export_form import export_form, is_exporting
        >>> with export_form("mobile"):
        ...     is_exporting(), is_exporting("int8")
        (True, False)
    """
    token = _current.set(_Export(profile))
    try:
        yield
    finally:
        _current.reset(token)


def is_exporting(profile: ExportProfile | None = None) -> bool:
    """Returns whether layers are being traced for a runtime.

    Args:
        profile: counts only an export with this profile; None counts any.
    """
    export = _current.get()
    return export is not None and profile in (None, export.profile)


def join_groups(groups: list[Any]) -> Any:
    """Concatenates groups of channels.

    `split_groups` finds the groups of the result again.

    Args:
        groups: float tensors [..., channels per group].

    Returns:
        A float tensor [..., channels].
    """
    if len(groups) == 1:
        return groups[0]
    joined = tf.concat(groups, axis=-1)
    export = _current.get()
    if export is not None:
        export.groups[joined.ref(), len(groups)] = groups
    else:
        joined._channel_groups = groups  # pyright: ignore[reportAttributeAccessIssue]
    return joined


def split_groups(x: Any, count: int) -> list[Any]:
    """Splits the channels of a tensor into equal groups.

    A tensor that `join_groups` made from as many groups is not split at all: the concatenation is
    then dropped if nothing else reads it. While exporting, another tensor is split once.

    Args:
        x: float tensor [..., channels].
        count: the number of groups, a divisor of the channels.

    Returns:
        Float tensors [..., channels / count].
    """
    if count == 1:
        return [x]
    export = _current.get()
    if export is None:
        groups = getattr(x, "_channel_groups", ())
        return groups if len(groups) == count else tf.split(x, count, axis=-1)
    if (x.ref(), count) not in export.groups:
        export.groups[x.ref(), count] = tf.split(x, count, axis=-1)
    return export.groups[x.ref(), count]
