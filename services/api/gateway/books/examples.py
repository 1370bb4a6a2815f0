"""What the API's document shows of books."""

from gateway.books.problems import BookBusy, BookNotFound, ChapterNotFound, NotRead, UnusableBook
from gateway.images.problems import QuotaSpent
from gateway.openapi.examples import Examples, Trait
from gateway.openapi.values import TASK
from gateway.problems import (
    ArtifactGone,
    ArtifactNotFound,
    CorruptContent,
    RangeNotSatisfiable,
)

_BOOKS = "/api/v1/books"
_BOOK = f"{_BOOKS}/{{book_id}}"
_FILE = (ArtifactNotFound, ArtifactGone, CorruptContent)
_TEXT = "A narrow path led through the dark pine forest to a ruined tower."

EXAMPLES = Examples(
    tags={"books": "Books: chapters, descriptions, reading positions"},
    bodies={
        f"POST {_BOOKS}": {"file": "(the file)", "title": "A walk", "language": "en"},
        f"PUT {_BOOK}/plan": {"chapters": [{"number": 1, "included": True}]},
        f"POST {_BOOK}/locations": {"locations_count": 2000},
        f"POST {_BOOK}/selection": {"limit": 10},
    },
    values={
        "book_url": f"{_BOOKS}/{TASK}",
        "BookAccepted.kind": "book.process",
        "BookView.title": "A walk",
        "BookView.author": "A. Walker",
        "BookView.language": "en",
        "BookView.format": "epub",
        "BookView.file_name": "walk.epub",
        "BookView.media_type": "application/epub+zip",
        "BookView.state": "processed",
        "BookView.progress": 100,
        "BookView.waiting_for": None,
        "BookView.repairs": [],
        "BookView.result": None,
        "BookOptions.genre": None,
        "BookOptions.processor": None,
        "BookOptions.mode": "ENSEMBLE",
        "PlanView.state": "planned",
        "PlanView.mode": "ENSEMBLE",
        "Chapter.title": "Chapter One",
        "ChapterView.title": "Chapter One",
        "ChapterText.title": "Chapter One",
        "ChapterText.text": _TEXT,
        **{f"{schema}.kind": "body" for schema in ("Chapter", "ChapterView", "ChapterText")},
        "cfi": "epubcfi(/6/4!/4/2)",
        "chapter_title": "Chapter One",
        "DescriptionView.text": _TEXT,
        "score_parts": {"length": 0.5},
        "voters": ["natasha", "spacy"],
        "context_before": "",
        "context_after": "On the window sill stood a small wooden ship.",
        "Mention.name": "tower",
    },
    problems={
        f"POST {_BOOKS}": (UnusableBook, QuotaSpent),
        f"GET {_BOOK}": (BookNotFound,),
        f"DELETE {_BOOK}": (BookNotFound,),
        f"PUT {_BOOK}/plan": (BookNotFound, ChapterNotFound, BookBusy, NotRead),
        f"GET {_BOOK}/plan": (BookNotFound, NotRead),
        f"POST {_BOOK}/start": (BookNotFound, BookBusy, QuotaSpent),
        f"POST {_BOOK}/locations": (BookNotFound, NotRead),
        f"GET {_BOOK}/locations": (BookNotFound, NotRead, *_FILE),
        f"POST {_BOOK}/cache": (BookNotFound,),
        f"POST {_BOOK}/selection": (BookNotFound, NotRead),
        f"GET {_BOOK}/chapters": (BookNotFound,),
        f"GET {_BOOK}/chapters/{{number}}": (BookNotFound, ChapterNotFound, *_FILE),
        f"GET {_BOOK}/descriptions": (BookNotFound,),
        f"GET {_BOOK}/file": (BookNotFound, RangeNotSatisfiable, *_FILE),
    },
    traits={f"POST {_BOOKS}": (Trait.KEYED,)},
)
