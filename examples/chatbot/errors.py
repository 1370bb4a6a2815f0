"""What the chatbot refuses."""


class Refusal(Exception):
    """Base of all refusals: an answer of `status` with a problem of this `type`."""

    status = 400
    type = "bad-request"
    title = "Bad request"
    current_version: int | None = None


class Superseded(Refusal):
    """A newer version of the entry, or a floor above it, has been seen."""

    status = 409
    type = "superseded"
    title = "A newer version is known"

    def __init__(self, current_version: int) -> None:
        super().__init__(f"version {current_version} has been seen, which is newer")
        self.current_version = current_version


class VersionConflict(Refusal):
    """The same version was seen with another content."""

    status = 409
    type = "version-conflict"
    title = "The version was seen with another content"

    def __init__(self, current_version: int) -> None:
        super().__init__(f"version {current_version} has been applied with another content")
        self.current_version = current_version


class KeyReused(Refusal):
    """An idempotency key came with another request than before."""

    status = 422
    type = "idempotency-key-reused"
    title = "The idempotency key was used for another request"


class Unknown(Refusal):
    """There is no such entry."""

    status = 404
    type = "not-found"
    title = "Not found"


class Unauthorized(Refusal):
    """The token is missing or wrong."""

    status = 401
    type = "unauthorized"
    title = "Unauthorized"
