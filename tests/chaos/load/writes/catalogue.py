"""What customers do with their catalogues: few ids, so that writes of one meet."""

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.chaos.load.writes.writer import Write

_KINDS = {"product": "products", "service": "services", "accessory": "accessories"}
_IDS = 12
_IN_A_BULK = 30
_WEIGHTS = {"put": 60, "again": 8, "delete": 18, "bulk": 8, "bulk-delete": 4, "delete_all": 2}
_EMBEDDED = 0.02


def catalogue_writes(random: Random) -> Iterator[Write]:
    """What a customer asks for, one after the other, without an end."""
    last: dict[tuple[str, str], dict[str, Any]] = {}
    while True:
        kind = random.choice([*_KINDS])
        yield _drawn(kind, random, last)


def _drawn(kind: str, random: Random, last: dict[tuple[str, str], dict[str, Any]]) -> Write:
    url = f"/api/v1/catalogue/{_KINDS[kind]}"
    name = f"item-{random.randrange(_IDS)}"
    keyed = random.random() < 0.3
    match random.choices([*_WEIGHTS], [*_WEIGHTS.values()])[0]:
        case "delete":
            return Write(kind, "delete", "DELETE", f"{url}/{name}", name, keyed=keyed)
        case "bulk":
            items = [_item(f"item-{n}", random) for n in _some(random)]
            return Write(kind, "bulk", "POST", f"{url}/bulk", json={"items": items}, query=_TEXT)
        case "bulk-delete":
            ids = {"ids": [f"item-{n}" for n in _some(random)[:4]]}
            return Write(kind, "bulk", "POST", f"{url}/bulk-delete", json=ids)
        case "delete_all":
            confirmed = {"confirm": True}
            return Write(kind, "delete_all", "DELETE", url, query=confirmed, keyed=keyed)
        case "again" if (kind, name) in last:
            item = last[kind, name]
        case _:
            item = last[kind, name] = _item(name, random)
    query = {"with_embedding": random.random() < _EMBEDDED}
    return Write(kind, "put", "PUT", f"{url}/{name}", name, item, item, query=query, keyed=keyed)


_TEXT = {"with_embedding": False}


def _some(random: Random) -> list[int]:
    return random.sample(range(4 * _IDS), random.randint(2, _IN_A_BULK))


def _item(name: str, random: Random) -> dict[str, Any]:
    number = random.getrandbits(40)
    tags = random.sample(["red", "blue", "small", "new"], random.randint(0, 3))
    return {"id": name, "name": f"Thing {number:x}", "price": number % 10_000 / 7, "tags": tags}
