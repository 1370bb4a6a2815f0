"""Builds EPUBs for tests, well-formed and otherwise."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""
XHTML = """<?xml version="1.0" encoding="utf-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
<head><title>not part of the text</title></head>
<body{attributes}>{body}</body></html>"""


def page(body: str, attributes: str = "") -> str:
    """A content document."""
    return XHTML.format(body=body, attributes=f" {attributes}" if attributes else "")


@dataclass
class Epub:
    """`pages` are content documents by file name, in the order of the spine."""

    pages: Mapping[str, str | bytes]
    nav: str | None = None
    ncx: str | None = None
    guide: str = ""
    extra: Mapping[str, str | bytes] = field(default_factory=dict)
    #: Instead of the files that stand there otherwise; None leaves one out.
    instead: Mapping[str, str | bytes | None] = field(default_factory=dict)
    manifest: str = ""
    spine: str | None = None
    nav_in_spine: bool = False
    linear: Mapping[str, str] = field(default_factory=dict)

    def package(self) -> str:
        """The package document."""
        items = [
            f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>'
            for n, name in enumerate(self.pages)
        ]
        refs = [
            f'<itemref idref="i{n}" linear="{self.linear.get(name, "yes")}"/>'
            for n, name in enumerate(self.pages)
        ]
        if self.nav is not None:
            items.append(
                '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" '
                'properties="nav"/>'
            )
            refs += ['<itemref idref="nav"/>'] if self.nav_in_spine else []
        if self.ncx is not None:
            items.append('<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>')
        spine = self.spine if self.spine is not None else "".join(refs)
        return (
            '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
            '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A Book</dc:title>'
            "<dc:creator>An Author</dc:creator><dc:language>en</dc:language></metadata>"
            f"<manifest>{''.join(items)}{self.manifest}</manifest>"
            f'<spine toc="ncx">{spine}</spine>{self.guide}</package>'
        )

    def files(self) -> dict[str, str | bytes]:
        """Every file of the archive by its name."""
        files: dict[str, str | bytes | None] = {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "OEBPS/content.opf": self.package(),
            **{f"OEBPS/{name}": content for name, content in self.pages.items()},
        }
        if self.nav is not None:
            files["OEBPS/nav.xhtml"] = page(self.nav)
        if self.ncx is not None:
            files["OEBPS/toc.ncx"] = self.ncx
        files |= {**self.extra, **self.instead}
        return {name: content for name, content in files.items() if content is not None}

    def content(self) -> bytes:
        """The archive."""
        return zipped(self.files())

    def write(self, folder: Path) -> Path:
        """The archive as a file."""
        path = folder / "book.epub"
        path.write_bytes(self.content())
        return path


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """An archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def toc(entries: Sequence[tuple[str, str]]) -> str:
    """A flat navigation document's body of (href, title)."""
    links = "".join(f'<li><a href="{href}">{title}</a></li>' for href, title in entries)
    return f'<nav epub:type="toc"><ol>{links}</ol></nav>'


def ncx(points: str) -> str:
    """An NCX around its points."""
    return (
        '<?xml version="1.0"?><!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" '
        '"http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">'
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1">'
        f"<navMap>{points}</navMap></ncx>"
    )


def point(src: str, title: str, inner: str = "") -> str:
    """A point of an NCX."""
    return (
        f"<navPoint><navLabel><text>{title}</text></navLabel>"
        f'<content src="{src}"/>{inner}</navPoint>'
    )
