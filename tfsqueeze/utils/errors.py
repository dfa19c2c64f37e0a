"""The error for input that cannot be used."""


class UserError(ValueError):
    """Input that cannot be used; the message is one sentence on what is wrong and what to do.

    The command line prints the message alone and exits with status 1. Library callers can catch it
    as a ValueError.

    Example:
        >>> try:
        ...     raise UserError("max_length is 1; the special tokens alone take 2")
        ... except ValueError as error:
        ...     print(error)
        max_length is 1; the special tokens alone take 2
    """
