"""Pages: what a reader sees."""

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from sync_worker.errors import BrokenFile

_UNSEEN = ["script", "style", "noscript", "template", "iframe", "object", "svg", "head"]
#: The parser walks down one level after the other; real pages have 30.
_DEEPEST = 2_000


def text_of_html(html: str, field: str) -> Iterator[str]:
    """Title and text; raises BrokenFile if elements are nested as no page nests them."""
    _refuse_depth(html, field)
    tree = LexborHTMLParser(html)
    if (title := tree.css_first("title")) is not None:
        yield title.text(strip=True)
    tree.strip_tags(_UNSEEN)
    if tree.body is not None:
        yield tree.body.text(separator="\n", strip=True)


def _refuse_depth(html: str, field: str) -> None:
    # An upper bound without a parser: elements that are opened more often than closed.
    opened = html.count("<") - 2 * html.count("</") - html.count("/>")
    if opened > 50_000 * _DEEPEST:
        raise BrokenFile("elements are nested too deeply", field=field)
