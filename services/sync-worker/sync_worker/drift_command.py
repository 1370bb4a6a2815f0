"""`warren drift CUSTOMER`: does the chatbot have what it should have?"""

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

import httpx
import typer

from sync_worker.config import ChatbotSettings
from sync_worker.errors import GatewayNotRead, NoChatbot
from sync_worker.ports import Collection
from sync_worker.service.drift import Drift, drift
from sync_worker.workers.surroundings import chatbot
from warren.client.gateway_connection import authorization

app = typer.Typer()

_LISTS: dict[Collection, tuple[str, str]] = {
    "documents": ("/api/v1/documents/list", "document_id"),
    "faqs": ("/api/v1/mobile-faqs", "faq_id"),
}
_PAGE = 200
_TIMEOUT = 30.0


@app.command("drift")
def compare(
    customer: Annotated[UUID, typer.Argument(help="Whose documents and FAQs.")],
    url: Annotated[str, typer.Option(envvar="WARREN_URL", help="The gateway's address.")],
    api_key: Annotated[
        str, typer.Option(envvar="WARREN_API_KEY", help="A key of this customer's.")
    ],
) -> None:
    """Compare what is synced here with what the chatbot has; exit code 1 if that differs.

    Changes under way are left out here and may be there already: look again before you act.
    """
    if ChatbotSettings().chatbot_url is None:
        raise NoChatbot("no chatbot is configured: set SYNC_CHATBOT_URL")
    headers = authorization(api_key)
    with httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT) as gateway:
        found = {
            collection: drift(
                dict(_synced(gateway, *place)), chatbot().versions(customer, collection)
            )
            for collection, place in _LISTS.items()
        }
    for collection, difference in found.items():
        _tell(collection, difference)
    raise typer.Exit(1 if any(found.values()) else 0)


def _synced(gateway: httpx.Client, path: str, id_name: str) -> Iterator[tuple[UUID, int]]:
    """Ids and versions of what the chatbot is said to have."""
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": _PAGE} | ({"cursor": cursor} if cursor else {})
        page = _answer(gateway, path, query)
        yield from (
            (UUID(item[id_name]), item["synced_version"])
            for item in page["items"]
            if item["sync"] == "synced"
        )
        cursor = page["next_cursor"]


def _answer(gateway: httpx.Client, path: str, query: dict[str, Any]) -> dict[str, Any]:
    try:
        response = gateway.get(path, params=query)
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        raise GatewayNotRead(f"the gateway answers {error.response.status_code}") from error
    except httpx.HTTPError as error:
        raise GatewayNotRead(f"the gateway is not reached: {error}") from error
    page: dict[str, Any] = response.json()
    return page


def _tell(collection: Collection, difference: Drift) -> None:
    words = {
        "is missing there": difference.missing,
        "is out of date there": difference.behind,
        "is newer there": difference.ahead,
        "should not be there": difference.strange,
    }
    for what, ids in words.items():
        for id_ in ids:
            typer.echo(f"{collection}: {id_} {what}")
    if not difference:
        typer.echo(f"{collection}: in step")
