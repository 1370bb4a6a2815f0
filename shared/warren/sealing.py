"""Secrets of callers, encrypted with authentication: only so are they stored and sent.

The keys stand in `WARREN_SEALING_KEYS`, 32 bytes in base64url each, separated by commas. The first
one seals, all of them open: a new key is put in front, and an old one goes when nothing lives any
more that it has sealed. `warren.sealing` uses AES-256-GCM with a random nonce of 96 bits; a context
(whose secret it is, and what for) is authenticated, so that a sealed text opens in no other place.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from warren.contracts.sealed import is_sealed
from warren.errors import ConfigurationError, PermanentError
from warren.settings import EnvironmentSettings

_PREFIX = "sealed.v1"
_KEY_BYTES = 32
_NONCE_BYTES = 12
#: Bytes of UTF-8 of what can be sealed.
MAX_SECRET_BYTES = 4_096


class SealingSettings(EnvironmentSettings):
    """Read from `WARREN_…` variables."""

    model_config = SettingsConfigDict(env_prefix="WARREN_")

    #: 32 bytes in base64url each, separated by commas; the first one seals, all of them open.
    sealing_keys: SecretStr | None = None

    @field_validator("sealing_keys")
    @classmethod
    def _are_keys(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None:
            _ = [_decoded(text) for text in given.get_secret_value().split(",")]
        return given


class CannotOpen(PermanentError):
    """The text was sealed by a key that is not there, for another place, or was changed."""


class Sealer:
    """Seals with the first of its keys, and opens with any."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ConfigurationError(
                "WARREN_SEALING_KEYS is not set: give it 32 random bytes in base64url, for example "
                "from `openssl rand -base64 32 | tr '+/' '-_'`"
            )
        self._newest = _key_id(keys[0])
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}

    @classmethod
    def of(cls, settings: SealingSettings) -> "Sealer":
        """With the keys of the environment; raises ConfigurationError if there are none."""
        given = settings.sealing_keys
        return cls(
            [_decoded(text) for text in given.get_secret_value().split(",")] if given else []
        )

    def seal(self, secret: str, context: str) -> str:
        """The secret as it may be stored. Raises ValueError if it is too long."""
        plain = secret.encode()
        if len(plain) > MAX_SECRET_BYTES:
            raise ValueError(f"must have at most {MAX_SECRET_BYTES} bytes")
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, plain, context.encode())
        encoded = base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()
        return f"{_PREFIX}.{self._newest}.{encoded}"

    def open(self, sealed: str, context: str) -> str:
        """The secret; raises CannotOpen, which never repeats it."""
        if not is_sealed(sealed):
            raise CannotOpen("the secret is not sealed as this release does it")
        key_id, encoded = sealed.removeprefix(f"{_PREFIX}.").split(".")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise CannotOpen(
                f"the secret was sealed with the key {key_id}, which WARREN_SEALING_KEYS lacks"
            )
        try:
            raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            plain = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode())
            return plain.decode()
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("the secret was changed, or sealed for another place") from error


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"warren sealing key" + key).hexdigest()[:8]


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(_padded(text.strip()), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError(f"must be keys of {_KEY_BYTES} bytes in base64url, separated by commas")
    return key


def _padded(text: str) -> str:
    bare = text.rstrip("=")
    return bare + "=" * (-len(bare) % 4)
