"""Errors meant for the person at the keyboard."""


class UserError(ValueError):
    """Input that cannot be used: one sentence of what was wrong, where, and what to do.

    The command line prints the message alone and exits with status 1; library callers can
    catch it as a ValueError.
    """
