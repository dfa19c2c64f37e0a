"""The seeds that numpy and scikit-learn take."""

from __future__ import annotations

from tfsqueeze.utils.errors import UserError

MAX_SEED = 2**32 - 1


def check_seed(seed: int) -> None:
    """Checks a seed.

    Args:
        seed: the seed.

    Raises:
        UserError: it is out of the range that numpy and scikit-learn take.
    """
    if not 0 <= seed <= MAX_SEED:
        raise UserError(f"seed must be from 0 to {MAX_SEED}, not {seed}")
