"""Posting messages to addresses of customers: never to this machine or its networks."""

import time
from collections.abc import Mapping

import httpx

from sync_worker.errors import ReceiverFailed
from warren.contracts.webhooks import Answer
from warren.outbound import OutboundRules, UnresolvedHost, guarded_client
from warren.outbound.errors import AddressRefused, HostUnknown, OutOfTime

#: Bytes of an answer that are looked at.
_EXCERPT = 512


class WebhookReceivers:
    """Implements `MessagePoster`; `seconds` for all of a post."""

    def __init__(self, rules: OutboundRules, *, seconds: float, agent: str) -> None:
        self._rules = rules
        self._seconds = seconds
        self._agent = agent

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        target = self._rules.checked(url)
        began = time.monotonic()
        try:
            with guarded_client(self._rules, seconds=self._seconds, agent=self._agent) as client:
                return self._post(client, target, headers, body, began)
        except (AddressRefused, HostUnknown, UnresolvedHost, OutOfTime) as error:
            # What a name server says today it may not say in an hour.
            raise ReceiverFailed(str(error)) from error
        except (httpx.RequestError, httpx.StreamError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ReceiverFailed(f"{target.host} gave no answer: {reason}") from error

    def _post(
        self,
        client: httpx.Client,
        target: httpx.URL,
        headers: Mapping[str, str],
        body: bytes,
        began: float,
    ) -> Answer:
        sent = {**headers, "Content-Type": "application/json"}
        with client.stream("POST", target, headers=sent, content=body) as response:
            status, text = response.status_code, _beginning(response)
        return Answer(status, round(time.monotonic() - began, 2), text)


def _beginning(response: httpx.Response) -> str:
    """How the answer begins, on one line; whatever is wrong with the rest, its status counts."""
    try:
        read = next(response.iter_raw(_EXCERPT), b"")[:_EXCERPT]
    except (httpx.RequestError, httpx.StreamError, OutOfTime):
        return "(its body broke off)"
    text = " ".join(read.decode(errors="replace").split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
