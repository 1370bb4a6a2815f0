"""What a task has made, as the type that its worker returns."""

from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from warren.client.calls.gateway_calls import GatewayCalls
from warren.client.errors import ResultDoesNotFit

#: The only key of a result that was too large to travel: it lies in an artifact.
_ELSEWHERE = "artifact_id"


async def read_result(calls: GatewayCalls, task_id: UUID, result_type: Any) -> Any:
    """The result of a task that has succeeded, as `result_type`; as plain JSON if that is None.

    One that was stored as an artifact because of its size is fetched from there, unless it is
    wanted as plain JSON. Raises ResultDoesNotFit, and what GatewayCalls raises.
    """
    document = await calls.get(f"/api/v1/tasks/{task_id}/result")
    if result_type is None:
        return document
    adapter: TypeAdapter[Any] = TypeAdapter(result_type)
    if _lies_elsewhere(document, adapter):
        document = await calls.get(f"/api/v1/artifacts/{document[_ELSEWHERE]}")
    try:
        # As JSON, and by the names of fields, because that is how workers write results.
        return adapter.validate_json(orjson.dumps(document), by_alias=True, by_name=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the result"
        raise ResultDoesNotFit(
            f"task {task_id} has succeeded, but what it made is no {_named(result_type)}: "
            f"{place}: {first['msg']}. Perhaps a worker of another release did it: this error's "
            "`result` has it as JSON",
            document,
        ) from error


def _lies_elsewhere(document: Any, adapter: TypeAdapter[Any]) -> bool:
    if not isinstance(document, dict) or document.keys() != {_ELSEWHERE}:
        return False
    schema = adapter.json_schema(mode="serialization")
    return _ELSEWHERE not in schema.get("properties", {})


def _named(result_type: Any) -> str:
    return getattr(result_type, "__name__", str(result_type))
