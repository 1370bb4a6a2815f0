"""What a step has to show, as HTML."""

from functools import singledispatch
from html import escape

from warren.cli.demo.exhibits import Audio, Book, Exhibit, Hits, InStep, Passage, Pictures


@singledispatch
def card(exhibit: Exhibit) -> str:
    """A card, or what else suits it; every text is escaped."""
    raise TypeError(f"nothing shows a {type(exhibit).__name__}")


@card.register
def _(exhibit: Audio) -> str:
    facts = " · ".join(map(escape, exhibit.facts))
    return (
        f'<article class="card pad"><h3>{escape(exhibit.title)}</h3>'
        f'<audio controls preload="metadata" src="{escape(exhibit.file)}"></audio>'
        f'<p class="said" lang="{escape(exhibit.language)}">{escape(exhibit.text)}</p>'
        f'<p class="meta">{facts}</p></article>'
    )


@card.register
def _(exhibit: Pictures) -> str:
    if len(exhibit.files) == 1:
        label, file = exhibit.files[0]
        shown = f'<img src="{escape(file)}" alt="{escape(label)}" loading="lazy">'
    else:
        shown = "".join(
            f'<div class="clear"><img src="{escape(file)}" alt="{escape(label)}" loading="lazy">'
            f"<span>{escape(label)}</span></div>"
            for label, file in exhibit.files
        )
        shown = f'<div class="strip">{shown}</div>'
    width = " wide" if exhibit.wide else f" of{len(exhibit.files)}"
    return (
        f'<figure class="card{width}">{shown}<figcaption><h3>{escape(exhibit.title)}</h3>'
        f"<p>{escape(exhibit.caption)}</p></figcaption></figure>"
    )


@card.register
def _(exhibit: Book) -> str:
    facts = "".join(
        f'<div><span class="big">{escape(number)}</span><span>{escape(label)}</span></div>'
        for number, label in exhibit.facts
    )
    passages = "".join(map(_passage, exhibit.passages))
    notes = "".join(f'<p class="meta">{escape(note)}</p>' for note in exhibit.notes)
    link = f'<a href="{escape(exhibit.file)}">{escape(exhibit.title)}</a>'
    about = f"{link}, an EPUB of three short chapters, written for this page."
    return (
        f'<div class="wide"><p class="lead">{about}</p><div class="facts">{facts}</div>'
        f"<div>{notes}{passages}</div></div>"
    )


@card.register
def _(exhibit: Hits) -> str:
    hits = "".join(
        f"<li>{escape(name)}<span>{escape(price)}</span></li>" for name, price in exhibit.items
    )
    return (
        f'<article class="card pad third"><p class="how">{escape(exhibit.how)}</p>'
        f'<p class="asked">“{escape(exhibit.question)}”</p><ol class="hits">{hits}</ol>'
        "</article>"
    )


@card.register
def _(exhibit: InStep) -> str:
    facts = "".join(
        f'<span class="tag">{escape(label)}: {escape(value)}</span>'
        for label, value in exhibit.facts
    )
    return (
        f'<article class="card pad"><h3>{escape(exhibit.title)}</h3>'
        f'<p class="said kept">{escape(exhibit.text)}</p>'
        f'<div class="tags">{facts}</div></article>'
    )


def _passage(passage: Passage) -> str:
    picture = (
        f'<img src="{escape(passage.picture)}" alt="" loading="lazy">' if passage.picture else ""
    )
    voters = "".join(f'<span class="tag">{escape(voter)}</span>' for voter in passage.voters)
    return (
        f'<article class="card passage">{picture}<div class="words">'
        f"<blockquote>{escape(passage.text)}</blockquote>"
        f'<div class="tags"><span class="tag strong">{escape(passage.type)}</span>'
        f'<span class="tag">score {passage.score:.0f}</span>{voters}</div></div></article>'
    )
