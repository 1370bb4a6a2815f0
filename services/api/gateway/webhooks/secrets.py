"""Secrets of webhooks: random, sealed where they are stored, two of them valid after a rotation.

An owner is an endpoint, or a customer: by that secret messages to URLs of single tasks are signed.
"""

import base64
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from gateway.problems import SecretsNotTaken
from warren.contracts.webhooks import WebhookSecret, secret_context
from warren.errors import ConfigurationError

_BYTES = 32
_READ: LiteralString = """
SELECT owner_id, sealed, CASE WHEN previous_until > now() THEN previous END AS previous,
    previous_until
FROM webhook_secrets WHERE owner_id = ANY (%s::uuid[])"""
_SHARE: LiteralString = f"{_READ} ORDER BY owner_id FOR SHARE"
_HOLD: LiteralString = "SELECT FROM webhook_secrets WHERE owner_id = %s FOR NO KEY UPDATE"
_PUT: LiteralString = """
INSERT INTO webhook_secrets AS s (owner_id, sealed) VALUES (%(owner)s, %(sealed)s)
ON CONFLICT (owner_id) DO UPDATE SET sealed = excluded.sealed, created_at = now(),
    previous = s.sealed, previous_until = now() + make_interval(secs => %(overlap)s)
RETURNING previous_until
"""
_FORGET: LiteralString = "DELETE FROM webhook_secrets WHERE owner_id = %s"


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret as its owner sees it, this once; until when the one before it is valid, too."""

    text: str
    previous_until: datetime | None


def put_secret(connection: Connection[Any], owner: UUID, overlap: float) -> NewSecret:
    """Make a secret; the one before it, if any, signs beside it for `overlap` seconds.

    Raises SecretsNotTaken where nothing can be sealed.
    """
    text = "whsec_" + base64.b64encode(os.urandom(_BYTES)).decode()
    values = {"owner": owner, "sealed": _sealed(text, owner), "overlap": overlap}
    ((until,),) = connection.execute(_PUT, values).fetchall()
    return NewSecret(text, until)


def read_secrets(
    connection: Connection[Any], owners: Iterable[UUID]
) -> dict[UUID, list[WebhookSecret]]:
    """What each of these owners' messages are signed by now, the newest first."""
    return _read(connection, _READ, owners)


def share_secrets(
    connection: Connection[Any], owners: Iterable[UUID]
) -> dict[UUID, list[WebhookSecret]]:
    """The same, held until the transaction ends; beside others who hold them so.

    Everybody locks tasks first, then secrets, then endpoints.
    """
    return _read(connection, _SHARE, owners)


def hold_secret(connection: Connection[Any], owner: UUID) -> None:
    """Wait for those who make deliveries to the owner; others wait for this transaction's end."""
    connection.execute(_HOLD, [owner])


def forget_secret(connection: Connection[Any], owner: UUID) -> None:
    """The owner is no more."""
    connection.execute(_FORGET, [owner])


def _read(
    connection: Connection[Any], query: LiteralString, owners: Iterable[UUID]
) -> dict[UUID, list[WebhookSecret]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, [sorted(set(owners))]).fetchall()
    return {row["owner_id"]: _secrets(row) for row in rows}


def _secrets(row: dict[str, Any]) -> list[WebhookSecret]:
    secrets = [WebhookSecret(sealed=row["sealed"])]
    if row["previous"] is not None:
        secrets.append(WebhookSecret(sealed=row["previous"], until=row["previous_until"]))
    return secrets


def _sealed(text: str, owner: UUID) -> str:
    # Its cipher takes a while to load, and recorders only pass on what is sealed.
    from warren.sealing import Sealer, SealingSettings

    try:
        return Sealer.of(SealingSettings()).seal(text, secret_context(owner))
    except ConfigurationError as error:
        raise SecretsNotTaken(
            "this gateway has no key to seal secrets with; its operator sets WARREN_SEALING_KEYS"
        ) from error
