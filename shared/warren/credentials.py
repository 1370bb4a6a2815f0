"""Keys and tokens that are shown in the header of a request."""

from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr


def sendable(text: str) -> str:
    """The key without the white space around it: files end in a line break.

    Raises ValueError, which never repeats it, for one that no header can hold.
    """
    bare = text.strip()
    if not bare or not bare.isascii() or not bare.isprintable():
        raise ValueError(
            "must be printable ASCII characters in one line, as a key that is sent in a header"
        )
    return bare


def _read(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return SecretStr(sendable(value.get_secret_value()))
    return sendable(value) if isinstance(value, str) else value


#: In settings: as `sendable` gives it, so that a wrong one is named when a process starts.
Credential = Annotated[SecretStr, BeforeValidator(_read)]
