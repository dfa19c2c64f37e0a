"""How many tokens of a text, or of a pair of texts, fit into a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfsqueeze.utils.errors import UserError


def check_max_length(max_length: int, special_tokens: int) -> int:
    """Returns the length of a row if it has room for the special tokens.

    Args:
        max_length: the number of tokens of a row, special tokens included.
        special_tokens: the number of special tokens that every row holds.

    Raises:
        UserError: the special tokens do not fit.

    Example:
        >>> check_max_length(128, special_tokens=2)
        128
    """
    if max_length < special_tokens:
        raise UserError(
            f"max_length is {max_length}; the special tokens alone take {special_tokens}"
        )
    return max_length


def longest_first_lengths(
    first: Any,
    second: Any,
    budget: int,
    *,
    minimum: Callable[[Any, Any], Any] = min,
    maximum: Callable[[Any, Any], Any] = max,
) -> tuple[Any, Any]:
    """Returns how many tokens each text of a pair keeps under Hugging Face's `longest_first`.

    If only one text exceeds half of the budget, it gets what the other leaves. If both do, they
    share the budget; an odd token goes to the longer one, or to the second one if they are equally
    long (as in the Rust library `tokenizers`). The arithmetic is the same for Python integers and,
    with `tf.minimum` and `tf.maximum`, for integer tensors.

    Args:
        first: the number of tokens of the first text.
        second: the number of tokens of the second text; 0 for a single text.
        budget: the number of tokens that fit, without special tokens.
        minimum: returns the smaller of two numbers or the elementwise minimum of two tensors.
        maximum: returns the larger of two numbers or the elementwise maximum of two tensors.

    Returns:
        The numbers of tokens that the first and the second text keep.

    Example:
        >>> longest_first_lengths(10, 9, 7)
        (4, 3)
        >>> longest_first_lengths(10, 2, 7)
        (5, 2)
    """
    first_is_longer = minimum(maximum(first - second, 0), 1)
    first_share = budget // 2 + budget % 2 * first_is_longer
    kept_first = minimum(first, maximum(first_share, budget - second))
    return kept_first, minimum(second, budget - kept_first)
