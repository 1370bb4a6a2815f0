"""Fetching pages from servers that mean no good."""

import gzip
import socket
import time
import zlib
from ipaddress import ip_network
from pathlib import Path

import pytest

from sync_worker.adapters.web_pages import WebPages
from sync_worker.errors import PageFailed, PageRefused
from tests.raw_server import RawServer, Speak, answering
from warren.outbound import AddressRefused, OutboundRules, OutOfTime, UrlRefused

_NO_ROBOTS = answering(b"", "404 Not Found")


def pages(server: RawServer, *, seconds: float = 10, most: int = 100_000) -> WebPages:
    loopback = (ip_network("127.0.0.0/8"),)
    rules = OutboundRules(frozenset({server.port}), loopback)
    return WebPages(rules, seconds=seconds, most=most, agent="warren-sync")


def serving(server: RawServer, page: Speak, robots: Speak = _NO_ROBOTS) -> None:
    def speak(connection: socket.socket) -> None:
        wants_robots = server.requests[-1].startswith(b"GET /robots.txt")
        (robots if wants_robots else page)(connection)

    server.speak = speak


def redirect(location: str) -> Speak:
    return answering(b"", "302 Found", f"Location: {location}")


def test_a_page_comes_with_its_type_and_name(server: RawServer, tmp_path: Path) -> None:
    serving(server, answering(b"<p>Bees", "200 OK", "Content-Type: text/html; charset=utf-8"))

    page = pages(server).fetch(server.url("/a/bees.html?q=1"), tmp_path)

    assert page.path.read_bytes() == b"<p>Bees"
    assert (page.name, page.media_type) == ("bees.html", "text/html; charset=utf-8")


def test_redirects_are_followed_to_where_they_end(server: RawServer, tmp_path: Path) -> None:
    hops = iter([redirect("/b"), redirect(server.url("/c")), answering(b"there")])

    def hop(connection: socket.socket) -> None:
        next(hops)(connection)

    serving(server, hop)

    page = pages(server).fetch(server.url("/a"), tmp_path)

    assert (page.url, page.path.read_bytes()) == (server.url("/c"), b"there")


def test_a_page_that_redirects_for_ever_is_given_up(server: RawServer, tmp_path: Path) -> None:
    serving(server, redirect("/again"))

    with pytest.raises(PageRefused, match="more than 5 times"):
        pages(server).fetch(server.url("/"), tmp_path)


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254:{port}/latest/meta-data",
        "http://[::1]:{port}/",
        "http://10.0.0.1:{port}",
    ],
)
def test_a_redirect_to_a_private_address_is_not_followed(
    server: RawServer, tmp_path: Path, location: str
) -> None:
    serving(server, redirect(location.format(port=server.port)))

    with pytest.raises(AddressRefused):
        pages(server).fetch(server.url("/"), tmp_path)


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://127.0.0.1:22/", "gopher://x/"]
)
def test_a_redirect_to_what_is_not_called_is_not_followed(
    server: RawServer, tmp_path: Path, location: str
) -> None:
    serving(server, redirect(location))

    with pytest.raises(UrlRefused) as caught:
        pages(server).fetch(server.url("/"), tmp_path)

    assert caught.value.field == "url"


def test_robots_that_redirect_to_a_private_address_lead_nowhere(
    server: RawServer, tmp_path: Path
) -> None:
    serving(server, answering(b"page"), redirect(f"http://169.254.169.254:{server.port}/"))

    with pytest.raises(AddressRefused):
        pages(server).fetch(server.url("/"), tmp_path)


def test_a_page_that_robots_txt_forbids_is_not_fetched(server: RawServer, tmp_path: Path) -> None:
    serving(server, answering(b"page"), answering(b"User-agent: *\nDisallow: /private\n"))

    assert pages(server).fetch(server.url("/public"), tmp_path).path.read_bytes() == b"page"
    with pytest.raises(PageRefused, match=r"robots\.txt"):
        pages(server).fetch(server.url("/private/x"), tmp_path)


def test_a_site_whose_robots_txt_fails_is_tried_later(server: RawServer, tmp_path: Path) -> None:
    serving(server, answering(b"page"), answering(b"", "503 Service Unavailable"))

    with pytest.raises(PageFailed):
        pages(server).fetch(server.url("/"), tmp_path)


@pytest.mark.parametrize(
    ("status", "error"), [("404 Not Found", PageRefused), ("500 Internal Server Error", PageFailed)]
)
def test_what_the_server_says_decides_whether_it_is_tried_again(
    server: RawServer, tmp_path: Path, status: str, error: type[Exception]
) -> None:
    serving(server, answering(b"", status))

    with pytest.raises(error, match=status[:3]):
        pages(server).fetch(server.url("/"), tmp_path)


def test_a_page_that_says_it_is_too_large_is_not_begun(server: RawServer, tmp_path: Path) -> None:
    serving(server, answering(b"x" * 200_000))

    with pytest.raises(PageRefused, match="100000 bytes"):
        pages(server).fetch(server.url("/"), tmp_path)


def test_a_page_without_an_end_is_cut_at_the_bound(server: RawServer, tmp_path: Path) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.closing.is_set():
            connection.sendall(bytes(65_536))

    serving(server, endless)

    with pytest.raises(PageRefused, match="100000 bytes"):
        pages(server).fetch(server.url("/"), tmp_path)


def test_a_page_that_drips_is_given_up_in_time(server: RawServer, tmp_path: Path) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.closing.wait(0.05):
            connection.sendall(b"x")

    serving(server, drip)
    began = time.monotonic()

    with pytest.raises(OutOfTime):
        pages(server, seconds=0.8).fetch(server.url("/"), tmp_path)

    assert time.monotonic() - began < 4


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_packed_page_is_unpacked_up_to_the_bound(
    server: RawServer, tmp_path: Path, pack: object
) -> None:
    assert callable(pack)
    name = "gzip" if pack is gzip.compress else "deflate"
    serving(server, answering(pack(b"Bees " * 100), "200 OK", f"Content-Encoding: {name}"))
    assert pages(server).fetch(server.url("/"), tmp_path).path.read_bytes() == b"Bees " * 100

    serving(server, answering(pack(bytes(50_000_000)), "200 OK", f"Content-Encoding: {name}"))
    with pytest.raises(PageRefused, match="100000 bytes"):
        pages(server).fetch(server.url("/"), tmp_path)


@pytest.mark.parametrize(
    "page",
    [
        answering(b"no gzip", "200 OK", "Content-Encoding: gzip"),
        answering(b"x", "200 OK", "Content-Encoding: br"),
    ],
)
def test_a_page_that_is_badly_packed_is_refused(
    server: RawServer, tmp_path: Path, page: Speak
) -> None:
    serving(server, page)

    with pytest.raises(PageRefused, match="packed"):
        pages(server).fetch(server.url("/"), tmp_path)


@pytest.mark.parametrize(
    "garbage", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal", b"\x00" * 50]
)
def test_an_answer_that_is_none_is_tried_again(
    server: RawServer, tmp_path: Path, garbage: bytes
) -> None:
    serving(server, lambda connection: connection.sendall(garbage))

    with pytest.raises(PageFailed):
        pages(server).fetch(server.url("/"), tmp_path)
