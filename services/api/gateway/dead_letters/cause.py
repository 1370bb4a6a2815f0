"""What dead letters have in common: their error without what differs from task to task."""

import re

_LONGEST = 300
# Ids, hashes and addresses first, then what is quoted, then whatever number is left.
_PARTICULARS = (
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "…"),
    (re.compile(r"\b(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{8,}\b", re.IGNORECASE), "…"),
    (re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`"), "…"),
    (re.compile(r"\d+(?:[.,:]\d+)*"), "#"),
)


def cause_of(type_: str, message: str) -> str:
    """One text for all errors of a kind, such as `VoiceNotFound: there is no voice …`."""
    text = f"{type_}: {message.partition(chr(10))[0][: 4 * _LONGEST]}"
    for pattern, replacement in _PARTICULARS:
        text = pattern.sub(replacement, text)
    return text[:_LONGEST]
