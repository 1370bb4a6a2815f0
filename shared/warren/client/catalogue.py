"""Keeping a customer's products, services and accessories searchable: fifteen calls.

    from warren.client import catalogue

    catalogue.upsert_product(customer_id, {"id": "lamp-1", "name": "Lamp", "price": 12.5})
    catalogue.delete_product(customer_id, "lamp-1", async_mode=False)

Each returns `{"status": "queued", "task_id": …}` once the gateway has committed the write, or
`{"status": "unchanged"}` if the index has just that already. With `async_mode=False` it returns
when the index has taken the write up or refused it: `{"status": "succeeded", "task_id": …,
"result": …}`, or `failed`, `expired` or `cancelled` with an `error`. Bulks add `accepted`,
`unchanged`, `refused` and `errors`, which name items that were not accepted. `customer_id` is one's
own, or None for that; a key with the scope `operate` may name any.

`api_key` is of the caller's own embedding provider; the gateway seals it at once.

Raises RefusedByGateway (its `field` says what is wrong), GatewayUnreachable, and WaitTimeout if the
outcome is not there after WAIT seconds: the task goes on.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson

from warren.client.gateway_client import GatewayClient, default_client
from warren.client.outcomes import Outcome, outcome_of
from warren.contracts.catalogue import NDJSON
from warren.contracts.catalogue_item import EntityKind

#: A bulk is read and judged before it is answered.
_BULK_TRY = 300.0

Item = Mapping[str, Any]
_PLURALS = {
    EntityKind.PRODUCT: "products",
    EntityKind.SERVICE: "services",
    EntityKind.ACCESSORY: "accessories",
}


class _Calls:
    """The five calls for one kind, by this client or that of the environment."""

    def __init__(self, kind: EntityKind, client: GatewayClient | None = None) -> None:
        self._path = f"/api/v1/catalogue/{_PLURALS[kind]}"
        self._given = client

    def upsert(
        self,
        customer_id: UUID | str | None,
        data: Item,
        with_embedding: bool = True,
        api_key: str | None = None,
        async_mode: bool = True,
    ) -> Outcome:
        """Write one item, which has its own `id`."""
        path = f"{self._path}/{quote(str(data.get('id', '')), safe='')}"
        parameters = {"customer_id": customer_id, "with_embedding": _flag(with_embedding)}
        answer = self._client().change(
            "PUT", path, orjson.dumps(dict(data)), headers=_key(api_key), parameters=parameters
        )
        return self._outcome(answer, async_mode)

    def bulk_upsert(
        self,
        customer_id: UUID | str | None,
        items: Iterable[Item],
        with_embedding: bool = True,
        api_key: str | None = None,
        async_mode: bool = True,
    ) -> Outcome:
        """Write many items; those that are refused are named, the others go through."""
        parameters = {"customer_id": customer_id, "with_embedding": _flag(with_embedding)}
        return self._bulk("bulk", map(dict, items), _key(api_key), parameters, async_mode)

    def delete(
        self, customer_id: UUID | str | None, item_id: str, async_mode: bool = True
    ) -> Outcome:
        """Delete one item; RefusedByGateway (404) if nobody has written it."""
        path = f"{self._path}/{quote(item_id, safe='')}"
        parameters = {"customer_id": customer_id}
        answer = self._client().change("DELETE", path, None, headers={}, parameters=parameters)
        return self._outcome(answer, async_mode)

    def bulk_delete(
        self, customer_id: UUID | str | None, ids: Iterable[str], async_mode: bool = True
    ) -> Outcome:
        """Delete many items; ids that nobody has written are passed over."""
        return self._bulk("bulk-delete", ids, {}, {"customer_id": customer_id}, async_mode)

    def delete_all(self, customer_id: UUID | str | None, async_mode: bool = True) -> Outcome:
        """Delete all that the customer has of this kind; no search shows it from now on."""
        parameters = {"customer_id": customer_id, "confirm": "true"}
        answer = self._client().change(
            "DELETE", self._path, None, headers={}, parameters=parameters
        )
        return self._outcome(answer, async_mode)

    def _bulk(
        self,
        name: str,
        values: Iterable[Any],
        headers: Mapping[str, str],
        parameters: Mapping[str, Any],
        async_mode: bool,
    ) -> Outcome:
        lines = b"".join(orjson.dumps(v, option=orjson.OPT_APPEND_NEWLINE) for v in values)
        answer = self._client().change(
            "POST",
            f"{self._path}/{name}",
            lines,
            headers={"Content-Type": NDJSON, **headers},
            parameters=parameters,
            one_try=_BULK_TRY,
        )
        counts = {name: answer[name] for name in _COUNTS if name in answer}
        return {**self._outcome(answer, async_mode), **counts}

    def _outcome(self, answer: Mapping[str, Any], async_mode: bool) -> Outcome:
        return outcome_of(answer, self._given, async_mode=async_mode)

    def _client(self) -> GatewayClient:
        return self._given or default_client()


_COUNTS = ("accepted", "unchanged", "repeated", "refused", "errors")


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _key(api_key: str | None) -> dict[str, str]:
    return {} if api_key is None else {"X-Embedding-Api-Key": api_key}


_products = _Calls(EntityKind.PRODUCT)
_services = _Calls(EntityKind.SERVICE)
_accessories = _Calls(EntityKind.ACCESSORY)


def upsert_product(
    customer_id: UUID | str | None,
    product_data: Item,
    with_embedding: bool = True,
    api_key: str | None = None,
    async_mode: bool = True,
) -> Outcome:
    """Write one product, which has its own `id`."""
    return _products.upsert(customer_id, product_data, with_embedding, api_key, async_mode)


def upsert_service(
    customer_id: UUID | str | None,
    service_data: Item,
    with_embedding: bool = True,
    api_key: str | None = None,
    async_mode: bool = True,
) -> Outcome:
    """Write one service, which has its own `id`."""
    return _services.upsert(customer_id, service_data, with_embedding, api_key, async_mode)


def upsert_accessory(
    customer_id: UUID | str | None,
    accessory_data: Item,
    with_embedding: bool = True,
    api_key: str | None = None,
    async_mode: bool = True,
) -> Outcome:
    """Write one accessory, which has its own `id`."""
    return _accessories.upsert(customer_id, accessory_data, with_embedding, api_key, async_mode)


bulk_upsert_product = _products.bulk_upsert
bulk_upsert_service = _services.bulk_upsert
bulk_upsert_accessory = _accessories.bulk_upsert
delete_product = _products.delete
delete_service = _services.delete
delete_accessory = _accessories.delete
bulk_delete_product = _products.bulk_delete
bulk_delete_service = _services.bulk_delete
bulk_delete_accessory = _accessories.bulk_delete
delete_all_product = _products.delete_all
delete_all_service = _services.delete_all
delete_all_accessory = _accessories.delete_all
