"""A look at a receiver's address before it is taken; where its name leads the worker finds out."""

from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.documents.urls import literal_address, may_be_public
from warren.contracts.webhooks import MAX_URL


def _checked(url: str) -> str:
    # It brings an HTTP client along, which recorders have no use for.
    from warren.outbound import UrlRefused
    from warren.outbound.webhooks import webhook_rules

    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValueError("must not contain spaces or control characters")
    rules = webhook_rules()
    try:
        parsed = rules.checked(url)
    except UrlRefused as error:
        raise ValueError(str(error)) from error
    host = parsed.host.rstrip(".")
    address = literal_address(host)
    allowed = may_be_public(host) if address is None else rules.allows(str(address))
    if not allowed:
        raise ValueError(f"names a private address: {host[:200]}")
    return url


ReceiverUrl = Annotated[str, Field(min_length=1, max_length=MAX_URL), AfterValidator(_checked)]
