"""Signatures that the reference implementation of Standard Webhooks accepts."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from sync_worker.service.signing import signed_headers

ID = "msg_01936b2e00007000800000000000abcd"
BODY = b'{"type":"task.succeeded","data":{"text":"\xc3\xa9"}}'
SECRETS = ["whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in range(3)]


def test_a_receiver_with_the_secret_accepts_it() -> None:
    headers = signed_headers(ID, BODY, SECRETS[:1], datetime.now(UTC))

    told = Webhook(SECRETS[0]).verify(BODY, headers)

    assert told["data"] == {"text": "é"}


def test_after_a_rotation_both_secrets_accept_it_and_no_other() -> None:
    headers = signed_headers(ID, BODY, SECRETS[:2], datetime.now(UTC))

    assert headers["webhook-signature"].count("v1,") == 2
    for secret in SECRETS[:2]:
        Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[2]).verify(BODY, headers)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "msg_other"},
        {"webhook-timestamp": str(int((datetime.now(UTC) + timedelta(seconds=9)).timestamp()))},
    ],
)
def test_what_was_changed_or_replayed_is_refused(changed: dict[str, str]) -> None:
    headers = signed_headers(ID, BODY, SECRETS[:1], datetime.now(UTC))

    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[0]).verify(BODY, {**headers, **changed})


def test_an_old_message_is_refused_by_its_receiver() -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)

    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[0]).verify(BODY, signed_headers(ID, BODY, SECRETS[:1], long_ago))


@pytest.mark.parametrize("secret", ["", "hunter2", "whsec_not base64"])
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(ValueError, match=r"secret|base64|[Pp]adding"):
        signed_headers(ID, BODY, [secret], datetime.now(UTC))
