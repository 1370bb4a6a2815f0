"""What a part of a book is, by the words of its markup, of its guide, or of its title."""

import re
from collections.abc import Iterable

from warren.contracts.books import ChapterKind

#: The vocabularies of EPUB 3 (epub:type, role) and EPUB 2 (guide).
_KINDS = {
    ChapterKind.FRONT_MATTER: {
        "cover", "titlepage", "title-page", "halftitlepage", "frontmatter", "toc", "landmarks",
        "loi", "lot", "loa", "lov", "copyright-page", "imprint", "imprimatur", "dedication",
        "epigraph", "foreword", "preface", "preamble", "introduction", "acknowledgments",
        "acknowledgements", "contributors", "other-credits", "errata", "colophon", "seriespage",
        "abstract", "biographical-note",
    },
    ChapterKind.NOTES: {
        "footnotes", "endnotes", "rearnotes", "notes", "footnote", "endnote", "rearnote",
        "backmatter", "afterword", "backlink", "credits",
    },
    ChapterKind.INDEX: {"index", "glossary", "bibliography", "index-group", "keywords"},
    ChapterKind.BODY: {
        "bodymatter", "chapter", "part", "volume", "prologue", "epilogue", "text", "start",
        "division", "subchapter", "conclusion",
    },
}  # fmt: skip
_BY_WORD = {word: kind for kind, words in _KINDS.items() for word in words}
_TITLES = {
    ChapterKind.FRONT_MATTER: re.compile(
        r"(table of )?contents|cover|title page|copyright.*|dedication|acknowledge?ments?|preface|"
        r"foreword|about (the author|this book).*|содержание|оглавление|обложка|титул.*|аннотация|"
        r"посвящение|предисловие.*|от (автора|издательства|редакции)|об авторе|выходные данные",
        re.IGNORECASE,
    ),
    ChapterKind.NOTES: re.compile(
        r"(foot|end)?notes?|transcriber.s notes?|примечани[ея].*|сноски|комментарии",
        re.IGNORECASE,
    ),
    ChapterKind.INDEX: re.compile(
        r"index|glossary|bibliography|(алфавитный |именной |предметный )?указатель.*|глоссарий|"
        r"библиография|список литературы",
        re.IGNORECASE,
    ),
}


def kind_by_words(words: Iterable[str]) -> ChapterKind | None:
    """By the first word that says something; None if none does."""
    return next((_BY_WORD[word] for word in words if word in _BY_WORD), None)


def kind_by_title(title: str) -> ChapterKind | None:
    """By a title that is used for nothing else; None for all others."""
    bare = title.strip(" .:—–-[]*")
    return next((kind for kind, titles in _TITLES.items() if titles.fullmatch(bare)), None)
