"""The same request is worked on once: later ones are given the files of the first.

A request is the same when job, contents of its pictures, seed and the version of what works on it
are. Customers share nothing: nobody can tell by the time it takes what others have asked for.
"""

import json
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from warren.artifacts import ArtifactMissing, CorruptArtifact
from warren.contracts.artifact import ArtifactRef
from warren.contracts.images import Pictures
from warren.contracts.job import Job
from warren.worker import JobContext

#: Raised when results or files look otherwise.
_LAYOUT = 1


def cached(
    job: Job,
    context: JobContext,
    version: str,
    make: Callable[[], Pictures],
    *,
    ignoring: Collection[str] = (),
    **also: Any,
) -> Pictures:
    """What `make` returns; or, marked `cached`, what it returned when the same was asked before.

    `version` names what works on it; `also` is what the result depends on beside the
    job, whose fields `ignoring` it does not depend on.
    """
    started = time.perf_counter()
    fields = {
        name: _described(getattr(job, name))
        for name in type(job).model_fields
        if name not in ignoring
    }
    parts = [_LAYOUT, job.kind, job.version, version, str(context.customer_id), fields, also]
    key = json.dumps(parts, sort_keys=True, default=str)
    known = context.artifacts.remembered(key)
    if known is not None and (again := _again(known, context)) is not None:
        again["processing_time"] = round(time.perf_counter() - started, 3)
        context.progress(90, "made before")
        return Pictures.model_validate({**again, "cached": True})
    result = make()
    files = [reference.model_dump(mode="json") for reference in context.artifacts.saved]
    remembered = {
        "task": str(context.task_id),
        "result": result.model_dump(mode="json"),
        "files": files,
    }
    context.artifacts.remember(key, remembered)
    return result


def _described(value: Any) -> Any:
    """A picture is the same when its content is, whatever its id."""
    return value.sha256 if isinstance(value, ArtifactRef) else value


def _again(known: Mapping[str, Any], context: JobContext) -> dict[str, Any] | None:
    """The result with the files as this task's own; None if one has gone or is damaged."""
    text = json.dumps(known["result"])
    try:
        for file in known["files"]:
            name = file["name"].replace(known["task"], str(context.task_id))
            content = context.artifacts.reopen(file["sha256"])
            own = context.artifacts.save(name, content, file["media_type"])
            text = text.replace(file["id"], str(own.id))
    except (ArtifactMissing, CorruptArtifact):
        return None
    result: dict[str, Any] = json.loads(text)
    return result
