"""Asks the gateway how it is and which workers it knows, and other programs how they are."""

from typing import Any

import httpx

_TIMEOUT = 3.0


class ProgramProbe:
    """Asks one program until it says that it can be used; an answer that does not come is a no."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=_TIMEOUT, trust_env=False)
        self._was_ready = False

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def was_ready(self) -> bool:
        """Whether the program has said so by now; it is not asked again."""
        if not self._was_ready:
            try:
                self._was_ready = self._client.get("/readyz").status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False
        return self._was_ready


class GatewayProbe:
    """Questions to one gateway; an answer that does not come counts as a no."""

    def __init__(self, url: str, api_key: str) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=_TIMEOUT,
            trust_env=False,  # no proxy stands between us and this machine
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def is_ready(self) -> bool:
        """Whether the gateway takes requests."""
        try:
            return self._client.get("/readyz").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def live_workers(self) -> dict[int, str]:
        """The worker processes whose beats arrive, by process id, and how busy they are."""
        try:
            answer = self._client.get("/api/v1/workers", params={"state": "live"})
            workers = answer.json()["items"] if answer.is_success else []
        except (httpx.HTTPError, ValueError, KeyError):
            return {}
        return {int(worker["pid"]): _in_words(worker) for worker in workers}


def _in_words(worker: dict[str, Any]) -> str:
    total = worker["slots_total"]
    return f"{worker['slots_busy']} of {total} slots busy" if total else "beats"
