"""What can go wrong; the base class decides what becomes of the task (warren.errors)."""

from warren.errors import RejectedInput


class NothingToRead(RejectedInput):
    """The text has no word."""
