"""Addresses of receivers are looked at, and kept, as they are called."""

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.webhooks.delivery import host_of
from gateway.webhooks.urls import ReceiverUrl
from warren.contracts.webhooks import MAX_URL

URLS: TypeAdapter[str] = TypeAdapter(ReceiverUrl)


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ("https://münchen.example/a", "https://xn--mnchen-3ya.example/a"),
        ("https://MÜNCHEN.example/a", "https://xn--mnchen-3ya.example/a"),
        ("https://xn--mnchen-3ya.example/a", "https://xn--mnchen-3ya.example/a"),
        ("https://пример.рф:443/вход?а=б", "https://xn--e1afmkfd.xn--p1ai/%D0%B2%D1%85%D0%BE%D0%B4?%D0%B0=%D0%B1"),
        ("https://hooks.example.com/a?b=c%2Fd", "https://hooks.example.com/a?b=c%2Fd"),
        ("https://hooks.example.com", "https://hooks.example.com"),
    ],
)  # fmt: skip
def test_an_international_name_is_kept_as_it_is_looked_up(written: str, called: str) -> None:
    assert URLS.validate_python(written) == called
    assert URLS.validate_python(called) == called


def test_all_spellings_of_an_international_name_share_the_places_of_one_receiver() -> None:
    written = [
        "https://bücher.example",
        "https://BÜCHER.example./",
        "https://xn--bcher-kva.example",
    ]

    assert {host_of(URLS.validate_python(url)) for url in written} == {"xn--bcher-kva.example"}


@pytest.mark.parametrize(
    "url",
    [
        "http://127。0。0。1/",  # full stops of other scripts part names, too
        "http://metadata。internal/",
        "http://bücher.localhost/",
        "http://１２７.0.0.1/",
        "http://ⓛocalhost/",
        "http://xn--a.example/",
        "http://" + "ü" * 70 + ".example/",
        "https://hooks.example.com/" + "ü" * (MAX_URL // 3),
    ],
)
def test_no_spelling_hides_where_a_name_leads(url: str) -> None:
    with pytest.raises(ValidationError):
        URLS.validate_python(url)
