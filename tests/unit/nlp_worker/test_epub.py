"""EPUBs become chapters: all text exactly once, in order, cut where the contents say."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nlp_worker.adapters.books.reader import FormatReader
from nlp_worker.book import Book
from tests.unit.nlp_worker.epubs import Epub, ncx, page, point, toc
from warren.contracts.books import ChapterKind

Read = Callable[[Epub], Book]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    reader = FormatReader(memory=512, max_characters=10_000_000, field="file")
    return lambda epub: reader.read(epub.write(tmp_path), "book.epub", "application/epub+zip")


def outline(book: Book) -> list[tuple[str, str, str]]:
    return [(chapter.title, chapter.kind.value, chapter.text) for chapter in book.chapters]


def test_title_author_and_language_are_the_package_s(read: Read) -> None:
    book = read(Epub({"a.xhtml": page("<p>Text.</p>")}))

    assert (book.title, book.author, book.language, book.format) == (
        "A Book", "An Author", "en", "epub",
    )  # fmt: skip


def test_chapters_follow_the_spine_and_not_the_table_of_contents(read: Read) -> None:
    book = read(
        Epub(
            {"b.xhtml": page("<p>First.</p>"), "a.xhtml": page("<p>Second.</p>")},
            nav=toc([("a.xhtml", "Two"), ("b.xhtml", "One")]),
        )
    )

    assert outline(book) == [("One", "body", "First."), ("Two", "body", "Second.")]


def test_one_document_with_many_chapters_is_cut_at_their_anchors(read: Read) -> None:
    body = (
        '<h1>Part</h1><h2 id="one">I</h2><p>First.</p>'
        '<h2><a id="two"/>II</h2><p>Second.</p><p>More.</p>'
    )
    epub = Epub({"a.xhtml": page(body)}, nav=toc([("a.xhtml#one", "I"), ("a.xhtml#two", "II")]))

    assert outline(read(epub)) == [
        ("I", "body", "Part\nI\nFirst."),
        ("II", "body", "II\nSecond.\nMore."),
    ]


def test_a_nested_ncx_gives_titles_and_levels(read: Read) -> None:
    inner = point("b.xhtml", "Chapter 1", point("c.xhtml", "Section 1"))
    epub = Epub(
        {name: page(f"<p>{name}</p>") for name in ("a.xhtml", "b.xhtml", "c.xhtml")},
        ncx=ncx(point("a.xhtml", "Part I", inner)),
    )

    chapters = read(epub).chapters
    assert [(chapter.title, chapter.level) for chapter in chapters] == [
        ("Part I", 1), ("Chapter 1", 2), ("Section 1", 3),
    ]  # fmt: skip


def test_a_part_and_its_first_chapter_at_one_place_are_one(read: Read) -> None:
    points = point("a.xhtml", "Part I", point("a.xhtml", "Chapter 1"))

    (chapter,) = read(Epub({"a.xhtml": page("<p>Text.</p>")}, ncx=ncx(points))).chapters

    assert (chapter.title, chapter.level) == ("Part I. Chapter 1", 1)


def test_a_chapter_goes_on_in_documents_that_the_contents_do_not_name(read: Read) -> None:
    epub = Epub(
        {"a.xhtml": page("<p>One,</p>"), "a2.xhtml": page("<p>two.</p>")},
        nav=toc([("a.xhtml", "Chapter")]),
    )

    assert outline(read(epub)) == [("Chapter", "body", "One,\ntwo.")]


def test_a_text_without_a_name_does_not_go_on_with_the_cover(read: Read) -> None:
    cover = page("<p>Cover</p>", 'epub:type="cover"')
    epub = Epub({"a.xhtml": cover, "b.xhtml": page("<p>Text.</p>")})

    assert [chapter.kind for chapter in read(epub).chapters] == [
        ChapterKind.FRONT_MATTER,
        ChapterKind.BODY,
    ]


def test_without_contents_headings_open_chapters(read: Read) -> None:
    epub = Epub({"a.xhtml": page("<h1>One</h1><p>a</p>"), "b.xhtml": page("<h1>Two</h1><p>b</p>")})

    assert [chapter.title for chapter in read(epub).chapters] == ["One", "Two"]


def test_what_is_no_narrative_is_told_apart(read: Read) -> None:
    epub = Epub(
        {
            "cover.xhtml": page("<p>Cover</p>", 'epub:type="cover"'),
            "rights.xhtml": page("<p>Rights</p>"),
            "preface.xhtml": page('<section role="doc-preface"><p>Preface</p></section>'),
            "one.xhtml": page('<section epub:type="chapter"><p>One</p></section>'),
            "notes.xhtml": page('<section epub:type="endnotes"><p>Notes</p></section>'),
            "idx.xhtml": page("<p>Words</p>"),
            "extra.xhtml": page("<p>Aside</p>"),
        },
        nav=toc([("one.xhtml", "One"), ("idx.xhtml", "Index")]),
        nav_in_spine=True,
        guide='<guide><reference type="copyright-page" href="rights.xhtml"/></guide>',
        linear={"extra.xhtml": "no"},
    )

    assert [(c.kind.value, c.text) for c in read(epub).chapters] == [
        ("front_matter", "Cover\nRights\nPreface"),
        ("body", "One"),
        ("notes", "Notes"),
        ("index", "Words"),
        ("notes", "Aside"),
        ("front_matter", "One\nIndex"),
    ]


def test_a_landmark_says_what_a_chapter_is(read: Read) -> None:
    link = '<a epub:type="index" href="b.xhtml">X</a>'
    landmarks = f'<nav epub:type="landmarks"><ol><li>{link}</li></ol></nav>'
    epub = Epub(
        {"a.xhtml": page("<p>a</p>"), "b.xhtml": page("<p>b</p>")},
        nav=toc([("a.xhtml", "One"), ("b.xhtml", "Words")]) + landmarks,
    )

    assert [c.kind for c in read(epub).chapters] == [ChapterKind.BODY, ChapterKind.INDEX]


def test_footnotes_between_paragraphs_are_marked_and_stay_in_place(read: Read) -> None:
    body = '<p>Before.</p><aside epub:type="footnote"><p>A note.</p></aside><p>After.</p>'

    (chapter,) = read(Epub({"a.xhtml": page(body)})).chapters

    assert chapter.text == "Before.\nA note.\nAfter."
    assert [chapter.text[a:b].strip() for a, b in chapter.asides] == ["A note."]


def test_white_space_collapses_as_it_does_on_a_page(read: Read) -> None:
    body = (
        "<p>\n  One\n  <b>two</b>\tthree  </p>\n<div>four<br/>five</div><pre>a  b</pre>six&#xAD;ty"
    )

    (chapter,) = read(Epub({"a.xhtml": page(body)})).chapters

    assert chapter.text == "One two three\nfour\nfive\na  b\nsixty"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (page("<p>caf\u00e9</p>").replace("utf-8", "iso-8859-1").encode("latin-1"), "café"),
        (page("<p>лес</p>").replace("utf-8", "windows-1251").encode("cp1251"), "лес"),
        (page("<p>лес</p>").replace("utf-8", "utf-16").encode("utf-16"), "лес"),
        (page("<p>лес</p>").replace("utf-8", "no-such-thing").encode(), "лес"),
        (page("<p>a&nbsp;b &mdash; c &amp; d &copy;</p>"), "a\u00a0b — c & d ©"),
        (page("<p>Smith & Sons, R&D; 1 < 2</p>"), "Smith & Sons, R&D; 1 < 2"),
        (page("<p>one<br>two<p>three"), "one\ntwo\nthree"),
        (page("<p>bell \x07 rings</p>"), "bell \ufffd rings"),
        ("<p>no html around it</p>", "no html around it"),
        (page("<p>a<!-- c -->b<?x y?>c<![CDATA[<d>]]></p>"), "abc<d>"),
    ],
)
def test_encodings_and_common_faults_are_read(
    read: Read, content: str | bytes, expected: str
) -> None:
    (chapter,) = read(Epub({"a.xhtml": content})).chapters

    assert chapter.text == expected


@pytest.mark.parametrize(
    ("epub", "repair"),
    [
        (Epub({"a.xhtml": page("<p>x")}), "is not well-formed: read as HTML"),
        (
            Epub({"a.xhtml": page("<p>x</p>")}, manifest='<item id="z" href="z.xhtml"/>'),
            "is listed and not there",
        ),
        (
            Epub({"a.xhtml": page("<p>x</p>")}, spine='<itemref idref="i0"/><itemref idref="q"/>'),
            "place 2 of the spine is no text",
        ),
        (
            Epub({"a.xhtml": page("<p>x</p>")}, spine='<itemref idref="i0"/><itemref idref="i0"/>'),
            "stands twice in the spine",
        ),
        (
            Epub({"a.xhtml": page("<p>x</p>")}, ncx="<ncx><navMap>"),
            "table of contents OEBPS/toc.ncx is left out",
        ),
    ],
)
def test_what_was_wrong_and_read_all_the_same_is_told(read: Read, epub: Epub, repair: str) -> None:
    book = read(epub)

    assert [chapter.text for chapter in book.chapters] == ["x"]
    assert any(repair in told for told in book.repairs), book.repairs


def test_names_that_differ_in_case_or_are_escaped_are_found(read: Read) -> None:
    epub = Epub({"a%20b.xhtml": page("<p>x</p>")}, instead={"OEBPS/a%20b.xhtml": None},
                extra={"OEBPS/A b.xhtml": page("<p>x</p>")})  # fmt: skip

    assert read(epub).characters == 1


def test_all_text_of_the_spine_appears_exactly_once_and_in_order(read: Read) -> None:
    pages = {
        f"{n}.xhtml": page(
            f'<h2 id="h{n}">{n} head</h2><p>w{n}a <i>w{n}b</i></p><div><p>w{n}c</p>w{n}d'
            f'<table><tr><td>w{n}e</td><td>w{n}f</td></tr></table></div><p id="m{n}">w{n}g</p>'
        )
        for n in range(40)
    }
    # Some documents are not in the contents, some are cut in the middle, one twice at one place.
    entries = [(f"{n}.xhtml#m{n}", f"m{n}") for n in range(0, 40, 3)]
    entries += [(f"{n}.xhtml", f"t{n}") for n in range(0, 40, 4)] + [("3.xhtml#nowhere", "x")]

    book = read(Epub(pages, nav=toc(entries)))

    words = [word for chapter in book.chapters for word in chapter.text.split()]
    expected = [
        word
        for n in range(40)
        for word in [str(n), "head", *(f"w{n}{letter}" for letter in "abcdefg")]
    ]
    assert words == expected
    assert [chapter.number for chapter in book.chapters] == list(range(1, len(book.chapters) + 1))
