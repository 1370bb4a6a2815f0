"""A short novel, written for these tests, as an EPUB."""

from functools import cache

from tests.unit.nlp_worker.epubs import Epub, page

#: Sentences that can be pictured, and others that can not.
_SCENES = [
    "The old harbour lay under a heavy grey sky, and wet nets hung along the crooked stone wall.",
    "A tall woman in a faded green coat stood at the end of the pier with a lantern in her hand.",
    "Her thin face was pale, and her dark hair fell in long wet strands over her narrow shoulders.",
    "The kitchen was low and warm, with copper pans above the black stove and a red cloth.",
    "On the window sill stood a small wooden ship with torn white sails and a broken mast.",
    "A narrow path led through the dark pine forest to a ruined tower covered with yellow ivy.",
]
_TALK = [
    "He said that he would come tomorrow.",
    "They had decided it long before, and nobody asked why.",
    "She thought about it for a while, and then she agreed.",
    "It was not the first time, and it would not be the last.",
]


def chapter(number: int, paragraphs: int = 6) -> str:
    """A chapter's document; each has other sentences, in another order."""
    body = [f"<h1>Chapter {number}</h1>"]
    for place in range(paragraphs):
        scene = _SCENES[(number + place) % len(_SCENES)]
        talk = _TALK[(number * 3 + place) % len(_TALK)]
        body.append(f"<p>{talk} {scene} In the {number}th year {talk.lower()}</p>")
    return page("".join(body))


@cache
def novel(chapters: int = 4, paragraphs: int = 6) -> bytes:
    """An EPUB 3 with a cover page, chapters, and notes at its end."""
    names = [f"chapter{number}.xhtml" for number in range(1, chapters + 1)]
    pages = {
        "cover.xhtml": page("<p>The Lantern</p>", 'epub:type="titlepage"'),
        **{name: chapter(n, paragraphs) for n, name in enumerate(names, start=1)},
        "notes.xhtml": page("<h1>Notes</h1><p>A lantern is a lamp.</p>", 'epub:type="endnotes"'),
    }
    entries = "".join(
        f'<li><a href="{name}">Chapter {n}</a></li>' for n, name in enumerate(names, start=1)
    )
    return Epub(pages, nav=f'<nav epub:type="toc"><ol>{entries}</ol></nav>').content()
