"""A catalogue from end to end on the embedded index, as `make up` runs it."""

import pytest

from tests.integration.indexing.shop import PRODUCT, URL, Shop
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.slow]


def test_an_item_is_found_by_words_and_by_meaning_until_it_is_deleted(embedded_shop: Shop) -> None:
    shop = embedded_shop
    # Given two products, which get their vectors by tasks of their own
    tasks = [
        shop.put("pot", embed=True, name="Заварочный чайник", attributes={"colour": "red"}),
        shop.put("lamp", embed=True, name="Desk lamp", price=20.5, currency="EUR"),
    ]
    for task in tasks:
        assert shop.client.wait(task)["status"] == "succeeded"
    assert set(shop.wait_for_all(60)) == {"succeeded"}

    # Then they are found by words, spelt as people do, and by meaning in another language
    assert shop.search("чайники") == ["pot"]
    assert shop.search("desk lmap") == ["lamp"]
    assert shop.search("brewing tea", mode="semantic")[0] == "pot"
    assert shop.search("lamp", mode="hybrid")[0] == "lamp"
    view = shop.client.http.get(f"{URL}/pot").json()
    assert (view["sync"], view["desired_version"]) == ("indexed", view["indexed_version"])

    # And no more when they are deleted
    assert shop.client.wait(shop.delete("pot"))["status"] == "succeeded"
    assert shop.search("чайник") == []
    assert shop.indexed() == shop.desired()


def test_a_worker_that_is_killed_in_the_middle_of_a_bulk_writes_all_of_it(
    embedded_shop: Shop,
) -> None:
    shop = embedded_shop
    # Given a bulk of two tasks, killed again and again while it is written
    items = [{"id": f"bulk-{n}", "name": f"Cup number {n}", "price": n / 7} for n in range(6_000)]
    told = shop.bulk(items)
    for share in (500, 2_500, 4_500):
        eventually(lambda least=share: len(shop.indexed()) > least, within=60)  # type: ignore[misc]
        shop.stack.kill("indexer")

    # Then each task has ended well, once, and everything is there as it was written last
    assert set(shop.wait_for_all(150)) == {"succeeded"}
    results = [shop.client.result(member) for member in told["members"]]
    assert sum(result["applied"] for result in results) == 6_000
    assert shop.indexed() == shop.desired()
    assert shop.search("number 5999") == ["bulk-5999"]


def test_everything_is_gone_at_once_and_cleaned_up_later(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.client.wait(shop.put("last", name="Last cup"))
    assert shop.search("last") == ["last"]

    answer = shop.client.http.delete(URL, params={"confirm": True})

    assert answer.status_code == 202, answer.text
    assert shop.search("last") == []
    assert shop.client.wait(answer.json()["task_id"])["status"] == "succeeded"
    assert list(shop.index.scan(PRODUCT, shop.customer_id)) == []
