"""API keys: `wk_<prefix>_<secret>`. The prefix finds the row, the secret proves the holder."""

import hashlib
import hmac
import secrets
import string
from dataclasses import dataclass
from enum import StrEnum

_ALPHABET = string.ascii_letters + string.digits
_MARK = "wk"
_PREFIX_LENGTH = 12
_SECRET_LENGTH = 40  # about 238 bits: a fast hash is enough, nobody can guess it


class Plan(StrEnum):
    """What a customer pays for; premium includes the critical lane."""

    STANDARD = "standard"
    PREMIUM = "premium"


class Scope(StrEnum):
    """What a key may do."""

    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    OPERATE = "operate"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """A key as its holder writes it."""

    prefix: str
    secret: str

    def __str__(self) -> str:
        return f"{_MARK}_{self.prefix}_{self.secret}"

    def __repr__(self) -> str:
        return f"PresentedKey({self.prefix!r}, …)"

    @property
    def secret_hash(self) -> bytes:
        """What is stored in place of the secret."""
        return hashlib.sha256(self.secret.encode()).digest()

    def matches(self, stored_hash: bytes) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.secret_hash, stored_hash)


def new_key() -> PresentedKey:
    """A fresh random key."""
    return PresentedKey(_random(_PREFIX_LENGTH), _random(_SECRET_LENGTH))


def parse_key(text: str) -> PresentedKey | None:
    """Read a key; None when it has not the shape of one."""
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    wellformed = len(prefix) == _PREFIX_LENGTH and len(secret) == _SECRET_LENGTH
    if mark != _MARK or not wellformed or not (prefix + secret).isascii():
        return None
    return PresentedKey(prefix, secret)


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
