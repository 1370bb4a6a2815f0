"""Links to artifacts that need no key: signed, for one method, until they expire.

`/api/v1/artifacts/{id}?expires=<Unix seconds>&signature=<base64url>`; the signature is an
HMAC-SHA256 over method, id and expiry. They are made by the gateway when somebody reads what they
lead to. Of several keys the first one signs, all of them verify: a new key is put in front, and an
old one goes when its last links have expired.
"""

import hashlib
import hmac
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from gateway.addresses import artifact_url
from gateway.problems import LinkExpired, LinkNotValid

#: The latest moment that a link can name, in Unix seconds.
_LATEST = 10**11
#: Python reads no number of more than 4,300 digits.
_SECONDS = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class SignedLink:
    """Where an artifact can be fetched, and until when; without `expires_at` only with a key."""

    url: str
    expires_at: datetime | None


class ArtifactLinks:
    """Makes and checks links; without `keys` it makes ordinary ones, and accepts none."""

    def __init__(
        self, keys: Sequence[str], seconds: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._keys = [key.encode() for key in keys]
        self._seconds = seconds
        self._clock = clock

    def link(self, artifact_id: UUID) -> SignedLink:
        """A link to GET the artifact, from now on."""
        url = artifact_url(artifact_id)
        if not self._keys:
            return SignedLink(url, None)
        expires = int(self._clock()) + self._seconds
        signature = _signature(self._keys[0], artifact_id, expires).decode()
        return SignedLink(
            f"{url}?expires={expires}&signature={signature}", datetime.fromtimestamp(expires, UTC)
        )

    def check(self, method: str, artifact_id: UUID, expires: str, signature: str) -> None:
        """Raise LinkNotValid or LinkExpired unless the link was made here, and is good still."""
        if method not in ("GET", "HEAD"):
            raise LinkNotValid("the link is for reading only")
        number = int(expires) if _SECONDS.fullmatch(expires) else -1
        if not 0 <= number <= _LATEST or not any(
            hmac.compare_digest(_signature(key, artifact_id, number), signature.encode())
            for key in self._keys
        ):
            raise LinkNotValid("the link was changed, is for another file, or its key has gone")
        if number <= self._clock():
            raise LinkExpired("the link has expired; ask again for what it belongs to")


def _signature(key: bytes, artifact_id: UUID, expires: int) -> bytes:
    said = f"GET\n{artifact_id}\n{expires}".encode()
    digest = hmac.new(key, said, hashlib.sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=")
