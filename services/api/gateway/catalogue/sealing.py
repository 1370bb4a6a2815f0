"""The caller's key of an embedding provider, sealed before anything else sees it."""

from uuid import UUID

from fastapi import Request

from gateway.problems import FieldError, InvalidFields, SecretsNotTaken
from warren.contracts.catalogue import api_key_context
from warren.credentials import sendable
from warren.errors import ConfigurationError
from warren.sealing import Sealer, SealingSettings

HEADER = "X-Embedding-Api-Key"
#: The header, as the endpoints that take it document it.
PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "of one's own embedding provider; it is sealed at once",
}


def sealed_api_key(request: Request, customer_id: UUID) -> str | None:
    """The sealed form of the key that the request brings, if any.

    Raises InvalidFields for one that is none, SecretsNotTaken where nothing can be sealed.
    """
    given = request.headers.get(HEADER)
    if given is None:
        return None
    try:
        key = sendable(given)
        return Sealer.of(SealingSettings()).seal(key, api_key_context(customer_id))
    except ConfigurationError as error:
        raise SecretsNotTaken(
            "this gateway has no key to seal secrets with; its operator sets WARREN_SEALING_KEYS"
        ) from error
    except ValueError as error:
        raise InvalidFields([FieldError(HEADER.lower(), str(error))]) from error
