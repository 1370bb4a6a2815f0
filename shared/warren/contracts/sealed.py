"""Secrets as they are stored and travel: encrypted, and saying which key opens them."""

import re
from typing import Annotated

from pydantic import Field

#: `sealed.v1.<key id>.<nonce and ciphertext, base64url>`; warren.sealing makes and opens it.
SEALED_PATTERN = r"^sealed\.v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]{38,8192}$"

_SEALED = re.compile(SEALED_PATTERN)

SealedText = Annotated[str, Field(pattern=SEALED_PATTERN)]


def is_sealed(text: object) -> bool:
    """Whether it is a secret in its sealed form."""
    return isinstance(text, str) and _SEALED.fullmatch(text) is not None
