"""Which addresses are public."""

import pytest

from warren.outbound.addresses import is_public


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.15.0.1", "100.63.0.1", "2606:4700::1111"],
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "fec0::1",
        "2001:db8::1",
        "2001::1",
        "64:ff9b:1::1",
        "100::1",
    ],
)
def test_an_address_of_this_machine_its_networks_or_nowhere_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "::ffff:127.0.0.1",
        "::ffff:a9fe:a9fe",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::169.254.169.254",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "::127.0.0.1",
    ],
)
def test_an_ipv6_address_that_leads_to_a_private_ipv4_address_is_not(address: str) -> None:
    assert not is_public(address)


def test_an_ipv6_address_that_leads_to_a_public_ipv4_address_is() -> None:
    assert is_public("64:ff9b::8.8.8.8")


@pytest.mark.parametrize("text", ["", "localhost", "0x7f.1", "2130706433", "127.1"])
def test_what_is_no_numeric_address_is_not(text: str) -> None:
    assert not is_public(text)
