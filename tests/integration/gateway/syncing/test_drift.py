"""What the chatbot has is compared with what it should have, and differences raise an alert."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest
from prometheus_client import CollectorRegistry

from gateway.alerts.store import Alerts
from gateway.housekeeping.checking.drift import (
    CheckDrift,
    CheckDriftWorker,
    CompareVersions,
    CompareVersionsWorker,
    DriftReport,
)
from gateway.housekeeping.checking.drift_watch import watch_drift
from warren.contracts.chatbot_versions import ListVersions
from warren.contracts.ids import new_id
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(hours=1)


@pytest.fixture
def customer(database: Any, monkeypatch: pytest.MonkeyPatch) -> UUID:
    monkeypatch.setenv("WARREN_DATABASE_URL", database.url)
    database.ask("DELETE FROM statistics")
    database.ask("DELETE FROM alerts")
    made: UUID = database.customer()
    return made


@pytest.fixture
def faq(database: Any, customer: UUID) -> Callable[..., UUID]:
    """Puts an FAQ into the list of what is in step; returns its id."""

    def put(
        version: int,
        *,
        state: str = "synced",
        deleted: bool = False,
        at: datetime = LONG_AGO,
        entity: str = "faq",
    ) -> UUID:
        id_ = new_id()
        database.ask(
            "INSERT INTO syncs (entity_id, customer_id, entity, desired_version, synced_version,"
            " deleted, state, synced_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            *(id_, customer, entity, version, version, deleted, state, at),
        )
        return id_

    return put


def _compared(customer: UUID, there: dict[UUID, int]) -> DriftReport:
    context = FakeContext()
    lines = [orjson.dumps([id_, version]) + b"\n" for id_, version in there.items()]
    versions = context.given("versions.ndjson", b"".join(lines))
    job = CompareVersions(customer_id=customer, collection="faqs", listed_at=NOW, versions=versions)
    return CompareVersionsWorker().perform(job, context)


def _alerts(database: Any) -> list[str]:
    with psycopg.connect(database.url, autocommit=True) as connection:
        watch_drift(connection, Alerts(CollectorRegistry()))
    rows = database.ask("SELECT message FROM alerts WHERE cleared_at IS NULL")
    return [message for (message,) in rows]


def test_each_way_to_differ_is_found(customer: UUID, faq: Callable[..., UUID]) -> None:
    same, behind, ahead, missing = (faq(5) for _ in range(4))
    gone, unknown = faq(6, deleted=True), new_id()

    report = _compared(customer, {same: 5, behind: 4, ahead: 7, gone: 3, unknown: 1})

    assert report.counts == {"ahead": 1, "behind": 1, "missing": 1, "strange": 2}
    assert (report.ids["behind"], report.ids["ahead"]) == ([behind], [ahead])
    assert report.ids["missing"] == [missing]
    assert set(report.ids["strange"]) == {gone, unknown}


def test_what_is_on_its_way_or_of_others_is_no_difference(
    customer: UUID, faq: Callable[..., UUID]
) -> None:
    pending, failed = faq(5, state="pending"), faq(5, state="failed")
    confirmed_meanwhile, gone_meanwhile = faq(5, at=NOW), faq(6, deleted=True, at=NOW)
    faq(7, entity="document")
    faq(8, deleted=True)

    there = {pending: 4, failed: 4, gone_meanwhile: 5}
    report = _compared(customer, there)

    assert report.counts == {}
    assert confirmed_meanwhile not in there


def test_a_difference_is_an_alert_until_there_is_none(
    customer: UUID, faq: Callable[..., UUID], database: Any
) -> None:
    lost = faq(5)
    _compared(customer, {})

    (alert,) = _alerts(database)
    assert f"1 missing (such as {lost})" in alert
    assert f"warren drift {customer}" in alert
    assert _alerts(database) == [alert]

    database.ask("UPDATE statistics SET at = at - interval '1 day'")
    _compared(customer, {lost: 5})
    assert _alerts(database) == []


def test_the_chatbot_is_asked_for_everything_of_each_customer(
    customer: UUID, faq: Callable[..., UUID]
) -> None:
    faq(1)
    context = FakeContext()

    assert CheckDriftWorker().perform(CheckDrift(), context).customers == 1

    asked = [(child.kind, child.payload["collection"]) for child in context.children]
    assert asked == [(ListVersions.kind, "documents"), (ListVersions.kind, "faqs")]
    assert {child.payload["customer_id"] for child in context.children} == {str(customer)}
