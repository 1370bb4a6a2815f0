"""Which URLs are called at all."""

import pytest

from warren.outbound import OutboundRules, UrlRefused


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.org/", "http"),
        ("file:///etc/passwd", "http"),
        ("gopher://example.org/", "http"),
        ("javascript:alert(1)", "http"),
        ("//example.org/", "http"),
        ("example.org", "http"),
        ("", "http"),
        ("http://", "host"),
        ("http:///path", "host"),
        ("http://user:secret@example.org/", "user name"),
        ("http://example.org:22/", "port 22"),
        ("https://example.org:6379/", "port 6379"),
        ("http://exa mple.org/", "URL"),
        ("http://[::1/", "URL"),
        ("http://example.org:99999/", "URL|port"),
        ("http://example.org/\x00", "URL"),
        ("http://xn--a.example/", "URL"),
    ],
)
def test_a_url_that_is_not_called_is_refused_with_its_field(url: str, words: str) -> None:
    with pytest.raises(UrlRefused, match=words) as caught:
        OutboundRules().checked(url)

    assert caught.value.field == "url"


def test_the_secret_of_a_url_is_not_in_the_message() -> None:
    with pytest.raises(UrlRefused) as caught:
        OutboundRules().checked("http://user:secret@example.org/")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://example.org/a?b=c#d", "https://пример.рф/"])
def test_an_ordinary_url_is_called_without_its_fragment(url: str) -> None:
    checked = OutboundRules().checked(url)

    assert "#" not in str(checked)
    assert checked.host


def test_a_port_is_called_where_the_rules_say_so() -> None:
    rules = OutboundRules(ports=frozenset({8443}))

    assert rules.checked("https://example.org:8443/").port == 8443
