"""The announced schema is strict where workers are lenient."""

from typing import Annotated, Any, ClassVar

import jsonschema_rs
import pytest
from pydantic import BaseModel, Field

from warren.contracts.artifact import ARTIFACT_KEYWORD, ArtifactRef
from warren.contracts.job import Job
from warren.contracts.speech import SynthesizeSpeech


class Size(BaseModel):
    width: int


class Draw(Job):
    kind: ClassVar[str] = "test.draw"

    prompt: Annotated[str, Field(min_length=1)]
    size: Size | None = None
    reference: ArtifactRef | None = None
    extras: dict[str, int] = {}


def _is_valid(payload: dict[str, Any]) -> bool:
    return bool(jsonschema_rs.validator_for(Draw.submission_schema()).is_valid(payload))


@pytest.mark.parametrize(
    "payload",
    [
        {"prompt": "a cat"},
        {"prompt": "a cat", "size": {"width": 5}, "extras": {"anything": 1}},
        {"prompt": "a cat", "reference": "01890a5d-ac96-774b-bcce-b302099a8057"},
    ],
)
def test_a_good_submission_is_accepted(payload: dict[str, Any]) -> None:
    assert _is_valid(payload)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"prompt": ""},
        {"prompt": "a cat", "colour": "red"},
        {"prompt": "a cat", "size": {"width": 5, "height": 3}},
        {"prompt": "a cat", "reference": {"id": "x"}},
    ],
)
def test_a_typo_or_a_wrong_value_is_refused(payload: dict[str, Any]) -> None:
    assert not _is_valid(payload)


def test_a_worker_ignores_what_it_does_not_know() -> None:
    assert Draw.model_validate({"prompt": "a cat", "added_later": 1}).prompt == "a cat"


def test_an_artifact_is_submitted_as_its_id_and_marked() -> None:
    schema = Draw.submission_schema()
    reference = schema["properties"]["reference"]

    assert set(schema["$defs"]) == {"Size"}
    assert (reference["type"], reference["format"]) == ("string", "uuid")
    assert reference[ARTIFACT_KEYWORD] is True


def test_or_null_is_left_out_of_the_schema() -> None:
    assert '"null"' not in str(SynthesizeSpeech.submission_schema()).replace("'", '"')


def test_speech_needs_exactly_one_source_of_text() -> None:
    validator = jsonschema_rs.validator_for(SynthesizeSpeech.submission_schema())
    artifact = "01890a5d-ac96-774b-bcce-b302099a8057"

    assert validator.is_valid({"text": "Hello"})
    assert validator.is_valid({"artifact_id": artifact})
    assert not validator.is_valid({})
    assert not validator.is_valid({"text": "Hello", "artifact_id": artifact})
    assert not validator.is_valid({"text": " \n"})
