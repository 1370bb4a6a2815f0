"""Calls to addresses of a caller's choice, against real sockets."""

import socket
import threading
import time
from ipaddress import ip_network

import httpx
import pytest

from tests.raw_server import RawServer, answering
from warren.outbound import (
    AddressRefused,
    HostUnknown,
    OutboundRules,
    OutOfTime,
    UnresolvedHost,
    backend,
    guarded_client,
)

_LOOPBACK = (ip_network("127.0.0.0/8"),)


def rules(server: RawServer, *, loopback: bool) -> OutboundRules:
    return OutboundRules(frozenset({server.port}), _LOOPBACK if loopback else ())


def test_where_loopback_is_allowed_the_answer_comes(server: RawServer) -> None:
    with guarded_client(rules(server, loopback=True), seconds=10) as client:
        assert client.get(server.url()).text == "hello"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0", "[::ffff:127.0.0.1]"],
)
def test_no_way_of_writing_this_machine_reaches_it(server: RawServer, host: str) -> None:
    with (
        guarded_client(rules(server, loopback=False), seconds=10) as client,
        pytest.raises((AddressRefused, HostUnknown)) as caught,
    ):
        client.get(server.url(host=host))

    assert caught.value.field == "url"
    assert server.connections == 0


def test_a_name_that_points_elsewhere_at_the_second_look_is_connected_where_it_was_checked(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([["127.0.0.1"], ["169.254.169.254"]])

    monkeypatch.setattr(backend, "resolve", lambda *_: next(looks))
    with guarded_client(rules(server, loopback=True), seconds=10) as client:
        assert client.get(server.url(host="rebinding.example")).text == "hello"
        with pytest.raises(AddressRefused):
            client.get(server.url(host="rebinding.example"))


def test_of_several_addresses_only_the_allowed_one_is_connected_to(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = ["10.255.255.1", "169.254.169.254", "127.0.0.1"]
    monkeypatch.setattr(backend, "resolve", lambda *_: addresses)
    began = time.monotonic()
    with guarded_client(rules(server, loopback=True), seconds=10) as client:
        assert client.get(server.url(host="mixed.example")).text == "hello"

    assert time.monotonic() - began < 2


def test_a_name_server_that_does_not_answer_is_not_waited_for(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = threading.Event()

    def silent(*_: object, **__: object) -> None:
        never.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    with (
        guarded_client(rules(server, loopback=True), seconds=0.3) as client,
        pytest.raises(UnresolvedHost),
    ):
        client.get(server.url(host="slow.example"))
    never.set()


def test_an_answer_that_drips_is_cut_at_the_deadline(server: RawServer) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not server.closing.wait(0.05):
            connection.sendall(b"x")

    server.speak = drip
    began = time.monotonic()
    with (
        guarded_client(rules(server, loopback=True), seconds=0.6) as client,
        pytest.raises(OutOfTime),
    ):
        client.get(server.url())

    assert time.monotonic() - began < 3


def test_headers_that_drip_are_cut_at_the_deadline(server: RawServer) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not server.closing.wait(0.05):
            connection.sendall(b"X-Filler: y\r\n")

    server.speak = drip
    with (
        guarded_client(rules(server, loopback=True), seconds=0.6) as client,
        pytest.raises((OutOfTime, httpx.RemoteProtocolError)),
    ):
        client.get(server.url())


def test_neither_proxy_nor_credentials_are_taken_from_the_environment(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    with guarded_client(rules(server, loopback=True), seconds=10) as client:
        assert client.get(server.url()).text == "hello"

    assert b"authorization" not in server.requests[0].lower()


def test_a_redirect_is_shown_and_not_followed(server: RawServer) -> None:
    server.speak = answering(b"", "302 Found", "Location: http://169.254.169.254/latest")
    with guarded_client(rules(server, loopback=True), seconds=10) as client:
        answer = client.get(server.url())

    assert (answer.status_code, server.connections) == (302, 1)
