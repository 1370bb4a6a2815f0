"""Texts that people write, as patterns of JSON Schema: without control characters but line ends
and tabs."""

_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
# Spelt out: of U+0085 and U+FEFF one reader of patterns says that `\s` matches them, another not.
_BLANK = r"\t\n\x0b\x0c\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
#: It may be blank, or empty.
PLAIN_TEXT = rf"^[^{_CONTROLS}]*$"
#: It says something.
PLAIN_WORDS = rf"^[^{_CONTROLS}]*[^{_BLANK}{_CONTROLS}][^{_CONTROLS}]*$"
#: It says something, whatever stands in it beside that.
NOT_BLANK = rf"[^{_BLANK}]"
