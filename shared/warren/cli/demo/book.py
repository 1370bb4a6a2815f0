"""A short book, written for the demonstration, as an EPUB."""

import io
import zipfile
from html import escape

TITLE, AUTHOR, FILE_NAME = "The Keeper of the Northern Light", "Warren", "northern-light.epub"

CHAPTERS = (
    (
        "The Harbour",
        """The harbour lay under a thin mist when Ida came down the hill. Black boats rocked at the
pier, and behind them the grey sea went on until it became the sky. On the cliff above the bay
stood the old lighthouse, white and narrow, with a red door and a lamp that had not been lit for
eleven years. Gulls sat on its railing in a row, like a sentence that nobody had finished.

She had a letter in her pocket and a key that was longer than her hand. The letter said that the
light was hers. It did not say why.

An old man was mending a net on an upturned crate. He was tall and thin, with a white beard that
was yellow at the ends and pale eyes which had looked at water for too long. He wore a blue coat
with one brass button. When he saw the key, he put the net down.

“So you are the one,” he said. “I had thought you would be older.”

“I had thought that the stairs would be shorter,” said Ida.""",
    ),
    (
        "The Stairs",
        """There were two hundred and twelve of them. The walls of the tower were wet and smelled of
salt and cold iron. Through narrow windows fell stripes of evening light, and dust turned in
them as slowly as snow. At every landing somebody had painted a small ship on the plaster: first
a rowing boat, then a schooner, and at the top a great frigate under full sails.

The lamp room was round, with windows on every side. A lens stood in the middle, taller than
Ida. Beyond the glass lay the wide sea at sunset, burning red from one end to the other, and
far away in the north the dark mountains with snow on their peaks.

She found a brass oil can, a box of dry matches and a logbook bound in green leather. The last
entry had been made in a small, careful hand. It said: wind north, sea calm, light not lit. I am
sorry.

Ida read it twice. Then she took off her coat and began to clean the lens.""",
    ),
    (
        "The Storm",
        """The storm came in the night. Black clouds rolled over the mountains in the north,
lightning stood for a moment above the sea, and the waves climbed the rocks below the tower as
though they wanted to see who was at home. The old forest on the hill bent down like grass.

Far out, where there should have been nothing, a small light rose and fell. It was a ship with a
broken mast, driving sideways towards the reef.

Ida struck a match, and it went out. She struck another. At the third one the wick caught, first
blue, then yellow, and then the whole lens filled with white fire. A long bright beam reached
over the black water, turned, and came back.

On the ship somebody saw it. The bow swung slowly to the west. In the grey morning it lay in the
harbour beside the black boats, and the sea was as smooth as a plate. The old man stood on the
pier in his blue coat. He took off his hat to the tower, and above him, in the first cold
sunlight, the gulls went up all at once.""",
    ),
)

_CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>
"""
_PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">warren-demo</dc:identifier>
<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dc:language>en</dc:language>
<meta property="dcterms:modified">2026-11-27T00:00:00Z</meta></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
{items}</manifest><spine>{spine}</spine></package>
"""
_PAGE = """<?xml version="1.0" encoding="utf-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" xml:lang="en">
<head><title>{title}</title></head><body>{body}</body></html>
"""


def as_epub() -> bytes:
    """The book as an EPUB 3."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", _CONTAINER)
        archive.writestr("book.opf", _package())
        archive.writestr("nav.xhtml", _navigation())
        for number, (title, text) in enumerate(CHAPTERS, start=1):
            archive.writestr(f"chapter{number}.xhtml", _chapter(title, text))
    return target.getvalue()


def _package() -> str:
    numbers = range(1, len(CHAPTERS) + 1)
    items = "".join(
        f'<item id="c{n}" href="chapter{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in numbers
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in numbers)
    return _PACKAGE.format(title=TITLE, author=AUTHOR, items=items, spine=spine)


def _navigation() -> str:
    entries = "".join(
        f'<li><a href="chapter{n}.xhtml">{escape(title)}</a></li>'
        for n, (title, _) in enumerate(CHAPTERS, start=1)
    )
    body = f'<nav epub:type="toc"><ol>{entries}</ol></nav>'
    return _PAGE.format(title=TITLE, body=body)


def _chapter(title: str, text: str) -> str:
    paragraphs = "".join(f"<p>{escape(' '.join(p.split()))}</p>" for p in text.split("\n\n"))
    return _PAGE.format(title=escape(title), body=f"<h1>{escape(title)}</h1>{paragraphs}")
