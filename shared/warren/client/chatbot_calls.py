"""How documents and FAQs ask the gateway: with a key that makes each write happen once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from warren.client.gateway_client import GatewayClient, default_client
from warren.client.outcomes import Outcome, outcome_of

#: Seconds that one try of an upload may take.
_UPLOAD_TRY = 300.0
_JSON = {"Content-Type": "application/json"}
#: What an answer says beside the task.
_KEPT = (
    "document_id",
    "faq_id",
    "import_id",
    "version",
    "deleted",
    "rows",
    "creates",
    "updates",
    "unchanged",
    "duplicates",
    "dry_run",
)


@dataclass(frozen=True, slots=True)
class Calls:
    """Writes and reads by this client, or that of the environment."""

    given: GatewayClient | None = None

    def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        async_mode: bool,
    ) -> Outcome:
        """Send a body of JSON, or none; what comes of it."""
        answer = self._client().change(
            method,
            path,
            None if body is None else orjson.dumps(dict(body)),
            headers={} if body is None else _JSON,
            parameters=parameters or {},
        )
        return self._outcome(answer, async_mode)

    def upload(
        self,
        path: str,
        content: bytes,
        name: str,
        fields: Mapping[str, str],
        parameters: Mapping[str, Any],
        *,
        async_mode: bool,
    ) -> Outcome:
        """Send a file as a form."""
        form = httpx.Request("POST", "http://form", data=fields, files={"file": (name, content)})
        answer = self._client().change(
            "POST",
            path,
            form.read(),
            headers={"Content-Type": form.headers["Content-Type"]},
            parameters=parameters,
            one_try=_UPLOAD_TRY,
        )
        return self._outcome(answer, async_mode)

    def read(self, path: str) -> Any:
        """What stands there."""
        return self._client().get(path)

    def pages(self, path: str, parameters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page."""
        cursor: str | None = None
        while True:
            wanted = {**parameters, "limit": "200", **({"cursor": cursor} if cursor else {})}
            page = self._client().get(f"{path}?{httpx.QueryParams(wanted)}")
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _outcome(self, answer: Mapping[str, Any], async_mode: bool) -> Outcome:
        kept = {name: answer[name] for name in _KEPT if answer.get(name) is not None}
        return {**kept, **outcome_of(answer, self.given, async_mode=async_mode)}

    def _client(self) -> GatewayClient:
        return self.given or default_client()
