"""The search node over HTTP, on an embedded index."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from indexer.embedders import embedded_model
from indexer.errors import IndexUnavailable
from indexer.ports import CatalogueIndex, DocumentWrite, Embedded
from indexer.query import create_app
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.search import SearchPage
from warren.providers import ProviderRefused

TOKEN = "a-token-for-tests-only"
PRODUCT = EntityKind.PRODUCT
CUSTOMER = uuid4()


@pytest.fixture
def client(index: CatalogueIndex) -> Iterator[TestClient]:
    app = create_app(index, SecretStr(TOKEN))
    with TestClient(app, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client


def write(index: CatalogueIndex, name: str, version: int, customer: UUID = CUSTOMER) -> None:
    item = {"id": name, "name": name}
    vector = embedded_model().passages([name])[0]
    embedded = Embedded(vector, embedded_model().model)
    index.write(PRODUCT, [DocumentWrite(customer, name, version, item, embedded)])


def ask(client: TestClient, **request: Any) -> SearchPage:
    answer = client.post("/search/product", json={"customer_id": str(CUSTOMER), **request})
    assert answer.status_code == 200, answer.text
    return SearchPage.model_validate(answer.json())


def test_a_question_is_answered_by_words(client: TestClient, index: CatalogueIndex) -> None:
    write(index, "red-teapot", 1)
    write(index, "red-lamp", 2)
    write(index, "red-teapot", 3, customer=uuid4())

    page = ask(client, q="teapots")

    assert [(hit.id, hit.entity_version) for hit in page.hits] == [("red-teapot", 1)]
    assert page.total == 1
    assert page.hits[0].highlights == {"name": "red-<em>teapot</em>"}
    assert [hit.id for hit in ask(client, q="red", floor=1).hits] == ["red-lamp"]


def test_a_question_is_answered_by_meaning_in_another_language(
    client: TestClient, index: CatalogueIndex
) -> None:
    write(index, "Заварочный чайник", 1)
    write(index, "Настольная лампа", 2)

    nearest = ask(client, q="a pot to brew tea in", mode="semantic").hits[0]
    fused = ask(client, q="чайник", mode="hybrid")

    assert nearest.id == "Заварочный чайник"
    assert fused.hits[0].id == "Заварочный чайник"
    assert len(fused.hits) == 2


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}"])
def test_nobody_is_let_in_without_the_token(client: TestClient, given: str) -> None:
    answer = client.post(
        "/search/product", json={"customer_id": str(CUSTOMER)}, headers={"Authorization": given}
    )

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no customer": ({"customer_id": None}, "customer_id"),
    "a page too far": ({"offset": 5_000}, "offset"),
    "a page too large": ({"limit": 1_000}, "limit"),
    "a long question": ({"q": "x" * 501}, "q"),
    "an unknown filter": ({"filters": {"colour": "red"}}, "filters.colour"),
    "a range upside down": ({"filters": {"price_from": 5, "price_to": 1}}, "filters"),
    "meaning of nothing": ({"mode": "semantic"}, "q"),
}


@pytest.mark.parametrize(("request_", "field"), BAD.values(), ids=BAD.keys())
def test_a_bad_question_is_refused_with_its_field(
    client: TestClient, request_: dict[str, Any], field: str
) -> None:
    answer = client.post("/search/product", json={"customer_id": str(CUSTOMER), **request_})

    assert answer.status_code == 422, answer.text
    assert answer.json()["field"].endswith(field)


def test_an_unknown_kind_is_not_found(client: TestClient) -> None:
    answer = client.post("/search/planet", json={"customer_id": str(CUSTOMER)})

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


class Away:
    """An index that is not there."""

    def __getattr__(self, name: str) -> Any:
        raise IndexUnavailable("the search index gave no answer", retry_after=7)


def test_an_index_that_is_away_shows_in_readiness_and_in_answers() -> None:
    index: Any = Away()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with TestClient(create_app(index, SecretStr(TOKEN)), headers=headers) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        answer = client.post("/search/product", json={"customer_id": str(CUSTOMER), "q": "tea"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
        assert "gave no answer" in answer.json()["detail"]
        counted = 'warren_search_node_failures_total{error="IndexUnavailable"} 2.0'
        assert counted in client.get("/metrics").text


class Refusing:
    """Stands for a search that a caller's own provider has refused."""

    def __getattr__(self, name: str) -> Any:
        raise ProviderRefused("embedding answered 401: Incorrect API key provided: sk-ab***yz")


def test_a_key_that_the_provider_refuses_is_the_callers_fault_and_not_repeated() -> None:
    index: Any = Refusing()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with TestClient(create_app(index, SecretStr(TOKEN)), headers=headers) as client:
        answer = client.post("/search/product", json={"customer_id": str(CUSTOMER), "q": "tea"})

    assert (answer.status_code, answer.json()["field"]) == (422, "x-embedding-api-key")
    assert "sk-ab" not in answer.text


def test_a_working_node_says_so_and_counts(client: TestClient) -> None:
    ask(client, q="tea")

    assert client.get("/readyz").json() == {"status": "ready"}
    counted = 'warren_search_node_seconds_count{entity_kind="product",mode="text"} 1.0'
    assert counted in client.get("/metrics").text
