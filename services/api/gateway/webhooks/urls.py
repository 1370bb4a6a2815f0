"""A look at a receiver's address before it is taken; where its name leads the worker finds out.

It is kept as it is called: an international name as `xn--…`, other letters as `%…`.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.documents.urls import literal_address, may_be_public
from warren.contracts.webhooks import MAX_URL


def _checked(url: str) -> str:
    # It brings an HTTP client along, which recorders have no use for.
    from warren.outbound import UrlRefused
    from warren.outbound.rules import ascii_host
    from warren.outbound.webhooks import webhook_rules

    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValueError("must not contain spaces or control characters")
    rules = webhook_rules()
    try:
        parsed = rules.checked(url)
    except UrlRefused as error:
        raise ValueError(str(error)) from error
    host = ascii_host(parsed).rstrip(".")
    address = literal_address(host)
    allowed = may_be_public(host) if address is None else rules.allows(str(address))
    if not allowed:
        raise ValueError(f"names a private address: {host[:200]}")
    # However it was written: so a receiver has one name, whose places its messages share.
    asked = str(parsed)
    if len(asked) > MAX_URL:
        raise ValueError(f"has {len(asked)} characters as it is called, {MAX_URL} at most")
    return asked


ReceiverUrl = Annotated[str, Field(min_length=1, max_length=MAX_URL), AfterValidator(_checked)]
