"""The result for people: a table of all trends, and a page with a chart of each measure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from html import escape

from tests.chaos.soak.growth import Trend
from tests.chaos.soak.sampling import Sample

_WIDTH, _HEIGHT, _LEGEND = 760, 240, 220
_COLOURS = ("#1b6ca8", "#c0392b", "#27864a", "#8e5bb5", "#c77f1a", "#2c3e50", "#d6457b", "#5d8a1c")
_PAGE = """<!doctype html><meta charset="utf-8"><title>Soak</title>
<style>body{{font:14px system-ui;margin:2em;max-width:1000px}} pre{{font-size:12px}}
svg{{display:block;margin:.5em 0 2em}} text{{font:11px system-ui}}</style>
<h1>Soak</h1><p>{summary}</p>{charts}<h2>Trends after the warm-up</h2><pre>{table}</pre>
"""


def table(trends: Sequence[Trend]) -> str:
    """One line for each series; what grows too much is marked."""
    head = f"{'measure':18} {'of':24} {'mean':>9} {'growth':>8} {'per hour':>9} {'bound':>8}"
    rows = [
        f"{t.measure:18} {t.subject:24} {t.mean:9.1f} {t.growth:+8.2f} {t.per_hour:+9.1f}"
        f" {t.bound:8.1f}{'' if t.is_flat else '  GROWS'}"
        for t in trends
    ]
    return "\n".join([head, *rows])


def page(samples: Sequence[Sample], trends: Sequence[Trend], summary: str) -> str:
    """A page of HTML that needs nothing else."""
    by_measure: dict[str, dict[str, list[Sample]]] = defaultdict(lambda: defaultdict(list))
    for item in samples:
        by_measure[item.measure][item.subject].append(item)
    charts = "".join(_chart(measure, series) for measure, series in by_measure.items())
    return _PAGE.format(summary=escape(summary), charts=charts, table=escape(table(trends)))


def _chart(measure: str, series: Mapping[str, Sequence[Sample]]) -> str:
    longest = max(item.seconds for items in series.values() for item in items) or 1.0
    highest = max(item.value for items in series.values() for item in items) or 1.0
    lines = "".join(
        _line(number, subject, items, longest, highest)
        for number, (subject, items) in enumerate(sorted(series.items()))
    )
    return (
        f"<h2>{escape(measure)}</h2>"
        f'<svg width="{_WIDTH + _LEGEND}" height="{max(_HEIGHT, 14 * len(series)) + 30}">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#f6f7f9"/>'
        f'<text x="4" y="12">{highest:.0f}</text>'
        f'<text x="{_WIDTH - 90}" y="{_HEIGHT + 14}">{longest / 60:.1f} min</text>{lines}</svg>'
    )


def _line(
    number: int, subject: str, items: Sequence[Sample], longest: float, highest: float
) -> str:
    colour = _COLOURS[number % len(_COLOURS)]
    points = " ".join(
        f"{item.seconds / longest * _WIDTH:.1f},{_HEIGHT - item.value / highest * _HEIGHT:.1f}"
        for item in items
    )
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        f'<text x="{_WIDTH + 8}" y="{14 * number + 12}" fill="{colour}">{escape(subject)}'
        f" ({items[-1].value:.0f})</text>"
    )
