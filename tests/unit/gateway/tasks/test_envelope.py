"""The body around a payload."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.problems import InvalidFields
from gateway.tasks.envelope import parse_envelope
from warren.contracts.lanes import Lane

NOW = datetime(2030, 1, 1, tzinfo=UTC)
BODY: dict[str, Any] = {"kind": "a.b", "payload": {}}


def _told(**more: Any) -> dict[str, str]:
    with pytest.raises(InvalidFields) as caught:
        parse_envelope(BODY | more, NOW)
    return {error.field: error.message for error in caught.value.errors}


def test_nulls_count_as_absent() -> None:
    envelope = parse_envelope(BODY | {"lane": None, "webhook": None, "tags": None}, NOW)
    assert (envelope.lane, envelope.tags) == (None, None)


def test_lane_and_moments_are_read_from_text() -> None:
    envelope = parse_envelope(BODY | {"lane": "low", "run_at": "2030-01-01T02:00:00+02:00"}, NOW)
    assert (envelope.lane, envelope.run_at) == (Lane.LOW, NOW)


def test_what_later_versions_bring_is_refused_by_name() -> None:
    assert _told(callback="x") == {"callback": "is not supported by this version"}


def test_a_webhook_is_a_public_address_with_types_of_messages() -> None:
    url = "https://hooks.example.com/"
    webhook = parse_envelope(BODY | {"webhook": {"url": url}}, NOW).webhook
    assert webhook is not None
    assert (webhook.url, webhook.events) == (url, ["task.*", "batch.finished"])

    told = _told(webhook={"url": "http://10.0.0.1/", "events": ["task.begun"], "secret": "x"})
    assert set(told) == {"webhook.url", "webhook.events[0]", "webhook.secret"}


def test_a_typo_is_answered_with_what_is_known() -> None:
    assert "delay_seconds" in _told(delay=3)["delay"]


def test_missing_fields_are_all_named() -> None:
    with pytest.raises(InvalidFields) as caught:
        parse_envelope({}, NOW)
    assert [error.field for error in caught.value.errors] == ["kind", "payload"]


@pytest.mark.parametrize(
    "contradiction",
    [
        {"run_at": "2030-01-02T00:00:00Z", "delay_seconds": 1},
        {"expires_at": "2029-12-31T00:00:00Z"},
        {"run_at": "2030-01-03T00:00:00Z", "expires_at": "2030-01-02T00:00:00Z"},
        {"run_at": (NOW + timedelta(days=401)).isoformat()},
        {"lane": "probe"},
        {"metadata": {"a": "b" * 5000}},
        {"tags": ["a"] * 21},
        {"tags": [""]},
        {"delay_seconds": True},
    ],
)
def test_contradictions_and_excesses_are_refused(contradiction: dict[str, Any]) -> None:
    assert _told(**contradiction)


@pytest.mark.parametrize(
    ("field", "moment"),
    [
        ("expires_at", "9999-12-31T23:59:59-14:00"),
        ("expires_at", "2031-03-01T00:00:00Z"),
        ("run_at", "0001-01-01T00:00:00+14:00"),
        ("run_at", "1969-12-31T23:59:59Z"),
        ("run_at", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_moments_far_from_now_are_refused_by_name(field: str, moment: str) -> None:
    assert list(_told(**{field: moment})) == [field]


def test_moments_of_the_coming_year_are_taken() -> None:
    moments = {"run_at": "2030-01-02T00:00:00Z", "expires_at": "2031-01-01T00:00:00Z"}
    assert parse_envelope(BODY | moments, NOW).expires_at == datetime(2031, 1, 1, tzinfo=UTC)
