"""Addresses that are refused before anything is accepted."""

import pytest

from gateway.documents.problems import UnusableUrl
from gateway.documents.urls import checked_public_url


@pytest.mark.parametrize(
    "url",
    ["https://example.com/a?b=c#d", "http://93.184.216.34:8080/", "https://[2606:4700::1111]/"],
)
def test_a_public_address_is_taken(url: str) -> None:
    assert checked_public_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@example.com/",
        "https://exa mple.com/",
        "https://example.com/\n",
        "https://example.com:99999/",
        "https://[::1/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://intranet/",
        "http://printer.local/",
        "http://metadata.google.internal/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fc00::1]/",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(UnusableUrl) as refusal:
        checked_public_url(url)

    assert refusal.value.errors[0].field == "url"
