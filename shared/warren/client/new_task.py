"""A task as somebody asks for it, before it travels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import orjson
from pydantic import ConfigDict, ValidationError

from warren.client.errors import InvalidJob
from warren.contracts.job import Job
from warren.contracts.submission import MAX_METADATA_BYTES, TaskOptions


@dataclass(frozen=True, slots=True)
class NewTask:
    """A job to be done.

    `key` names the asking: asked again with the same key, by a later run of the same job or in a
    request with the same key, it makes nothing new.
    """

    job: Job
    options: TaskOptions
    key: str | None = None


class Entrance(Protocol):
    """A way for new tasks into the system."""

    def enqueue(self, tasks: Sequence[NewTask]) -> list[UUID]:
        """The ids of the tasks, once they cannot be lost any more; raises a WarrenError."""
        ...


class _GivenOptions(TaskOptions):
    model_config = ConfigDict(extra="forbid", frozen=True)


def options_of(given: Mapping[str, Any]) -> TaskOptions:
    """Check what is said about a task; raises InvalidJob naming the option."""
    try:
        options = _GivenOptions.model_validate(dict(given))
    except ValidationError as error:
        raise _explained(error) from None
    if options.run_at is not None and options.delay_seconds is not None:
        raise InvalidJob("give run_at or delay_seconds, not both", field="delay_seconds")
    if options.metadata and len(orjson.dumps(options.metadata)) > MAX_METADATA_BYTES:
        raise InvalidJob(f"metadata has more than {MAX_METADATA_BYTES} bytes", field="metadata")
    return options


def _explained(error: ValidationError) -> InvalidJob:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        known = ", ".join(TaskOptions.model_fields)
        return InvalidJob(f"{field} is no option of a task; known are {known}", field=field)
    return InvalidJob(f"the option {field} does not fit: {first['msg']}", field=field)
