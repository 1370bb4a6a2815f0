"""What can go wrong with a request: one class per fact, answered as RFC 9457 problem+json."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

import orjson
from starlette.responses import Response

from warren.errors import WarrenError

MEDIA_TYPE = "application/problem+json"
_TYPE_PREFIX = "urn:warren:problem:"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one part of the request; `field` is a path such as `payload.text`."""

    field: str
    message: str


class Problem(WarrenError):
    """Base of everything a caller is told; `extensions` become members of the answer."""

    status: int
    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        self.extensions = extensions

    @classmethod
    def at(cls, field: str, message: str, **extensions: Any) -> Self:
        """The problem of one field; `message` goes on where the field's name ends."""
        return cls(f"{field} {message}", errors=[FieldError(field, message)], **extensions)

    def response(self, instance: str) -> Response:
        """The answer to the request for the path `instance`."""
        body = {
            "type": _TYPE_PREFIX + self.name,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            **self.extensions,
        }
        if self.errors:
            body["errors"] = [asdict(error) for error in self.errors]
        return Response(
            orjson.dumps(body), self.status, headers=self.headers, media_type=MEDIA_TYPE
        )


class MalformedBody(Problem):
    """The body is not JSON, or not a JSON object."""

    status, name, title = 400, "malformed-body", "The body is not valid JSON"


class BodyNotUtf8(Problem):
    """The body's bytes are not UTF-8."""

    status, name, title = 400, "body-not-utf8", "The body is not valid UTF-8"


class BodyTooDeep(Problem):
    """Lists and objects of the body stand in each other too deeply."""

    status, name, title = 400, "body-too-deep", "The body is nested too deeply"


class MalformedUpload(Problem):
    """A multipart body that cannot be read, or holds no file."""

    status, name, title = 400, "malformed-upload", "The upload cannot be read"


class MalformedCursor(Problem):
    """A cursor that this list did not give out."""

    status, name, title = 400, "malformed-cursor", "The cursor is not one of this list"


class Unauthenticated(Problem):
    """No key, or one that is unknown, revoked or expired."""

    status, name, title = 401, "unauthenticated", "A valid API key is required"

    def __init__(self, detail: str) -> None:
        super().__init__(
            detail,
            errors=[FieldError("authorization", detail)],
            headers={"WWW-Authenticate": 'Bearer realm="warren"'},
        )


class ScopeMissing(Problem):
    """The key is valid but may not do this."""

    status, name, title = 403, "scope-missing", "The API key lacks a scope"


class LaneNotAllowed(Problem):
    """The customer's plan does not include the lane."""

    status, name, title = 403, "lane-not-allowed", "The lane is not part of your plan"


class LinkNotValid(Problem):
    """A signed link that was not made here for this file, or was changed."""

    status, name, title = 403, "link-not-valid", "The link is not valid"


class LinkExpired(Problem):
    """A signed link whose time has passed."""

    status, name, title = 403, "link-expired", "The link has expired"


class NotFound(Problem):
    """Nothing is there, or nothing that this caller may see."""

    status, name, title = 404, "not-found", "Not found"


class UnknownKind(Problem):
    """No service has announced this kind of job, or not for this caller."""

    status, name, title = 404, "unknown-kind", "Unknown job kind"


class ArtifactNotFound(Problem):
    """A payload or address names an artifact that the caller does not have."""

    status, name, title = 404, "artifact-not-found", "Artifact not found"


class MethodNotAllowed(Problem):
    """The path exists, but not for this method."""

    status, name, title = 405, "method-not-allowed", "Method not allowed"


class ClientTooSlow(Problem):
    """The client stopped sending in the middle of a body, or sends too slowly."""

    status, name, title = 408, "client-too-slow", "The body arrived too slowly"


class ResultNotAvailable(Problem):
    """The task has not succeeded, or not yet."""

    status, name, title = 409, "result-not-available", "The task has no result"


class TaskEnded(Problem):
    """The task has ended in another way before it could be cancelled."""

    status, name, title = 409, "task-ended", "The task has ended already"


class TaskNotEnded(Problem):
    """The task lives, or a batch that it belongs to; only what has ended can be deleted."""

    status, name, title = 409, "task-not-ended", "The task has not ended"


class BatchClosed(Problem):
    """The batch has ended, or is being cancelled: it takes no more members."""

    status, name, title = 409, "batch-closed", "The batch takes no more members"


class TaskNotRetryable(Problem):
    """The task lives, has succeeded or delivers, or another live task has its unique key."""

    status, name, title = 409, "task-not-retryable", "The task cannot be started again"


class LetterMoot(Problem):
    """The dead letter's task has moved on."""

    status, name, title = 409, "dead-letter-moot", "The task has moved on"


class LetterResolved(Problem):
    """The dead letter was replayed or discarded before."""

    status, name, title = 409, "dead-letter-resolved", "The dead letter has been resolved"


class LetterWithoutTask(Problem):
    """The dead letter names no task, so that there is nothing to start again."""

    status, name, title = 409, "dead-letter-without-task", "The dead letter has no task"


class ScheduleExists(Problem):
    """The customer has another schedule of this name."""

    status, name, title = 409, "schedule-exists", "There is a schedule of this name"


class ScheduleAnnounced(Problem):
    """The schedule belongs to a Worker class, which announces it."""

    status, name, title = 409, "schedule-announced", "The schedule belongs to its worker"


class TooManySchedules(Problem):
    """The customer has as many schedules as it may have."""

    status, name, title = 409, "too-many-schedules", "You have too many schedules"


class RequestInProgress(Problem):
    """A request with the same Idempotency-Key has not been answered yet."""

    status, name, title = 409, "request-in-progress", "The same request is being answered"


class ArtifactGone(Problem):
    """The artifact's row is there, its content is not."""

    status, name, title = 410, "artifact-gone", "The artifact's content is gone"


class ResultGone(Problem):
    """The task has succeeded so long ago that its result was cleaned up."""

    status, name, title = 410, "result-gone", "The result is gone"


class TooLarge(Problem):
    """Body, payload or upload exceeds its limit."""

    status, name, title = 413, "too-large", "Too large"


class RangeNotSatisfiable(Problem):
    """The requested range lies beyond the end."""

    status, name, title = 416, "range-not-satisfiable", "Range not satisfiable"


class InvalidFields(Problem):
    """The body is JSON but not what was asked for; `errors` names each field."""

    status, name, title = 422, "invalid-fields", "The request is not valid"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{first.field}: {first.message}{more}", errors=errors)


class KeyReused(Problem):
    """The Idempotency-Key stands for another request."""

    status, name, title = 422, "idempotency-key-reused", "The key belongs to another request"


class TooManyWaiting(Problem):
    """The caller has as many tasks waiting to be published as it may have."""

    status, name, title = 429, "too-many-waiting", "Too many of your tasks are waiting"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class TooManyStreams(Problem):
    """The API key has as many event streams open as it may have."""

    status, name, title = 429, "too-many-streams", "Too many of your event streams are open"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class TooManyUploads(Problem):
    """The API key has as many uploads under way as it may have."""

    status, name, title = 429, "too-many-uploads", "Too many of your uploads are under way"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class OtherHttpError(Problem):
    """An error of the web framework that has no class of its own here."""

    name, title = "http-error", "The request could not be served"

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class InternalError(Problem):
    """A fault of ours; the log holds the rest under `incident`."""

    status, name, title = 500, "internal-error", "Internal error"


class CorruptContent(Problem):
    """Stored bytes are not those that were uploaded."""

    status, name, title = 500, "corrupt-content", "The stored file is damaged"


class TemporarilyUnavailable(Problem):
    """Base of what goes away by itself; carries Retry-After in seconds."""

    status = 503

    def __init__(self, detail: str, *, retry_after: int = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class DatabaseUnavailable(TemporarilyUnavailable):
    """PostgreSQL does not answer in time; nothing was accepted."""

    name, title = "database-unavailable", "The database is not available"


class ArtifactStoreUnavailable(TemporarilyUnavailable):
    """The artifact store cannot be read or written."""

    name, title = "artifact-store-unavailable", "The artifact store is not available"


class BacklogFull(TemporarilyUnavailable):
    """Too many accepted tasks wait to be published."""

    name, title = "backlog-full", "Too many tasks are waiting"


class SpoolFull(TemporarilyUnavailable):
    """The bodies of bulks take all the room there is for them."""

    name, title = "spool-full", "Too many bulks are under way"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, retry_after=10)


class NoUploadPlace(TemporarilyUnavailable):
    """This process has as many uploads under way as it can have."""

    name, title = "no-upload-place", "Too many uploads are under way"


class NoStreamFree(TemporarilyUnavailable):
    """This process has as many event streams open as it can have."""

    name, title = "no-stream-free", "Too many event streams are open"


class ServiceNotThere(TemporarilyUnavailable):
    """No worker of the service that this needs has ever run in this installation."""

    name, title = "service-not-there", "A service is missing"


class SecretsNotTaken(TemporarilyUnavailable):
    """The gateway cannot seal secrets, and takes none that it would have to store as they are."""

    name, title = "secrets-not-taken", "Secrets cannot be sealed"


class SearchUnavailable(TemporarilyUnavailable):
    """The search index cannot be asked, or does not answer in time."""

    name, title = "search-unavailable", "Search is not available"
