"""Encodings that a file may name: those of the web (encoding.spec.whatwg.org) that Python has.

Python has others under such names, which nobody writes texts in: some run code paths that take
quadratic time (punycode, idna), some change what any text says (utf-7, unicode_escape, hz).
"""

import codecs

_AS_THEY_ARE = (
    "cp866",
    "koi8-r",
    "koi8-u",
    "mac-roman",
    "mac-cyrillic",
    "gb18030",
    "big5",
    "big5hkscs",
    "euc_jp",
    "iso2022_jp",
    *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
    *(f"cp125{page}" for page in range(9)),
)
#: By Python's name, what the web reads such a file as: often the larger one of a vendor.
_READ_AS = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "cp874": "cp874",
    "cp932": "cp932",
    "cp949": "cp949",
    **{name: name for name in _AS_THEY_ARE},
}
#: Labels of the web that Python does not know.
_ONLY_OF_THE_WEB = {
    "unicode-1-1-utf-8": "utf-8",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ukrainian": "mac-cyrillic",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "koi": "koi8-r",
    "koi8": "koi8-r",
}


def codec_of(label: str) -> str | None:
    """The name of Python's codec for an encoding that somebody has named; None for all others."""
    wanted = label.strip().lower()
    if wanted in _ONLY_OF_THE_WEB:
        return _ONLY_OF_THE_WEB[wanted]
    try:
        name = codecs.lookup(wanted).name
    except (LookupError, ValueError):
        return None
    return _READ_AS.get(name)
