"""Whether messages to the URL of a single task can be signed."""

from dataclasses import dataclass, replace
from typing import LiteralString, Self

from gateway.authentication import Caller
from gateway.database import Pool, row_of
from gateway.problems import FieldError, InvalidFields

_FOUND: LiteralString = "SELECT FROM webhook_secrets WHERE owner_id = %s"


@dataclass(frozen=True, slots=True)
class WebhookSigning:
    """Looks for the secret of a customer."""

    pool: Pool
    #: What was found before, for many tasks of one caller.
    is_there: bool | None = None

    async def of_many(self, caller: Caller) -> Self:
        """For many tasks of this caller."""
        return replace(self, is_there=await self._has_secret(caller))

    async def ensure_secret(self, caller: Caller) -> None:
        """Raise InvalidFields if the customer has no secret: nobody could tell who has sent it."""
        found = self.is_there
        if found is None:
            found = await self._has_secret(caller)
        if not found:
            what = "needs a secret that signs its messages; POST /api/v1/webhooks/secret makes one"
            raise InvalidFields([FieldError("webhook", what)])

    async def _has_secret(self, caller: Caller) -> bool:
        return await row_of(self.pool, _FOUND, [caller.customer_id]) is not None
