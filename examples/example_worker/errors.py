"""What can go wrong; the base class decides what becomes of the task (warren.errors)."""

from warren.errors import RejectedInput, TransientError


class BadOption(RejectedInput):
    """An option that is not known, or has a value that it cannot have."""


class DiskAlmostFull(TransientError):
    """There is no room for the files of jobs."""
