"""One host has a few places, however its address is spelt."""

import pytest

from gateway.webhooks.delivery import host_of


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://hooks.example.com/a", "hooks.example.com"),
        ("https://HOOKS.example.com./a", "hooks.example.com"),
        ("https://hooks.example.com:443", "hooks.example.com"),
        ("http://hooks.example.com:80/a", "hooks.example.com"),
        ("http://hooks.example.com:443/a", "hooks.example.com:443"),
        ("https://[2001:DB8::1]:443/a", "[2001:db8::1]"),
    ],
)
def test_spellings_of_a_host_are_one(url: str, host: str) -> None:
    assert host_of(url) == host
