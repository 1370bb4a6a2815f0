"""The job that posts a message, called directly, against good receivers and bad ones."""

import asyncio
import base64
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from sync_worker.errors import DeliveryGivenUp, ReceiverFailed, ReceiverGone
from sync_worker.workers.webhooks import DeliverWebhookWorker
from tests.raw_server import RawServer, answering
from tests.webhook_receiver import WebhookReceiver, webhook_receiver
from warren.contracts.ids import new_id
from warren.contracts.webhooks import (
    RETRY_DELAYS,
    DeliveredWebhook,
    DeliverWebhook,
    WebhookSecret,
    answer_in,
    secret_context,
)
from warren.outbound import UrlRefused
from warren.sealing import CannotOpen, Sealer, SealingSettings
from warren.testing.worker import FakeContext
from warren.worker.catalogue import load_service

SECRETS = ["whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in range(2)]
OWNER = UUID(int=7)
BODY = {"type": "task.succeeded", "timestamp": "2026-11-27T04:00:00Z", "data": {"text": "é"}}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, server: RawServer) -> None:
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    monkeypatch.setenv("WARREN_SEALING_KEYS", key)
    monkeypatch.setenv("WARREN_WEBHOOK_PORTS", str(server.port))
    monkeypatch.setenv("WARREN_WEBHOOK_NETWORKS", "127.0.0.0/8")


def sealed(secret: str, until: datetime | None = None) -> WebhookSecret:
    sealer = Sealer.of(SealingSettings())
    return WebhookSecret(sealed=sealer.seal(secret, secret_context(OWNER)), until=until)


def job(url: str, *secrets: WebhookSecret, attempts: int | None = None) -> DeliverWebhook:
    return DeliverWebhook(
        url=url,
        host="127.0.0.1",
        message_id=f"msg_{new_id().hex}",
        body=BODY,
        secret_of=OWNER,
        secrets=list(secrets) or [sealed(SECRETS[0])],
        attempts=attempts,
    )


def deliver(asked: DeliverWebhook, context: FakeContext | None = None) -> DeliveredWebhook:
    return asyncio.run(DeliverWebhookWorker().perform(asked, context or FakeContext()))


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookReceiver]:
    """One that verifies what it is sent."""
    with webhook_receiver() as receiver:
        monkeypatch.setenv("WARREN_WEBHOOK_PORTS", str(receiver.port))
        yield receiver


def test_the_reference_receiver_accepts_what_is_posted(receiver: WebhookReceiver) -> None:
    asked = job(f"{receiver.url}?a=1")

    delivered = deliver(asked)

    (message,) = receiver.received
    assert (message.path, message.id) == ("/hooks?a=1", asked.message_id)
    assert message.headers["content-type"] == "application/json"
    assert message.verified(SECRETS[0]) == BODY
    assert (delivered.status_code, delivered.answer) == (200, "ok")


def test_within_an_overlap_both_secrets_sign_and_after_it_only_the_new_one(
    receiver: WebhookReceiver,
) -> None:
    now = datetime.now(UTC)
    new, lasting = sealed(SECRETS[0]), sealed(SECRETS[1], now + timedelta(hours=1))
    over = sealed(SECRETS[1], now - timedelta(seconds=1))

    deliver(job(receiver.url, new, lasting))
    for secret in SECRETS:
        receiver.received[-1].verified(secret)

    deliver(job(receiver.url, new, over))
    receiver.received[-1].verified(SECRETS[0])
    with pytest.raises(WebhookVerificationError):
        receiver.received[-1].verified(SECRETS[1])


@pytest.mark.parametrize("status", ["500 Oops", "404 Not Found", "429 Too Many", "302 Found"])
def test_an_answer_that_is_no_success_fails_the_attempt(server: RawServer, status: str) -> None:
    location = f"Location: {server.url('/elsewhere')}"
    server.speak = answering(b"no", status, location)

    with pytest.raises(ReceiverFailed) as failed:
        deliver(job(server.url()))

    # A redirect is not followed.
    assert server.connections == 1
    answer = answer_in(str(failed.value))
    assert answer is not None
    assert (answer.status_code, answer.text) == (int(status[:3]), "no")


def test_who_is_gone_is_not_tried_again(server: RawServer) -> None:
    server.speak = answering(b"", "410 Gone")

    with pytest.raises(ReceiverGone):
        deliver(job(server.url()))


def test_after_the_last_attempt_it_is_given_up_and_that_is_the_customers_affair(
    server: RawServer,
) -> None:
    server.speak = answering(b"", "503 Busy")
    last = FakeContext(attempt=len(RETRY_DELAYS) + 1)

    with pytest.raises(DeliveryGivenUp, match="answered 503"):
        deliver(job(server.url()), last)
    with pytest.raises(DeliveryGivenUp):
        deliver(job(server.url(), attempts=1))


@pytest.mark.parametrize("networks", ["", "10.0.0.0/8"])
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "2130706433"]
)
def test_an_address_that_is_not_public_is_not_called(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, host: str, networks: str
) -> None:
    monkeypatch.setenv("WARREN_WEBHOOK_NETWORKS", networks)

    with pytest.raises(ReceiverFailed, match="no public address"):
        deliver(job(server.url(host=host)))

    assert server.connections == 0


def test_a_name_that_leads_to_a_private_address_is_found_out_when_it_is_called(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a name whose address was a public one when the webhook was made
    monkeypatch.setenv("WARREN_WEBHOOK_NETWORKS", "")

    def rebound(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", server.port))]

    monkeypatch.setattr("warren.outbound.resolving.socket.getaddrinfo", rebound)

    with pytest.raises(ReceiverFailed, match="no public address"):
        deliver(job(f"http://hooks.example.org:{server.port}/"))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:22/", "ftp://127.0.0.1/", "http://a:b@127.0.0.1"]
)
def test_other_ports_and_schemes_are_not_called(url: str) -> None:
    with pytest.raises(UrlRefused):
        deliver(job(url))


def test_a_receiver_that_keeps_the_line_open_is_left_after_a_while(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNC_WEBHOOK_SECONDS", "0.3")

    def drip(connection: socket.socket) -> None:
        while not server.closing.wait(0.05):
            connection.sendall(b"H")

    server.speak = drip

    with pytest.raises(ReceiverFailed):
        deliver(job(server.url()))


def test_a_success_counts_whatever_its_body_is(server: RawServer) -> None:
    # Given an answer of which only the head and a little is true
    server.speak = lambda connection: connection.sendall(
        b"HTTP/1.1 204 No\r\nContent-Length: 99\r\n\r\n"
    )
    assert deliver(job(server.url())).status_code == 204

    server.speak = answering(b"\x1b[31mred\r\nwebhook-id: forged\x00" + b"x" * 100_000)
    answer = deliver(job(server.url())).answer
    assert answer.isprintable()
    assert len(answer) <= 512


def test_what_stands_in_a_url_adds_no_header(receiver: WebhookReceiver) -> None:
    deliver(job(f"{receiver.url}/%0d%0aX-Injected:%20yes?b=%0d%0aX-Injected:%20yes"))

    (message,) = receiver.received
    assert message.path == "/hooks/%0d%0aX-Injected:%20yes?b=%0d%0aX-Injected:%20yes"
    assert "x-injected" not in message.headers


def test_a_secret_that_was_sealed_for_somebody_else_signs_nothing(server: RawServer) -> None:
    stranger = Sealer.of(SealingSettings()).seal(SECRETS[0], secret_context(UUID(int=8)))

    with pytest.raises(CannotOpen):
        deliver(job(server.url(), WebhookSecret(sealed=stranger)))

    assert server.connections == 0


def test_the_published_schedule_is_what_the_worker_announces() -> None:
    definitions = {d.kind: d for d in load_service("sync_worker").definitions()}
    definition = definitions[DeliverWebhook.kind]

    assert definition.retry is not None
    hour = 3600
    later = [delay * hour for delay in (2, 5, 10, 14, 20, 24)]
    assert definition.retry.delays == [5, 300, 1800, *later]
    assert definition.max_retries == 9
    assert (definition.concurrency_key, definition.concurrency_limit) == (
        "{customer_id}/{payload.host}",
        4,
    )
