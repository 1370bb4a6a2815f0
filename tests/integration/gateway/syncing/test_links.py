"""Links to files that need no key."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from gateway.config import GatewaySettings

pytestmark = pytest.mark.postgres


@pytest.fixture
def link(
    settings: GatewaySettings,
    database: object,
    serve: Callable[[GatewaySettings], str],
    connect: Callable[[str, str], httpx.Client],
) -> str:
    """The address of a document's original, as its customer is told it."""
    signing = settings.model_copy(update={"link_keys": _secret("k" * 32), "link_seconds": 600})
    url = serve(signing)
    client = connect(url, database.key())  # type: ignore[attr-defined]
    body = {"text": "Words", "source": "s", "name": "words.txt"}
    accepted = client.post("/api/v1/documents/upload-text", json=body).json()
    document = client.get(f"/api/v1/documents/{accepted['document_id']}").json()
    assert document["original"]["expires_at"]
    return url + str(document["original"]["url"])


def _secret(text: str) -> object:
    return GatewaySettings(link_keys=text).link_keys


def _get(link: str, **changed: str) -> httpx.Response:
    query = {**dict(parse_qsl(urlsplit(link).query)), **changed}
    return httpx.get(link.partition("?")[0], params=query, trust_env=False)


def test_a_link_opens_its_file_without_a_key(link: str) -> None:
    answer = httpx.get(link, trust_env=False)

    assert (answer.status_code, answer.text) == (200, "Words")
    assert "words.txt" in answer.headers["content-disposition"]
    assert httpx.head(link, trust_env=False).headers["content-length"] == "5"


def test_a_link_that_was_changed_opens_nothing(link: str) -> None:
    for changed in (
        {"signature": "A" * 43},
        {"signature": ""},
        {"expires": "99999999999"},
        {"expires": "soon"},
    ):
        answer = _get(link, **changed)
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:warren:problem:link-not-valid"
    other = link.replace("/artifacts/0", "/artifacts/1")
    assert httpx.get(other, trust_env=False).status_code in (403, 404)
    assert httpx.get(link.partition("?")[0], trust_env=False).status_code == 401
    assert httpx.post(link, trust_env=False).status_code in (401, 405)
