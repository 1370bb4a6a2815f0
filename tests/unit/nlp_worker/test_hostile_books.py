"""Books that are broken or built to harm are refused with a reason, and leave the process alone."""

import resource
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from nlp_worker.adapters.books.archive import MAX_ENTRIES, MAX_PART
from nlp_worker.adapters.books.markup import content_tree
from nlp_worker.adapters.books.reader import FormatReader
from nlp_worker.book import Book
from nlp_worker.errors import (
    BookRefused,
    BookTooLarge,
    BrokenBook,
    EmptyBook,
    EncryptedBook,
    UnknownFormat,
    UnsafeBook,
)
from tests.unit.nlp_worker.epubs import Epub, page, toc, zipped
from warren.errors import TimeLimitExceeded

Read = Callable[[bytes], Book]
GOOD = {"a.xhtml": page("<p>Text.</p>")}
ENTITIES = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><html><body>&c;</body></html>'
)
EXTERNAL = (
    '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]><html><body>&secret;</body></html>'
)
ENCRYPTION = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" '
    'xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>'
    '<enc:EncryptionMethod Algorithm="{}"/><enc:CipherData>'
    '<enc:CipherReference URI="OEBPS/a.xhtml"/></enc:CipherData></enc:EncryptedData></encryption>'
)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    path = tmp_path / "book"
    reader = FormatReader(memory=512, max_characters=2_000_000, field="file")

    def written(content: bytes) -> Book:
        path.write_bytes(content)
        return reader.read(path, "book.epub", "application/epub+zip")

    return written


def refused(read: Read, content: bytes, error: type[BookRefused], message: str) -> None:
    limits = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(error, match=message) as raised:
        read(content)
    assert raised.value.field == "file"
    assert resource.getrlimit(resource.RLIMIT_DATA) == limits


def encrypted(algorithm: str) -> Epub:
    return Epub(GOOD, extra={"META-INF/encryption.xml": ENCRYPTION.format(algorithm)})


@pytest.mark.parametrize(
    ("epub", "error", "message"),
    [
        (Epub({"a.xhtml": ENTITIES}), UnsafeBook, "defines entities"),
        (Epub({"a.xhtml": EXTERNAL}), UnsafeBook, "defines entities"),
        (Epub(GOOD, instead={"OEBPS/content.opf": ENTITIES}), UnsafeBook, "defines entities"),
        (
            Epub(GOOD, instead={"META-INF/container.xml": EXTERNAL.encode("utf-16")}),
            UnsafeBook,
            "defines entities",
        ),
        (Epub(GOOD, extra={"../../evil": "x"}), UnsafeBook, "leads out of the book"),
        (Epub(GOOD, extra={"/etc/evil": "x"}), UnsafeBook, "leads out of the book"),
        (
            Epub(GOOD, manifest='<item id="z" href="../../../etc/passwd"/>'),
            UnsafeBook,
            "leads out of the book",
        ),
        (
            Epub(GOOD, instead={"META-INF/container.xml": None}),
            BrokenBook,
            "META-INF/container.xml is missing",
        ),
        (
            Epub(GOOD, instead={"META-INF/container.xml": "<container/>"}),
            BrokenBook,
            "names no package",
        ),
        (Epub(GOOD, instead={"OEBPS/content.opf": None}), BrokenBook, "package, is missing"),
        (Epub(GOOD, instead={"OEBPS/content.opf": "<package"}), BrokenBook, "not well-formed"),
        (
            Epub(GOOD, instead={"OEBPS/content.opf": "<package><manifest/></package>"}),
            BrokenBook,
            "has no spine",
        ),
        (Epub(GOOD, spine=""), BrokenBook, "no document of its spine"),
        (Epub({"a.xhtml": page("<p> </p>")}), EmptyBook, "no text"),
        (Epub({"a.xhtml": "\x00\x01\x02\x03" * 500}), BrokenBook, "binary data"),
        (encrypted("http://www.w3.org/2001/04/xmlenc#aes128-cbc"), EncryptedBook, "locked"),
        (
            Epub(GOOD, extra={"META-INF/encryption.xml": "<encryption"}),
            BrokenBook,
            "encryption.xml is not well-formed",
        ),
        (
            Epub(
                GOOD,
                manifest='<item id="p" href="p.png" media-type="image/png" fallback="q"/>'
                '<item id="q" href="q.png" media-type="image/png" fallback="p"/>',
                extra={"OEBPS/p.png": "x", "OEBPS/q.png": "x"},
                spine='<itemref idref="p"/>',
            ),
            BrokenBook,
            "stands in for itself",
        ),
        (Epub({"a.xhtml": page("a" * (MAX_PART + 1))}), BookTooLarge, "16 MiB"),
        (Epub({"a.xhtml": page("ab " * 1_000_000)}), BookTooLarge, "more than 150 to 1"),
        (Epub({"a.xhtml": page("".join(f"{n} " for n in range(400_000)))}), BookTooLarge, "2,000"),
    ],
)
def test_a_bad_epub_is_refused(
    read: Read, epub: Epub, error: type[BookRefused], message: str
) -> None:
    refused(read, epub.content(), error, message)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", EmptyBook, "empty"),
        (b" \n ", EmptyBook, "empty"),
        (b"%PDF-1.7 ...", UnknownFormat, "a PDF"),
        (b"\xef\xbb\xbf%PDF-1.7 ...", UnknownFormat, "a PDF"),
        (b"\x89PNG\r\n\x1a\n", UnknownFormat, "a PNG image"),
        (b"<!DOCTYPE html><html><body>x", UnknownFormat, "a web page"),
        (b"x" * 60 + b"BOOKMOBI" + b"x" * 100, UnknownFormat, "a Kindle book"),
        (zipped({"word/document.xml": "<w/>"}), UnknownFormat, "an Office document"),
        (b"PK\x03\x04 cut off", BrokenBook, "cannot be opened"),
        (Epub(GOOD).content()[:-40], BrokenBook, "cannot be opened"),
        (bytes(range(256)) * 40, UnknownFormat, "binary data|no text"),
        (b"text with \x00 in it " * 10, UnknownFormat, "binary data"),
        (b"<FictionBook><body><p>x</p>", BrokenBook, "not well-formed"),
        (b"<FictionBook/>", EmptyBook, "no text"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><FictionBook/>", UnsafeBook, "defines entities"),
    ],
)
def test_what_is_no_book_is_refused(
    read: Read, content: bytes, error: type[BookRefused], message: str
) -> None:
    refused(read, content, error, message)


def test_an_archive_may_begin_as_one_part_of_several(read: Read) -> None:
    content = Epub(GOOD).content()

    assert read(b"PK00" + content) == read(content)


def test_fonts_may_be_obfuscated(read: Read) -> None:
    assert read(encrypted("http://www.idpf.org/2008/embedding").content()).characters == 5


def test_an_archive_of_very_many_files_is_refused(read: Read) -> None:
    many = {f"{n}.txt": "" for n in range(MAX_ENTRIES + 1)}

    refused(read, zipped(many), BookTooLarge, "10,001 files are packed in it, 10,000 at most")


def test_a_part_that_is_longer_than_the_archive_says_is_not_unpacked(
    read: Read, tmp_path: Path
) -> None:
    content = Epub({"a.xhtml": page("<p>" + "x" * 5000 + "</p>")}).content()
    with zipfile.ZipFile(Epub(GOOD).write(tmp_path)) as archive:
        assert archive.getinfo("OEBPS/a.xhtml").file_size < 5000
    size = next(
        entry.file_size
        for entry in zipfile.ZipFile(_file(content, tmp_path)).infolist()
        if entry.filename == "OEBPS/a.xhtml"
    )
    # The directory's size, which comes last, is made small.
    lying = (10).to_bytes(4, "little").join(content.rsplit(size.to_bytes(4, "little"), 1))

    refused(read, lying, BookRefused, "a.xhtml|no text")


def test_a_protected_archive_is_refused(read: Read) -> None:
    content = bytearray(Epub(GOOD).content())
    directory = content.find(b"PK\x01\x02")
    content[directory + 8] |= 1

    refused(read, bytes(content), EncryptedBook, "protected by a password")


def test_contents_that_go_round_in_circles_end(read: Read) -> None:
    entries = [("nav.xhtml", "Contents"), ("nav.xhtml#toc", "Contents"), ("a.xhtml", "One")]
    epub = Epub(GOOD, nav=toc(entries) * 3, nav_in_spine=True)

    assert read(epub.content()).chapters[0].title == "One"


def test_markup_of_any_depth_neither_crashes_nor_hangs(read: Read) -> None:
    deep = page("<div>" * 5_000 + "deep" + "</div>" * 5_000)
    epub = Epub({"a.xhtml": page("<p>Text.</p>"), "b.xhtml": deep})

    try:
        book = read(epub.content())
    except BookRefused as error:
        assert error.field == "file"  # noqa: PT017 - to be refused is as well
    else:
        assert book.chapters[0].text == "Text."


def _file(content: bytes, folder: Path) -> Path:
    path = folder / "other.epub"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("begun", ["<!DOCTYPE", "<!DOCTYPE [", "<!-- -->", "<?x", " <?x?>"])
def test_what_begins_again_and_again_is_read_once(begun: str) -> None:
    text = begun * 50_000 + "<html><body><p>Text.</p></body></html>"
    started = time.monotonic()

    content_tree(text.encode(), "a.xhtml", "file")

    assert time.monotonic() - started < 10


@pytest.mark.parametrize("named", ["utf-7", "unicode_escape", "punycode", "utf-16"])
def test_an_encoding_that_no_book_is_written_in_is_not_tried(named: str) -> None:
    text = f'<?xml version="1.0" encoding="{named}"?><html><body>+AGE- \\x61 башня</body></html>'

    root, _ = content_tree(text.encode(), "a.xhtml", "file")

    assert "".join(root.itertext()) == "+AGE- \\x61 башня"


def test_an_encoding_that_takes_quadratic_time_is_not_tried() -> None:
    text = '<?xml version="1.0" encoding="punycode"?><html><body>' + "a" * 300_000
    content = f"{text}-{'z9' * 100_000}</body></html>".encode()
    begun = time.monotonic()

    content_tree(content, "a.xhtml", "file")

    assert time.monotonic() - begun < 5


def test_the_end_of_the_time_is_not_the_book_s_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a run whose soft limit ends while it reads, as it may on a busy machine
    def slow(_path: Path, _name: str, _field: str) -> None:
        raise TimeLimitExceeded("still running after 270 seconds")

    monkeypatch.setattr("nlp_worker.adapters.books.reader.recognise", slow)
    reader = FormatReader(memory=512, max_characters=2_000_000, field="file")
    # Then it is tried again, and not refused
    with pytest.raises(TimeLimitExceeded):
        reader.read(Epub(GOOD).write(tmp_path), "book.epub", "application/epub+zip")
