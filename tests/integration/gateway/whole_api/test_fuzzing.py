"""Requests by chance, good ones and bad ones, made up from the document of the API.

None is answered with what the document does not say, and none with a fault of ours. The same cases
come in every run: `make fuzz` has more of them, and others (CASES=100 SEED=7).
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.integration.gateway.whole_api.conftest import WholeApi

pytestmark = [pytest.mark.postgres, pytest.mark.rabbitmq]

_DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "api" / "openapi.json"
_CASES = int(os.environ.get("WARREN_FUZZ_CASES", "4"))
_SEED = int(os.environ.get("WARREN_FUZZ_SEED", "1"))
_CHECKS: list[Callable[..., Any]] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: No search node and no worker run here, and that is what they say.
_UNAVAILABLE = {
    "GET /api/v1/catalogue/{kind}/search": 503,
    "POST /v1/audio/speech": 504,
    "POST /v1/images/edits": 504,
    "POST /v1/images/generations": 504,
}

_SCHEMA = schemathesis.openapi.from_dict(json.loads(_DOCUMENT.read_text()))
_OPERATIONS = {
    result.ok().label: result.ok()
    for result in _SCHEMA.get_all_operations()
    if isinstance(result, Ok)
}


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.mark.parametrize("label", list(_OPERATIONS))
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_one_that_the_document_says(
    api: WholeApi, session: requests.Session, label: str, mode: GenerationMode
) -> None:
    found: list[str] = []

    @seed(_SEED)
    @settings(
        max_examples=_CASES,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_OPERATIONS[label].as_strategy(mode), known=st.data())
    def ask(case: schemathesis.Case[Any], known: st.DataObject) -> None:
        for name in case.path_parameters:
            # Unknown ids are all answered alike: three of four name something that is there.
            if name in api.known and known.draw(st.integers(0, 3)):
                case.path_parameters[name] = known.draw(st.sampled_from(api.known[name]))
        found.extend(_faults(case, api, session))

    try:
        ask()
    except Unsatisfiable:
        # Everything is allowed where it asks for nothing.
        assert mode is GenerationMode.NEGATIVE
    assert not found, f"CASES={_CASES} SEED={_SEED}\n" + "\n".join(found)


def _faults(case: schemathesis.Case[Any], api: WholeApi, session: requests.Session) -> list[str]:
    key = {"Authorization": f"Bearer {api.key}"}
    answer = case.call(api.url, session, headers=key, timeout=30)
    checks, asked = list(_CHECKS), case.as_curl_command()[:1500]
    if answer.status_code == _UNAVAILABLE.get(case.operation.label):
        checks.remove(not_a_server_error)
    try:
        case.validate_response(answer, checks=checks)
    except FailureGroup as faults:
        said = "; ".join(f"{type(fault).__name__}: {fault.message}" for fault in faults.exceptions)
        return [f"{said[:700]}\n{answer.text[:300]}\n{asked}"]
    if answer.status_code in (401, 429):
        return [f"nothing more is learnt with this key ({answer.status_code}):\n{asked}"]
    return []


def test_an_answer_that_the_document_does_not_have_is_noticed(
    api: WholeApi, session: requests.Session
) -> None:
    document = json.loads(_DOCUMENT.read_text())
    path = "/api/v1/tasks/{task_id}"
    del document["paths"][path]["get"]["responses"]["404"]
    operation = schemathesis.openapi.from_dict(document)[path]["GET"]

    faults = _faults(operation.Case(path_parameters={"task_id": str(uuid4())}), api, session)

    assert "UndefinedStatusCode" in faults[0]
