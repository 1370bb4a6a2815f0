"""A customer's catalogue as the gateway shows it, and as it lies in the index."""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx
import orjson
import psycopg

from indexer.config import IndexSettings
from indexer.opening import open_index
from indexer.ports import CatalogueIndex
from tests.e2e.client import TERMINAL, Client
from warren.contracts.catalogue_item import EntityKind
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

PRODUCT = EntityKind.PRODUCT
URL = "/api/v1/catalogue/products"


class Shop:
    """Over a running stack with the indexer."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        described = stack.descriptor
        self.client = Client(described.gateway_url, described.api_key)
        environment = stack.plan.environment
        settings = IndexSettings(
            elasticsearch_url=environment.get("INDEXER_ELASTICSEARCH_URL"),
            folder=stack.folder.path / "search",
        )
        self.index: CatalogueIndex = open_index(settings).index
        ((customer,),) = self.ask("SELECT customer_id FROM api_keys LIMIT 1")
        self.customer_id: UUID = customer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.index.close()
        self.client.http.close()

    # --- over HTTP ----------------------------------------------------------------------------

    def put(self, item_id: str, *, embed: bool = False, **item: Any) -> str:
        """Write a product; the task's id."""
        answer = self.client.http.put(
            f"{URL}/{item_id}", json={"name": "A thing", **item}, params={"with_embedding": embed}
        )
        return accepted(answer)

    def delete(self, item_id: str) -> str:
        """Delete a product; the task's id."""
        return accepted(self.client.http.delete(f"{URL}/{item_id}"))

    def bulk(self, items: Iterable[Mapping[str, Any]], *, embed: bool = False) -> dict[str, Any]:
        """Upload products as NDJSON; what the gateway answers."""
        answer = self.client.http.post(
            f"{URL}/bulk",
            content=b"\n".join(orjson.dumps(item) for item in items),
            headers={"Content-Type": "application/x-ndjson"},
            params={"with_embedding": embed},
            timeout=60,
        )
        accepted(answer)
        told: dict[str, Any] = answer.json()
        return told

    def search(self, question: str, **more: Any) -> list[str]:
        """The ids of what is found."""
        answer = self.client.http.get(f"{URL}/search", params={"q": question, **more})
        assert answer.status_code == 200, answer.text
        return [hit["id"] for hit in answer.json()["hits"]]

    # --- what there is ------------------------------------------------------------------------

    def ask(self, query: Any, values: Any = None) -> list[tuple[Any, ...]]:
        """Rows of the gateway's database."""
        with psycopg.connect(self.stack.descriptor.database_url) as connection:
            return connection.execute(query, values).fetchall()

    def states(self) -> dict[str, int]:
        """How many tasks of the catalogue are in which state."""
        query = "SELECT state, count(*) FROM tasks WHERE kind LIKE 'catalogue.%' GROUP BY state"
        return {str(state): int(count) for state, count in self.ask(query)}

    def wait_for_all(self, within: float) -> dict[str, int]:
        """The states when every task has ended, those included that follow from others."""

        def ended() -> dict[str, int] | None:
            states = self.states()
            return None if set(states) - TERMINAL else states

        return eventually(ended, within=within, seen=self.states)

    def desired(self) -> dict[str, tuple[int, bool]]:
        """Version and whether it is there, by id: the source of truth."""
        query = (
            "SELECT id, version, NOT deleted FROM catalogue_items LEFT JOIN catalogue_floors f"
            " USING (customer_id, entity_kind)"
            " WHERE entity_kind = 'product' AND version > coalesce(f.floor, 0)"
        )
        return {name: (version, there) for name, version, there in self.ask(query)}

    def indexed(self) -> dict[str, tuple[int, bool]]:
        """The same, as the index has it."""
        ((floor,),) = self.ask(
            "SELECT coalesce(max(floor), 0) FROM catalogue_floors WHERE entity_kind = 'product'"
        )
        self.index.refresh(PRODUCT)
        return {
            held.id: (held.version, held.item is not None)
            for held in self.index.scan(PRODUCT, self.customer_id, floor)
        }


def accepted(answer: httpx.Response) -> str:
    """The id of the task that the gateway has accepted."""
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])
