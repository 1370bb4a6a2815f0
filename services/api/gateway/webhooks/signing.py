"""Whether messages to the URL of a single task can be signed."""

from dataclasses import dataclass
from typing import LiteralString

from gateway.authentication import Caller
from gateway.database import Pool
from gateway.problems import FieldError, InvalidFields

_FOUND: LiteralString = "SELECT FROM webhook_secrets WHERE owner_id = %s"


@dataclass(frozen=True, slots=True)
class WebhookSigning:
    """Looks for the secret of a customer."""

    pool: Pool

    async def ensure_secret(self, caller: Caller) -> None:
        """Raise InvalidFields if the customer has no secret: nobody could tell who has sent it."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(_FOUND, [caller.customer_id])
            found = await cursor.fetchone()
        if found is None:
            what = "needs a secret that signs its messages; POST /api/v1/webhooks/secret makes one"
            raise InvalidFields([FieldError("webhook", what)])
