import math
from typing import Any

import pytest
from pydantic import ValidationError

from warren.contracts.catalogue import CATALOGUE_JOBS, Action, catalogue_job
from warren.contracts.catalogue_item import CatalogueItem, EntityKind, content_hash


def _item(**more: Any) -> dict[str, Any]:
    return {"id": "p-1", "name": "Lamp", **more}


def _nested(levels: int) -> Any:
    value: Any = "leaf"
    for _ in range(levels):
        value = {"in": value}
    return value


def test_each_action_on_each_kind_has_one_job_under_its_own_wire_name() -> None:
    made = {
        catalogue_job(action, kind).kind: f"catalogue.{action}_{kind}"
        for action in Action
        for kind in EntityKind
    }

    assert len(CATALOGUE_JOBS) == 15
    assert all(wire == meant for wire, meant in made.items())


def test_an_item_keeps_fields_of_its_own() -> None:
    item = CatalogueItem.model_validate(_item(price=12, colour="red", attributes={"watt": 5}))

    assert item.price == 12.0
    assert item.model_dump(exclude_unset=True)["colour"] == "red"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (_item(price=math.nan), "price"),
        (_item(price=math.inf), "price"),
        (_item(price=-1), "price"),
        (_item(price="12"), "price"),
        (_item(price=True), "price"),
        (_item(id=7), "id"),
        (_item(id="x" * 201), "id"),
        (_item(id="a/b"), "id"),
        (_item(id="search"), "id"),
        (_item(id=".."), "id"),
        (_item(id="\u4e2d" * 100), "id"),
        (_item(name=""), "name"),
        (_item(description="x" * 1_000_000), "description"),
        (_item(colour="x" * 1_000_000), "colour"),
        (_item(attributes=_nested(2_000)), "attributes"),
        (_item(attributes={"n": math.nan}), "attributes.n"),
        (_item(number=2**70), "number"),
        (_item(name=2**70), "name"),
        (_item(currency=-(2**70)), "currency"),
        (_item(**{f"f{n}": n for n in range(600)}), "item"),
        (_item(attributes={"x" * 101: 1}), "attributes"),
        (_item(currency="euro"), "currency"),
        (_item(images="a.png"), "images"),
    ],
)
def test_an_item_out_of_bounds_is_refused_with_its_field(given: Any, field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CatalogueItem.model_validate(given)

    (error, *_) = refused.value.errors()
    named = ".".join(map(str, error["loc"])) or error["msg"]
    assert field in named


def test_the_order_of_fields_makes_no_other_content() -> None:
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 2})
