"""From a form to a job: the one place that knows how upload clients say things."""

from typing import Any
from uuid import UUID

from pydantic import ValidationError

from gateway.artifacts.references import ArtifactReferences
from gateway.json_body import parse_object
from gateway.problems import ArtifactNotFound, FieldError, Problem
from gateway.tasks.envelope import field_errors
from gateway.tasks.payloads import PayloadPreparation
from gateway.upload_clients.answers import PICTURE_JOBS
from gateway.upload_clients.problems import BadForm
from gateway.upload_clients.receiving import Form
from warren.contracts.artifact import ArtifactRef
from warren.contracts.images import (
    MAX_PROMPT_CHARACTERS,
    GenerateImage,
    RemoveBackground,
    StyleName,
    TransferStyle,
)
from warren.contracts.job import Job
from warren.contracts.payload_schema import PayloadSchema

_JOBS: dict[str, type[Job]] = {job.task_type.value: job for job in PICTURE_JOBS}
_SCHEMAS = {job.kind: PayloadSchema(job.submission_schema()) for job in _JOBS.values()}
_KNOWN = ("prompt", "task_type", "parameters", "user_id")
#: The second picture, where a job calls it otherwise.
_TARGET = {TransferStyle: "style_image", RemoveBackground: "background_image"}
_STYLES = {style.value for style in StyleName}


async def job_of(form: Form, payloads: PayloadPreparation, customer_id: UUID) -> Job:
    """The job that the form asks for; raises BadForm.

    `parameters` may name artifacts, books and descriptions of the customer by their ids.
    """
    job = _job_type(form.texts)
    payload = {**_parameters(form.texts), **_prompt(job, form.texts)}
    given = {_called(job, name): reference for name, reference in form.pictures.items()}
    _refuse_twice_given(job, given, payload)
    schema = _SCHEMAS[job.kind]
    said = {**payload, **{name: str(reference.id) for name, reference in given.items()}}
    errors = [FieldError(misfit.field, misfit.message) for misfit in schema.errors(said, "")]
    if errors:
        raise BadForm([_as_the_form_has_it(job, error) for error in errors])
    try:
        await payloads.entities.ensure_owned(payload, customer_id, "")
        named = await _named(payload, schema, payloads.references, customer_id)
    except Problem as problem:
        raise BadForm.of_nothing(problem) from problem
    try:
        return job.model_validate({**said, **named, **given})
    except ValidationError as error:
        # For it more is blank than for JSON Schema.
        raise BadForm(
            _as_the_form_has_it(job, wrong) for wrong in field_errors(error, job)
        ) from error


def _job_type(texts: dict[str, str]) -> type[Job]:
    unknown = sorted(set(texts) - set(_KNOWN))
    if unknown:
        raise BadForm.at(unknown[0], f"is not known; known are {', '.join(_KNOWN)}")
    job = _JOBS.get(texts.get("task_type", ""))
    if job is None:
        raise BadForm.at("task_type", f"must be one of {', '.join(_JOBS)}")
    return job


def _parameters(texts: dict[str, str]) -> dict[str, Any]:
    try:
        given = parse_object(texts.get("parameters", "").encode() or b"{}")
    except Problem as problem:
        raise BadForm.at("parameters", f"must be a JSON object: {problem.detail}") from problem
    return {name: value for name, value in given.items() if value is not None}


def _prompt(job: type[Job], texts: dict[str, str]) -> dict[str, Any]:
    prompt = texts.get("prompt", "")
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise BadForm.at("prompt", f"must have at most {MAX_PROMPT_CHARACTERS} characters")
    if job is GenerateImage:
        return {"prompt": prompt} if prompt else {}
    # Other jobs go by pictures; a style may be named in words.
    style = prompt.strip().lower()
    return {"style": style} if job is TransferStyle and style in _STYLES else {}


def _refuse_twice_given(
    job: type[Job], given: dict[str, ArtifactRef], payload: dict[str, Any]
) -> None:
    twice = [
        FieldError(name, "is given twice, as a file and in parameters")
        for name in given
        if name in payload
    ]
    if twice:
        raise BadForm(_as_the_form_has_it(job, error) for error in twice)


def _called(job: type[Job], picture: str) -> str:
    return _TARGET.get(job, picture) if picture == "target_image" else picture


def _as_the_form_has_it(job: type[Job], error: FieldError) -> FieldError:
    names = {_called(job, name): name for name in ("image", "target_image")}
    return FieldError(names.get(error.field, error.field), error.message)


async def _named(
    payload: dict[str, Any],
    schema: PayloadSchema,
    references: ArtifactReferences,
    customer_id: UUID,
) -> dict[str, ArtifactRef]:
    ids = {name: UUID(payload[name]) for name in schema.artifact_fields & payload.keys()}
    found = await references.of(customer_id, ids.values())
    missing = [name for name, artifact_id in ids.items() if artifact_id not in found]
    if missing:
        raise ArtifactNotFound.at(missing[0], "names an artifact that you do not have")
    return {name: found[artifact_id] for name, artifact_id in ids.items()}
