"""The page that shows what came of the demonstration; it needs nothing but its own folder."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from pathlib import Path

from warren.cli.demo.cards import card
from warren.cli.demo.running import Ran

#: Headings and a sentence, by domain, in the order of the page.
_SECTIONS = {
    "book": ("A book", "Analysers vote on what is worth a picture; an event has it pictured."),
    "pictures": ("Pictures", "One of each operation, by the engines that need no network."),
    "speech": ("Speech", "Two languages, two engines."),
    "search": ("Search", "Eight goods in an index: by words, by meaning, across languages."),
    "chatbot": (
        "In step",
        "What the gateway has, the chatbot has, in this version or a later one.",
    ),
}


def write_page(ran: Sequence[Ran], seconds: float, folder: Path) -> Path:
    """Write `index.html` beside the files that it shows; returns its path."""
    style = (files("warren.cli.demo") / "page.css").read_text()
    sections = "".join(_section(domain, ran) for domain in _SECTIONS)
    body = f"{_header(ran, seconds)}<main>{_timeline(ran, seconds)}{sections}</main>{_footer()}"
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Warren: a demonstration'
        '</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{style}</style></head><body>{body}</body></html>\n"
    )
    target = folder / "index.html"
    target.write_text(page)
    return target


def _header(ran: Sequence[Ran], seconds: float) -> str:
    ended = sum(one.outcome is not None for one in ran)
    alone = sum(one.seconds for one in ran)
    facts = (
        (f"{seconds:.1f} s", "from the first to the last"),
        (f"{ended} of {len(ran)}", "steps succeeded"),
        (f"{alone:.0f} s", "one after the other"),
        (f"{len({one.step.process for one in ran})}", "services"),
    )
    shown = "".join(
        f'<div><span class="big">{number}</span><span>{label}</span></div>'
        for number, label in facts
    )
    return (
        '<header><p class="over">Warren</p><h1>A job of every kind, side by side</h1>'
        '<p class="lead">Each was accepted by one gateway, written down, run by a worker of'
        " its own, and recorded. Nothing was made in advance, and nothing left this machine.</p>"
        f'<div class="facts">{shown}</div></header>'
    )


def _timeline(ran: Sequence[Ran], seconds: float) -> str:
    bars = "".join(_bar(one, max(seconds, 0.1)) for one in ran)
    return (
        '<section><div class="head"><h2>When each of them ran</h2>'
        f"<p>on one clock, {seconds:.1f} s wide</p></div>"
        f'<div class="card bars">{bars}</div></section>'
    )


def _bar(one: Ran, total: float) -> str:
    left, width = 100 * one.began / total, 100 * one.seconds / total
    title = escape(one.step.title)
    name = title if one.outcome else f'<span class="failed">{title}</span>'
    return (
        f'<div class="bar {one.step.domain}"><span>{name}</span><div class="rail">'
        f'<i style="left:{left:.2f}%;width:{width:.2f}%"></i></div>'
        f"<span>{one.seconds:.1f} s</span></div>"
    )


def _section(domain: str, ran: Sequence[Ran]) -> str:
    here = [one for one in ran if one.step.domain == domain]
    if not here:
        return ""
    heading, sentence = _SECTIONS[domain]
    cards = "".join(
        card(exhibit) for one in here if one.outcome for exhibit in one.outcome.exhibits
    )
    failures = "".join(
        f'<p class="failed">{escape(one.step.title)}: {escape(str(one.failure))}</p>'
        for one in here
        if one.failure is not None
    )
    return (
        f'<section class="{domain}"><div class="head"><i class="dot"></i><h2>{heading}</h2>'
        f'<p>{sentence}</p></div><div class="grid">{cards}</div>{failures}</section>'
    )


def _footer() -> str:
    moment = datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC")
    return (
        f"<footer>Made by <code>make demo</code> on {moment}. The portraits were drawn by a program"
        " and show nobody; book, texts and goods were written for this page.</footer>"
    )
