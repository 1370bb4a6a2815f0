"""GET /client/…: what browsers load, without a key."""

import re
from importlib.resources import files

import httpx
import pytest

pytestmark = pytest.mark.postgres

MODULES = re.compile(r'from "\./([\w-]+\.js)"')


@pytest.fixture
def anybody(gateway_url: str) -> httpx.Client:
    return httpx.Client(base_url=gateway_url, trust_env=False, timeout=15)


def test_pages_of_any_origin_may_load_the_module_and_all_that_it_imports(
    anybody: httpx.Client,
) -> None:
    loaded: dict[str, httpx.Response] = {}
    wanted = {"warren.js"}
    with anybody:
        while missing := wanted - loaded.keys():
            name = missing.pop()
            loaded[name] = anybody.get(f"/client/{name}", headers={"Origin": "https://a.example"})
            wanted |= set(MODULES.findall(loaded[name].text))

    modules = {path.name for path in (files("gateway.browser") / "files").iterdir()}
    assert loaded.keys() == {name for name in modules if name.endswith(".js")} - {"example.js"}
    for answer in loaded.values():
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_a_browser_has_it_is_not_sent_again(anybody: httpx.Client) -> None:
    with anybody:
        first = anybody.get("/client/warren.js")
        again = anybody.get("/client/warren.js", headers={"If-None-Match": first.headers["etag"]})
        head = anybody.head("/client/warren.js")

    assert "no-cache" in first.headers["cache-control"]
    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.headers["etag"]) == (200, first.headers["etag"])


def test_the_page_loads_nothing_from_elsewhere_and_stands_in_nobodys_frame(
    anybody: httpx.Client,
) -> None:
    with anybody:
        page = anybody.get("/client/example.html")

    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "access-control-allow-origin" not in page.headers
    assert not re.search(r"https?://|<style|style=|<script>|onclick=", page.text)


@pytest.mark.parametrize("name", ["package.json", "..%2froutes.py", "unknown.js", "__init__.py"])
def test_nothing_else_is_given(anybody: httpx.Client, name: str) -> None:
    with anybody:
        answer = anybody.get(f"/client/{name}")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
