"""Which of the encodings that a file may name are tried on it."""

import codecs
import encodings
import pkgutil

import pytest

from warren.declared_encodings import codec_of

#: The names of encoding.spec.whatwg.org, without `x-user-defined` and `replacement`.
_NUMBERED = (2, 3, 4, 5, 6, 7, 8, "8-i", 10, 13, 14, 15, 16)
OF_THE_WEB = [
    *("utf-8", "utf-16be", "utf-16le", "ibm866", "koi8-r", "koi8-u", "macintosh", "x-mac-cyrillic"),
    *("gbk", "gb18030", "big5", "euc-jp", "iso-2022-jp", "shift_jis", "euc-kr", "windows-874"),
    *(f"iso-8859-{part}" for part in _NUMBERED),
    *(f"windows-125{page}" for page in range(9)),
]


@pytest.mark.parametrize("label", OF_THE_WEB)
def test_every_encoding_of_the_web_is_known(label: str) -> None:
    codec = codec_of(f" {label.upper()} ")

    assert codec is not None
    assert codecs.lookup(codec)


@pytest.mark.parametrize(
    ("label", "codec"),
    [("latin1", "cp1252"), ("us-ascii", "cp1252"), ("gb2312", "gb18030"), ("sjis", "cp932")],
)
def test_old_names_mean_what_browsers_read_by_them(label: str, codec: str) -> None:
    assert codec_of(label) == codec


def test_nothing_else_that_python_has_is_tried() -> None:
    names = {module.name for module in pkgutil.iter_modules(encodings.__path__)}
    refused = {name for name in names if codec_of(name) is None}

    assert refused > {
        "punycode", "idna", "unicode_escape", "raw_unicode_escape", "utf_7", "hz", "rot_13",
        "zlib_codec", "base64_codec", "cp037", "utf_32", "undefined", "charmap", "iso2022_kr",
    }  # fmt: skip


@pytest.mark.parametrize("label", ["", ".", "../etc/passwd", "no-such-encoding", "utf\x00-8"])
def test_what_is_no_name_is_no_encoding(label: str) -> None:
    assert codec_of(label) is None
