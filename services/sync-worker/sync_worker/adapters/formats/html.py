"""Pages: what a reader sees."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from sync_worker.errors import BrokenFile

_UNSEEN = ["script", "style", "noscript", "template", "iframe", "object", "svg", "head"]
#: The parser needs time by the square of it; real pages have 30.
_DEEPEST = 2_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]{0,30})[^<>]*>")
#: Have no end, or may leave it out.
_UNENDED = frozenset(
    {"area", "base", "body", "br", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html"}
    | {"img", "input", "li", "link", "meta", "optgroup", "option", "p", "rp", "rt", "source"}
    | {"tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr"}
)


def text_of_html(html: str, field: str) -> Iterator[str]:
    """Title and text; raises BrokenFile if elements are nested as no page nests them."""
    if _depth(html) > _DEEPEST:
        raise BrokenFile(f"elements are nested by more than {_DEEPEST} levels", field=field)
    tree = LexborHTMLParser(html)
    if (title := tree.css_first("title")) is not None:
        yield title.text(strip=True)
    tree.strip_tags(_UNSEEN)
    if tree.body is not None:
        yield tree.body.text(separator="\n", strip=True)


def _depth(html: str) -> int:
    """How deeply elements are nested that have an end; found without building a tree."""
    depth = deepest = 0
    for match in _TAG.finditer(html):
        if match[2].lower() not in _UNENDED:
            depth += -1 if match[1] else 1
            deepest = max(deepest, depth)
    return deepest
