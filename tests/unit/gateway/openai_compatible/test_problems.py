"""Errors in OpenAI's shape."""

from typing import Any

import orjson
import pytest

from gateway import problems
from gateway.openai_compatible.problems import in_words_of, openai_error, speaks_openai
from gateway.problems import FieldError, InvalidFields, Problem


def _said(problem: Problem) -> tuple[int, dict[str, Any]]:
    answer = openai_error(problem)
    return answer.status_code, orjson.loads(bytes(answer.body))["error"]


def test_a_wrong_field_is_a_bad_request_that_names_the_parameter() -> None:
    status, error = _said(InvalidFields([FieldError("speed", "must be at most 4")]))
    assert status == 400
    assert error == {
        "message": "speed: must be at most 4",
        "type": "invalid_request_error",
        "param": "speed",
        "code": "invalid_value",
    }


def test_a_missing_key_is_told_as_openai_does() -> None:
    status, error = _said(problems.Unauthenticated("an API key is required"))
    assert (status, error["code"], error["param"]) == (401, "invalid_api_key", None)


def test_an_outage_keeps_its_status_its_name_and_when_to_come_again() -> None:
    problem = problems.DatabaseUnavailable("PostgreSQL does not answer", retry_after=7)
    answer = openai_error(problem)
    status, error = _said(problem)
    assert (status, answer.headers["retry-after"]) == (503, "7")
    assert (error["type"], error["code"]) == ("server_error", "database_unavailable")


def test_fields_of_the_job_are_told_as_the_parameters_they_come_from() -> None:
    names = {"voice_name": "voice"}
    with pytest.raises(InvalidFields) as refused, in_words_of(names):
        raise InvalidFields([FieldError("voice_name", "must be a text")])
    assert (refused.value.detail, refused.value.errors[0].field) == (
        "voice: must be a text",
        "voice",
    )
    with pytest.raises(problems.TooLarge) as too_large, in_words_of(names):
        raise problems.TooLarge.at("voice_name", "is too long")
    assert too_large.value.errors[0].field == "voice"


@pytest.mark.parametrize(
    ("path", "whether"),
    [("/v1", True), ("/v1/models", True), ("/v1/x", True), ("/v10", False), ("/api/v1/x", False)],
)
def test_only_openais_paths_speak_so(path: str, whether: bool) -> None:
    assert speaks_openai(path) is whether
