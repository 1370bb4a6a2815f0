"""What can go wrong with stored files."""

from warren.errors import PermanentError, RejectedInput, Unavailable


class ArtifactMissing(PermanentError):
    """The store has no file with this hash: it expired, or was never stored here."""


class CorruptArtifact(PermanentError):
    """The stored bytes are not those that were put; storing the same content again heals it."""


class ArtifactTooLarge(RejectedInput):
    """The content is larger than the caller allowed; nothing of it was stored."""


class StoreUnavailable(Unavailable):
    """The store cannot be read or written at the moment: disk full, server away, access refused."""
