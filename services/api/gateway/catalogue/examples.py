"""What the API's document shows of the catalogue."""

from gateway.customers.problems import CustomerBeingErased
from gateway.openapi.examples import Examples, Trait
from gateway.openapi.values import TASK
from gateway.problems import MalformedBody, SearchUnavailable, SecretsNotTaken, SpoolFull

_KIND = "/api/v1/catalogue/{kind}"
_LINES = "application/x-ndjson"
_ITEM = {
    "id": "lamp-1",
    "name": "Desk lamp",
    "category": "Lighting",
    "price": 39.5,
    "currency": "EUR",
    "attributes": {"colour": "green"},
}
_QUEUED = {
    "kind": "catalogue.upsert_product",
    "status": "queued",
    "message": "The change is queued and will be searchable shortly.",
}

EXAMPLES = Examples(
    tags={"catalogue": "Products, services and accessories, kept searchable"},
    bodies={
        f"PUT {_KIND}/{{item_id}}": _ITEM,
        f"POST {_KIND}/bulk": {"items": [_ITEM, {"id": "lamp-2", "name": "Floor lamp"}]},
        f"POST {_KIND}/bulk {_LINES}": _ITEM,
        f"POST {_KIND}/bulk-delete": {"ids": ["lamp-1", "lamp-2"]},
        f"POST {_KIND}/bulk-delete {_LINES}": "lamp-1",
    },
    values={
        **{
            f"{schema}.{field}": value
            for schema in ("BulkAccepted", "WriteAccepted", "DeletionAccepted")
            for field, value in _QUEUED.items()
        },
        **{f"{schema}.id": "lamp-1" for schema in ("WriteAccepted", "Unchanged", "ItemView")},
        **{f"{schema}.id": TASK for schema in ("BulkAccepted", "DeletionAccepted")},
        "SearchHit.id": "lamp-1",
        "RefusedItem.id": "lamp-3",
        "RefusedItem.field": "price",
        "RefusedItem.message": "must not be negative",
        "NothingToDo.errors": [],
        "item": _ITEM,
        "content_hash": "5b1a0f0c",
        "last_error": None,
        "vector_error": None,
        "highlights": {"name": "Desk <em>lamp</em>"},
    },
    problems={
        f"PUT {_KIND}/{{item_id}}": (SecretsNotTaken, CustomerBeingErased),
        f"DELETE {_KIND}/{{item_id}}": (CustomerBeingErased,),
        f"DELETE {_KIND}": (CustomerBeingErased,),
        f"POST {_KIND}/bulk": (SecretsNotTaken, SpoolFull, MalformedBody, CustomerBeingErased),
        f"POST {_KIND}/bulk-delete": (SpoolFull, MalformedBody, CustomerBeingErased),
        f"GET {_KIND}/search": (SearchUnavailable,),
    },
    traits={
        f"POST {_KIND}/bulk": (Trait.KEYED,),
        f"POST {_KIND}/bulk-delete": (Trait.KEYED,),
    },
)
