"""Texts that people write, as patterns of JSON Schema: without control characters but line ends
and tabs."""

_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
#: It may be blank, or empty.
PLAIN_TEXT = rf"^[^{_CONTROLS}]*$"
#: It says something.
PLAIN_WORDS = rf"^[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$"
