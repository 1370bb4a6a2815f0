"""From what a caller gives to a valid job, and from a job to a payload that may travel."""

import difflib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import orjson
from pydantic import ValidationError

from warren.client.errors import InvalidJob, PayloadTooLarge
from warren.contracts.artifact import ARTIFACT_KEYWORD, SPILL_KEYWORD, ArtifactRef
from warren.contracts.job import Job
from warren.contracts.spilling import spilled
from warren.contracts.submission import MAX_PAYLOAD_BYTES

JobT = TypeVar("JobT", bound=Job)
_NOBODYS = "0" * 64


class NamedArtifact(ArtifactRef):
    """An artifact of which only the id is known; the gateway knows the rest."""

    @classmethod
    def of(cls, artifact_id: UUID | str) -> "NamedArtifact":
        """Raises ValueError if that is no id."""
        return cls(id=artifact_id, sha256=_NOBODYS, size=0, media_type="", name="")


class _Special(NamedTuple):
    """Fields that are more than plain data."""

    artifacts: frozenset[str]
    artifact_lists: frozenset[str]
    spills: frozenset[str]


def job_of(model: type[JobT], given: tuple[Any, ...], fields: Mapping[str, Any]) -> JobT:
    """The job that a caller means: one as it is, or its fields.

    Where the model has an artifact, its id will do. Raises InvalidJob naming the field.
    """
    if given:
        if len(given) > 1 or fields:
            raise InvalidJob(f"give either one {model.__name__} or its fields by name")
        if isinstance(given[0], model):
            return given[0]
        if not isinstance(given[0], Mapping):
            raise InvalidJob(f"expected a {model.__name__}, got a {type(given[0]).__name__}")
        fields = given[0]
    _check_names(model, fields)
    try:
        return model.model_validate({**fields, **_named_artifacts(model, fields)})
    except ValidationError as error:
        raise _explained(model, error) from None


def travelling_payload(job: Job) -> dict[str, Any]:
    """The payload as a worker reads it; raises InvalidJob or PayloadTooLarge."""
    special = _special(type(job))
    for name in special.artifacts | special.artifact_lists:
        value = getattr(job, name)
        if any(isinstance(item, NamedArtifact) for item in _listed(value)):
            raise InvalidJob(
                f"{name} needs the whole ArtifactRef here, not only an id: the one that "
                "context.artifacts.save returned, or that the job was given",
                field=name,
            )
    payload = _dumped(job)
    _check_size(job, payload)
    return payload


def submitted_payload(job: Job) -> dict[str, Any]:
    """The payload as the gateway takes it: ids of artifacts in place of references.

    Raises PayloadTooLarge.
    """
    special = _special(type(job))
    payload = _dumped(job)
    for name in special.artifacts & payload.keys():
        payload[name] = payload[name]["id"]
    for name in special.artifact_lists & payload.keys():
        payload[name] = [item["id"] for item in payload[name]]
    # What spills is moved to an artifact by the gateway.
    inline = {
        name: value
        for name, value in payload.items()
        if not (name in special.spills and spilled(name, value))
    }
    _check_size(job, inline)
    return payload


def _dumped(job: Job) -> dict[str, Any]:
    """Without defaults that nobody gave: an older worker may not know the field yet."""
    model = type(job)
    unsaid = {
        name
        for name, field in model.model_fields.items()
        if name not in job.model_fields_set and field.default_factory is None
    }
    return job.model_dump(mode="json", exclude_none=True, exclude=unsaid)


def _check_size(job: Job, payload: dict[str, Any]) -> None:
    size = len(orjson.dumps(payload))
    if size <= MAX_PAYLOAD_BYTES:
        return
    largest = max(payload, key=lambda name: len(orjson.dumps(payload[name])))
    raise PayloadTooLarge(
        f"the payload of {job.kind} has {size} bytes, and {MAX_PAYLOAD_BYTES} (64 KiB) may travel; "
        f"most of it is {largest}: store that as an artifact (POST /api/v1/artifacts, or "
        "context.artifacts.save in a job) and give a reference to it",
        field=largest,
    )


def _check_names(model: type[Job], fields: Mapping[str, Any]) -> None:
    known = list(model.model_fields)
    for name in fields:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(known) or 'none'}"
            raise InvalidJob(f"{model.__name__} has no field {name!r}; {hint}", field=str(name))


def _named_artifacts(model: type[Job], fields: Mapping[str, Any]) -> dict[str, Any]:
    special = _special(model)
    found: dict[str, Any] = {}
    for name in (special.artifacts | special.artifact_lists) & fields.keys():
        value = fields[name]
        try:
            named = [_artifact(item) for item in _listed(value)]
        except ValueError:
            raise InvalidJob(
                f"{model.__name__}.{name} is {value!r}: give an ArtifactRef or an artifact's id",
                field=name,
            ) from None
        found[name] = named if isinstance(value, list | tuple) else (named or [None])[0]
    return found


def _artifact(value: Any) -> Any:
    return NamedArtifact.of(value) if isinstance(value, str | UUID) else value


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


@lru_cache(maxsize=1024)
def _special(model: type[Job]) -> _Special:
    properties = model.submission_schema().get("properties", {})
    parts = {name: part for name, part in properties.items() if isinstance(part, dict)}
    return _Special(
        frozenset(name for name, part in parts.items() if part.get(ARTIFACT_KEYWORD) is True),
        frozenset(
            name
            for name, part in parts.items()
            if isinstance(part.get("items"), dict) and part["items"].get(ARTIFACT_KEYWORD) is True
        ),
        frozenset(name for name, part in parts.items() if SPILL_KEYWORD in part),
    )


def _explained(model: type[Job], error: ValidationError) -> InvalidJob:
    faults = error.errors(include_url=False, include_input=False)
    told = [(".".join(map(str, fault["loc"])), fault["msg"]) for fault in faults]
    text = "; ".join(f"{field}: {message}" if field else message for field, message in told)
    return InvalidJob(f"{model.__name__} does not fit: {text}", field=told[0][0] or None)
