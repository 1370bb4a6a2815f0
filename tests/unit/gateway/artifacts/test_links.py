"""Signed links: good for one file, for reading, until they expire."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from gateway.artifacts.links import ArtifactLinks
from gateway.problems import LinkExpired, LinkNotValid

KEY, OLD = "k" * 32, "o" * 32
FILE = uuid4()


def _parts(url: str) -> tuple[str, str]:
    query = parse_qs(urlsplit(url).query)
    return query["expires"][0], query["signature"][0]


def test_a_link_is_good_until_it_expires() -> None:
    now = [1_000.0]
    links = ArtifactLinks([KEY], 60, clock=lambda: now[0])
    link = links.link(FILE)
    assert link.url.startswith(f"/api/v1/artifacts/{FILE}?")

    links.check("GET", FILE, *_parts(link.url))
    links.check("HEAD", FILE, *_parts(link.url))
    now[0] = 1_061.0
    with pytest.raises(LinkExpired):
        links.check("GET", FILE, *_parts(link.url))


def test_a_link_is_for_one_file_and_for_reading() -> None:
    links = ArtifactLinks([KEY], 60)
    expires, signature = _parts(links.link(FILE).url)

    for method, file, until, signed in (
        ("GET", uuid4(), expires, signature),
        ("DELETE", FILE, expires, signature),
        ("GET", FILE, str(int(expires) + 1), signature),
        ("GET", FILE, expires, signature[:-1]),
        ("GET", FILE, expires, ""),
        ("GET", FILE, "", signature),
        ("GET", FILE, "-1", signature),
        ("GET", FILE, "9" * 30, signature),
        ("GET", FILE, "9" * 5000, signature),
        ("GET", FILE, expires, "ü"),
    ):
        with pytest.raises(LinkNotValid):
            links.check(method, file, until, signed)


def test_keys_are_rotated_without_breaking_links() -> None:
    before = _parts(ArtifactLinks([OLD], 60).link(FILE).url)

    ArtifactLinks([KEY, OLD], 60).check("GET", FILE, *before)
    with pytest.raises(LinkNotValid):
        ArtifactLinks([KEY], 60).check("GET", FILE, *before)


def test_without_a_key_there_are_only_ordinary_addresses() -> None:
    links = ArtifactLinks([], 60)

    assert links.link(FILE).url == f"/api/v1/artifacts/{FILE}"
    with pytest.raises(LinkNotValid):
        links.check("GET", FILE, *_parts(ArtifactLinks([""], 60).link(FILE).url))
