"""Plain text and FB2 become chapters, too."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nlp_worker.adapters.books.reader import FormatReader
from nlp_worker.book import Book

Read = Callable[[str | bytes], Book]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    path = tmp_path / "book"
    reader = FormatReader(memory=512, max_characters=2_000_000, field="file")

    def written(content: str | bytes) -> Book:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return reader.read(path, "book.txt", "text/plain")

    return written


def outline(book: Book) -> list[tuple[str, str, str]]:
    return [(chapter.title, chapter.kind.value, chapter.text) for chapter in book.chapters]


def test_headings_part_a_text_and_its_title_is_front_matter(read: Read) -> None:
    book = read("ПОВЕСТЬ\nАвтор\n\nГЛАВА I. НАЧАЛО\n\nБыло утро.\n\nГлава вторая\n\nБыл вечер.\n")

    assert outline(book) == [
        ("ПОВЕСТЬ", "front_matter", "ПОВЕСТЬ\nАвтор"),
        ("ГЛАВА I. НАЧАЛО", "body", "ГЛАВА I. НАЧАЛО\nБыло утро."),
        ("Глава вторая", "body", "Глава вторая\nБыл вечер."),
    ]


def test_what_project_gutenberg_puts_around_a_book_is_told_apart(read: Read) -> None:
    lines = [
        "\ufeffThe Project Gutenberg EBook", "*** START OF THIS PROJECT GUTENBERG EBOOK X ***",
        "Chapter 1", "It rained.", "*** END OF THIS PROJECT GUTENBERG EBOOK X ***", "Licence",
    ]  # fmt: skip
    text = "\r\n\r\n".join(lines)

    assert [chapter.kind.value for chapter in read(text).chapters] == [
        "front_matter", "body", "notes",
    ]  # fmt: skip


def test_lines_of_one_width_are_joined_to_paragraphs(read: Read) -> None:
    text = (
        "     Отец мой в  молодости\nслужил при графе и вышел\nв отставку.\n"
        "     Матушка была\nещё молода."
    )

    (chapter,) = read(text).chapters
    assert chapter.text == (
        "Отец мой в молодости служил при графе и вышел в отставку.\nМатушка была ещё молода."
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1251", "koi8-r"])
def test_encodings_are_recognised(read: Read, encoding: str) -> None:
    text = "Стояла белая зима с жестокою тишиной безоблачных морозов, плотным снегом.\n" * 20

    assert read(text.encode(encoding)).chapters[0].text.startswith("Стояла белая зима")


def test_no_word_of_a_text_is_lost(read: Read) -> None:
    text = "Начало\nГлава 1\nраз два\n\n\nтри\nII\nчетыре\n  пять\nЭпилог\nшесть"

    words = " ".join(chapter.text for chapter in read(text).chapters).split()
    assert words == text.split()


def test_sections_of_an_fb2_are_chapters_and_its_notes_are_notes(read: Read) -> None:
    book = read(
        '<?xml version="1.0" encoding="utf-8"?>'
        '<FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0"><description><title-info>'
        "<author><first-name>Иван</first-name><last-name>Орлов</last-name></author>"
        "<book-title>Повесть</book-title><lang>ru</lang></title-info></description>"
        "<body><section><title><p>Часть</p></title>"
        "<section><title><p>Глава</p><p>первая</p></title><p>Было <emphasis>утро</emphasis>.</p>"
        "<poem><stanza><v>стих</v></stanza></poem></section></section></body>"
        '<body name="notes"><section id="n1"><p>Сноска.</p></section></body></FictionBook>'
    )

    assert (book.title, book.author, book.language, book.format) == (
        "Повесть", "Иван Орлов", "ru", "fb2",
    )  # fmt: skip
    assert [(c.title, c.kind.value, c.level, c.text) for c in book.chapters] == [
        ("Часть", "body", 1, "Часть"),
        ("Глава первая", "body", 2, "Глава\nпервая\nБыло утро.\nстих"),
        ("Сноска.", "notes", 1, "Сноска."),
    ]
